"""`/workspace/<project>`: our page around a workspace, and the small questions its script asks.

The page shows what is true at the moment it is made; its script asks `status` and loads the page again when the
stage changes. Nothing in the page is more than words: what may be done is decided again on every request.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from enclave.errors import BadInput, Forbidden, NotFound, Refused
from enclave.names import project_slug
from workspaces.gate import banners, sockets
from workspaces.gate.activity import Activity
from workspaces.gate.answers import Answers, redirect, wants_page
from workspaces.gate.desk import Desk, Info
from workspaces.gate.errors import Unavailable
from workspaces.gate.hub import Hub
from workspaces.gate.meter.meter import Meter
from workspaces.gate.routes import Routes, base_path
from workspaces.gate.sessions import Session
from workspaces.gate.starts import Stage, Starts
from workspaces.gate.tickets import Tickets
from workspaces.gate.upstream import Place, Workspaces

log = logging.getLogger("enclave.gate")
WARN_SECONDS = 300.0  # before an idle stop; a fifth of the limit where that is shorter
ABSENT = "There is no such project, or you are not a member of it."
ENTER = "enter"


@dataclass(frozen=True)
class WorkspacePages:
    """Answers for one person's workspaces."""

    hub: Hub
    desk: Desk
    routes: Routes
    workspaces: Workspaces
    starts: Starts
    tickets: Tickets
    activity: Activity
    meter: Meter
    answers: Answers
    workspaces_url: str

    async def answer(
        self, request: web.BaseRequest, session: Session, project: str, verb: str | None
    ) -> web.StreamResponse:
        """The page (`verb` None) or one of status, start, stop, keep."""
        try:
            place = session.person, project_slug(project)
        except BadInput:
            raise NotFound(ABSENT) from None
        if verb is None or verb == "status":
            if request.method not in ("GET", "HEAD"):
                raise NotFound(ABSENT)
            info = await self._info(place, fresh=verb is None)  # an opened page says what is so now
            status = self._status(place, info)
            return self.answers.json(status) if verb else self._page(session, place, info, status)
        if request.method != "POST":
            raise NotFound(ABSENT)
        verbs: dict[str, Callable[[Place], Any]] = {
            "start": self._start,
            "stop": self._stop,
            "keep": self._keep,
        }
        await verbs[verb](place)
        if wants_page(request):
            return redirect(f"/workspace/{place[1]}", 303)
        return self.answers.json(self._status(place, await self._info(place)), 202)

    async def _info(self, place: Place, fresh: bool = False) -> Info:
        """The desk's word; a running workspace is shown with less around it when the desk does not answer."""
        try:
            info = await self.desk.workspace(place, fresh)
        except Unavailable:
            if not self._running(place):
                raise
            return Info(True, "", {})
        if info is None:
            raise NotFound(ABSENT)
        self.meter.learn(place, info)
        return info

    def _running(self, place: Place) -> bool:
        """Whether the Hub routes to it and somebody listens there; a slow one runs, a dead one does not."""
        return self.routes.has(place) and sockets.answers(self.workspaces.folder(place))

    def _status(self, place: Place, info: Info) -> dict[str, Any]:
        start = self.starts.of(place)
        stage = "stopped"
        if not info.allowed:
            stage = "refused"
        elif start is not None and start.stage is Stage.STARTING:
            stage = "starting"
        elif self._running(place):
            stage = "running"
        left = self._idle_left(place, info) if stage == "running" else None
        status: dict[str, Any] = {
            "stage": stage,
            "steps": start.steps if start and stage != "running" else [],
            "error": start.error if start and stage == "stopped" else "",
            "reason": info.reason,
            "notice": info.notice,
            "upgrade": info.upgrade,
            "idle_left": left,
            "idle_warn": left is not None and left <= min(WARN_SECONDS, info.idle_stop_minutes * 60 / 5),
            "disk": str(info.disk.get("text", "")) if info.disk and info.disk.get("warn") else "",
        }
        status["meter"] = self.meter.known(place).shown()
        return status | {"budget": banners.budget(status["meter"])}

    def _idle_left(self, place: Place, info: Info) -> float | None:
        """Seconds until an idle workspace is stopped; None while a kernel computes or where there is no limit."""
        if not info.idle_stop_minutes or self.activity.busy(place):
            return None
        return max(0.0, info.idle_stop_minutes * 60 - self.activity.idle_seconds(place))

    def _page(self, session: Session, place: Place, info: Info, status: dict[str, Any]) -> web.Response:
        base = self.workspaces_url + base_path(place)
        frame = ""
        if status["stage"] == "running":
            frame = f"{base}{ENTER}?ticket={self.tickets.issue(session.token, place)}"
        return self.answers.page(
            "workspace.html",
            person=session.person,
            frame=base,
            source=frame,
            project={"title": place[1], "purpose": "", "datasets": [], **info.project},
            slug=place[1],
            ends=_day(info.project.get("ends")),
            now=status,
            notice_day=_day((info.notice or {}).get("time")),
            workspaces_url=self.workspaces_url,
        )

    async def _start(self, place: Place) -> None:
        info = await self._info(place)
        if not info.allowed:
            raise Forbidden(info.reason or "This workspace may not be opened at present.")
        self.activity.touch(place)
        self.starts.begin(place)

    async def _stop(self, place: Place) -> None:
        status, message = await self.hub.stop(place)
        if status not in (202, 204, 404):
            raise _Failed(message or "The workspace could not be stopped. Try again in a minute.")

    async def _keep(self, place: Place) -> None:
        self.activity.touch(place)


class _Failed(Refused):
    """The Hub did not do it."""

    status = 502


def _day(value: object) -> datetime | None:
    """An ISO time of the desk's; None for none."""
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None

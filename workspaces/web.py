"""What the desk answers about workspaces: to the guard (allowed? still allowed?) and to the gate (what to show).

Each caller has a socket of its own, so neither can ask the other's questions (`enclave.web.rooms`).
"""

import logging
from dataclasses import asdict
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts import projects
from data_mounts.access import Access
from data_mounts.answers import access_for, is_member, look, project_card
from enclave.clock import now
from enclave.errors import BadInput, Broken, NotFound
from enclave.names import PersonName, ProjectSlug, person_name, project_slug
from enclave.settings import Settings
from enclave.web.rooms import Caller, Desk, NavItem, Room, Route
from workspaces import disk, exposures, inputs, reports, sessions, standing, usage_page
from workspaces.parsing import body
from workspaces.sessions import Pair

log = logging.getLogger("enclave.desk")
_NO_IMAGE = "No workspace image is set up on this enclave yet. An admin makes one with `make up`."


class Workspaces:
    """The handlers, with what the desk keeps in memory: the gate's word of activity, the guard's of the disk."""

    def __init__(self) -> None:
        self.activity: dict[Pair, standing.Activity] = {}
        self.disk = disk.Measures()

    async def allowed(self, desk: Desk, request: web.Request) -> web.StreamResponse:
        """GET /guard/workspaces/<person>/<project>: everything that the guard builds a container from."""
        person, project = _pair(request)
        answer = await desk.write(access_for, person, project, desk.settings, now())
        if not isinstance(answer, Access):
            return web.json_response({"allowed": False, "code": str(answer.code), "reason": answer.reason})
        if not desk.settings.workspace_image:
            return web.json_response({"allowed": False, "code": "no-image", "reason": _NO_IMAGE})
        if full := disk.start_reason(self.disk.last.get(project), answer.policy.disk_bytes):
            return web.json_response({"allowed": False, "code": "disk-full", "reason": full})
        return web.json_response(_allowed(answer, desk.settings))

    async def standing(self, desk: Desk, request: web.Request) -> web.StreamResponse:
        """POST /guard/standing: which of the running workspaces must stop now, and why."""
        given, moment = await body(request), now()
        running = inputs.running(given)
        self.disk.learn([inputs.key(one.person, one.project) for one in running], inputs.measured(given))
        stops, unseen = await desk.read(self._judge, running, desk.settings, moment)
        if unseen:
            seen = {inputs.key(one.person, one.project) for one in running}
            await desk.write(sessions.close_unseen, seen, moment)
        return web.json_response({"stop": stops})

    async def events(self, desk: Desk, request: web.Request) -> web.StreamResponse:
        """POST /guard/events: a workspace started, stopped, or reached its memory limit."""
        happened = inputs.happening(await body(request), now())
        await desk.write(sessions.record, happened)
        return web.Response(status=204)

    async def shown(self, desk: Desk, request: web.Request) -> web.StreamResponse:
        """GET /gate/workspaces/<person>/<project>: what the page around a workspace shows; 404 for a stranger."""
        person, project = _pair(request)
        return web.json_response(await desk.read(self._shown, person, project, desk.settings, now()))

    async def active(self, desk: Desk, request: web.Request) -> web.StreamResponse:
        """POST /gate/activity: how long each workspace has been idle, and how much its person was shown."""
        given, moment = await body(request), now()
        activity, shown = reports.activities(given, moment), reports.shown(given)
        if shown:
            await desk.write(exposures.tell, shown, moment)
        self.activity = activity
        return web.Response(status=204)

    async def noticed(self, desk: Desk, request: web.Request) -> web.StreamResponse:
        """POST /gate/events: limits reached, files brought in, violations of our pages' policy, refused paths."""
        found = reports.noticed(await body(request), now())
        if found:
            await desk.write(exposures.record, found)
        return web.Response(status=204)

    def _judge(
        self, connection: Connection, running: list[inputs.Running], settings: Settings, moment: datetime
    ) -> tuple[list[dict[str, str]], bool]:
        orders = {(one.person, one.project): one.stop_order for one in sessions.open_sessions(connection)}
        stops = []
        for one in running:
            pair = inputs.key(one.person, one.project)
            try:
                answer = look(connection, *pair, settings, moment)
                stop = standing.objection(
                    answer, one.datasets, orders.get(pair, ""), self.activity.get(pair), moment, self.disk.of(pair)
                )
            except Broken:
                log.exception("whether %s/%s may go on cannot be said", *pair)
                stop = standing.unreadable(*pair)
            if stop:
                stops.append(
                    {"person": one.person, "project": one.project, "code": stop.code, "reason": stop.reason}
                )
        seen = {inputs.key(one.person, one.project) for one in running}
        return stops, bool(sessions.unseen(connection, seen, moment))

    def _shown(
        self, connection: Connection, person: PersonName, project: ProjectSlug, settings: Settings, moment: datetime
    ) -> dict[str, Any]:
        found = _shown(connection, person, project, settings, moment)
        use, limit = self.disk.last.get(project), projects.project(connection, project).policy.disk_bytes
        found["disk"] = use and _disk(disk.shown(use, limit))
        return found


def _pair(request: web.Request) -> Pair:
    """The two names of the path; what is no name is nobody's workspace."""
    try:
        return person_name(request.match_info["person"]), project_slug(request.match_info["project"])
    except BadInput:
        raise NotFound("There is no such workspace.") from None


def _allowed(answer: Access, settings: Settings) -> dict[str, Any]:
    limits = answer.limits
    return {
        "allowed": True,
        "uid": answer.uid,
        "gid": answer.gid,
        "mounts": [
            {"dataset": one.dataset, "version": one.version, "source": str(one.source), "target": str(one.target)}
            for one in answer.mounts
        ],
        "limits": {
            "memory_bytes": limits.memory_bytes,
            "cpus": limits.cpus,
            "pids": limits.pids,
            "tmp_bytes": limits.tmp_bytes,
        },
        "terminals": answer.policy.terminals,
        "disk_bytes": answer.policy.disk_bytes,
        "until": answer.until.isoformat(),
        "image": settings.workspace_image,
        "runtime": settings.runtime,
    }


def _disk(found: disk.Shown) -> dict[str, Any]:
    return {
        "bytes": found.use.bytes,
        "limit": found.limit_bytes,
        "files": found.use.files,
        "warn": found.warn,
        "text": found.text,
    }


def _policy(answer: Access) -> dict[str, Any]:
    """What the gate enforces; how much the project may keep is the guard's to measure."""
    return {key: value for key, value in asdict(answer.policy).items() if key != "disk_bytes"}


def _shown(
    connection: Connection, person: PersonName, project: ProjectSlug, settings: Settings, moment: datetime
) -> dict[str, Any]:
    if not is_member(connection, person, project):
        raise NotFound("There is no such workspace.")
    answer = look(connection, person, project, settings, moment)
    allowed = isinstance(answer, Access)
    card = project_card(connection, project, moment)
    running = sessions.open_session(connection, person, project)
    notice = sessions.notice(connection, person, project)
    raised = exposures.raise_in_force(connection, person, project, moment)
    news = ""
    if running and isinstance(answer, Access):
        news = standing.upgrade(running.image, running.datasets, settings.workspace_image, answer)
    return {
        "allowed": allowed,
        "reason": "" if isinstance(answer, Access) else answer.reason,
        "project": {
            "slug": card.slug,
            "title": card.title,
            "purpose": card.purpose,
            "ends": card.end.isoformat(),
            "datasets": [
                {"name": name, "version": version, "title": title} for name, version, title in card.datasets
            ],
        },
        "idle_stop_minutes": answer.idle_stop_minutes if isinstance(answer, Access) else 0,
        "policy": _policy(answer) if isinstance(answer, Access) else None,
        "raised": raised and {"bytes": raised.bytes, "until": raised.until.isoformat()},
        "upgrade": news,
        "notice": notice and {"time": notice.time.isoformat(), "code": notice.code, "reason": notice.reason},
    }


_workspaces = Workspaces()
room = Room(
    name="workspaces",
    package="workspaces",
    routes=(
        Route(Caller.GUARD, "GET", "/guard/workspaces/{person}/{project}", _workspaces.allowed),
        Route(Caller.GUARD, "POST", "/guard/standing", _workspaces.standing),
        Route(Caller.GUARD, "POST", "/guard/events", _workspaces.events),
        Route(Caller.GATE, "GET", "/gate/workspaces/{person}/{project}", _workspaces.shown),
        Route(Caller.GATE, "POST", "/gate/activity", _workspaces.active),
        Route(Caller.GATE, "POST", "/gate/events", _workspaces.noticed),
        Route(Caller.GATE, "GET", "/desk/admin/usage", usage_page.overview),
        Route(Caller.GATE, "GET", "/desk/admin/usage/{person}/{project}", usage_page.one),
        Route(Caller.GATE, "POST", "/desk/admin/usage/{person}/{project}/{verb}", usage_page.change),
    ),
    nav=(NavItem("Usage", "/desk/admin/usage", usage_page.sees_usage),),
)

"""What the gate asks of the desk: may this workspace be opened, and what is to be shown around it."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from workspaces.gate.errors import Unavailable
from workspaces.gate.upstream import Place

SECONDS = 5.0
FRESH_SECONDS = 1.0  # a starting page asks twice a second
DOWN = "Our desk does not answer at the moment. Running workspaces are not disturbed; try again in a minute."


@dataclass(frozen=True)
class Info:
    """What the desk says of one person's workspace in one project."""

    allowed: bool
    reason: str
    project: dict[str, Any]
    idle_stop_minutes: int = 0
    upgrade: str = ""
    notice: dict[str, Any] | None = None
    disk: dict[str, Any] | None = None
    policy: dict[str, Any] | None = None
    raised: dict[str, Any] | None = None


@dataclass(frozen=True)
class Report:
    """How long a workspace's person has done nothing, in seconds, whether a kernel is computing, what was shown."""

    place: Place
    idle_seconds: float
    busy: bool
    shown: dict[str, Any]


@dataclass
class Desk:
    """The desk's answers to the gate; raises `Unavailable` when it gives none."""

    client: aiohttp.ClientSession
    _known: dict[Place, tuple[float, Info | None]] = field(default_factory=dict)

    async def workspace(self, place: Place, fresh: bool = False) -> Info | None:
        """What may be opened; None if this person has no such project. At most a second old, or `fresh`."""
        asked, known = self._known.get(place, (0.0, None))
        if not fresh and time.monotonic() - asked < FRESH_SECONDS:
            return known
        try:
            async with (
                asyncio.timeout(SECONDS),
                self.client.get(f"http://localhost/gate/workspaces/{place[0]}/{place[1]}") as answer,
            ):
                if answer.status not in (200, 404):
                    raise Unavailable(DOWN)
                known = _info(await answer.json()) if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, OSError, json.JSONDecodeError, KeyError) as error:
            raise Unavailable(DOWN) from error
        if len(self._known) > 1000:
            self._known.clear()
        self._known[place] = (time.monotonic(), known)
        return known

    async def report(self, reports: Sequence[Report]) -> None:
        """Tell the desk of activity."""
        body = [
            {
                "person": r.place[0],
                "project": r.place[1],
                "idle_seconds": r.idle_seconds,
                "busy": r.busy,
                "shown": r.shown,
            }
            for r in reports
        ]
        await self._post("/gate/activity", body)

    async def notice(self, events: Sequence[dict[str, Any]]) -> bool:
        """Tell the desk what happened; False when it will never take these."""
        return await self._post("/gate/events", {"events": list(events)}) != _REFUSED

    async def _post(self, path: str, body: object) -> int:
        try:
            async with (
                asyncio.timeout(SECONDS),
                self.client.post(f"http://localhost{path}", json=body, headers=_JSON) as answer,
            ):
                if answer.status >= 300 and answer.status != _REFUSED:
                    raise Unavailable(DOWN)
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(DOWN) from error


_REFUSED = 400
_JSON = {"Content-Type": "application/json"}


def _info(body: dict[str, Any]) -> Info:
    return Info(
        allowed=bool(body["allowed"]),
        reason=str(body.get("reason") or ""),
        project=dict(body["project"]),
        idle_stop_minutes=int(body.get("idle_stop_minutes") or 0),
        upgrade=str(body.get("upgrade") or ""),
        notice=body.get("notice"),
        disk=body.get("disk"),
        policy=body.get("policy"),
        raised=body.get("raised"),
    )

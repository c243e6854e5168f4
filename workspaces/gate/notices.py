"""What people should hear of, on its way to the desk and its audit log.

Nothing here waits, fails or grows without end. What a hostile notebook can make happen a thousand times a second
(a refused path, a stopped beacon) is gathered: one event a minute for each workspace and kind, with a count. What
says that a budget was reached is kept until the desk has taken it.
"""

import asyncio
import logging
from collections import deque
from typing import Any

from enclave.clock import now
from workspaces.gate.desk import Desk
from workspaces.gate.errors import Unavailable
from workspaces.gate.upstream import Place

log = logging.getLogger("enclave.gate")
FLUSH_SECONDS = 2.0
GATHER_SECONDS = 60.0
GATHERED = {"violation": "directive", "refused": ""}  # event: the detail by which it is told apart
MOST = 10_000  # events that wait for the desk
AT_ONCE = 500
_LONGEST = 120  # characters


class Notices:
    """Takes events (it is a `Tell`) and hands them to the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._waiting: deque[dict[str, Any]] = deque()
        self._gathered: dict[tuple[Place, str, str], dict[str, Any]] = {}

    def __call__(self, place: Place, event: str, **detail: object) -> None:
        log.info("%s in %s of %s: %s", event, place[1], place[0], detail)
        plain = {name: _plain(value) for name, value in detail.items()}
        if event not in GATHERED:
            self._push(_event(place, event, plain))
            return
        key = (place, event, str(plain.get(GATHERED[event], "")))
        known = self._gathered.get(key)
        if known is None:
            if len(self._gathered) < MOST:
                self._gathered[key] = plain
        else:
            known["count"] += plain["count"]

    def _push(self, event: dict[str, Any]) -> None:
        if len(self._waiting) >= MOST:  # the desk has been away for long: what is only news goes first
            news = next((one for one in self._waiting if not one["event"].startswith("budget")), self._waiting[0])
            self._waiting.remove(news)
        self._waiting.append(event)

    def _gather(self) -> None:
        for (place, event, _), detail in self._gathered.items():
            self._push(_event(place, event, detail))
        self._gathered.clear()

    async def flush(self) -> None:
        """Hand over what waits; what the desk does not take now stays, what it never takes is dropped."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            try:
                taken = await self._desk.notice(batch)
            except BaseException:
                self._waiting.extendleft(reversed(batch))
                raise
            if not taken:
                log.error("the desk refuses %d events, which are dropped: %s", len(batch), batch[:3])

    async def run(self) -> None:
        """Hand over, for ever."""
        since = 0.0
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            since += FLUSH_SECONDS
            if since >= GATHER_SECONDS:
                since = 0.0
                self._gather()
            try:
                await self.flush()
            except Unavailable:
                log.info("%d events wait for the desk", len(self._waiting))

    async def close(self) -> None:
        """Hand over what there is, once."""
        self._gather()
        try:
            await self.flush()
        except Unavailable:
            log.warning("%d events could not be handed to the desk", len(self._waiting))


def _event(place: Place, event: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "person": place[0],
        "project": place[1],
        "event": event,
        "detail": detail,
        "time": now().isoformat(),
    }


def _plain(value: object) -> int | str:
    """A number, or a short text that can be printed."""
    if isinstance(value, int):
        return value
    text = "".join(one if one.isprintable() else "?" for one in str(value)[:_LONGEST])
    return text or "?"

"""The guard's line to the desk: what is allowed, what must stop, and what happened.

The desk may be away for a moment: nobody is stopped for that, nobody new is let in, and what happened is told
later, in order.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import aiohttp

from enclave.clock import now
from enclave.names import PersonName, ProjectSlug

log = logging.getLogger("enclave.guard")
_KEPT = 10_000
_PAUSE = 1.0  # seconds between two attempts to tell


def event(
    person: PersonName,
    project: ProjectSlug,
    happened: str,
    code: str,
    reason: str,
    image: str,
    datasets: Sequence[str],
    exit_code: int | None = None,
    out_of_memory: bool = False,
) -> dict[str, Any]:
    """What happened to a workspace: `started`, `stopped`, or `memory` (its limit ended something inside it)."""
    return {
        "person": person,
        "project": project,
        "event": happened,
        "code": code,
        "reason": reason,
        "image": image,
        "datasets": list(datasets),
        "exit_code": exit_code,
        "out_of_memory": out_of_memory,
        "time": now().isoformat(),
    }


class DeskAway(Exception):
    """The desk did not answer, or not with an answer."""


class Records:
    """Asks the desk over a session whose requests go to its socket."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._untold: deque[Mapping[str, Any]] = deque(maxlen=_KEPT)
        self._something = asyncio.Event()

    async def allowed(self, person: PersonName, project: ProjectSlug) -> Mapping[str, Any]:
        """The desk's answer for one workspace; raise `DeskAway`."""
        answer = await self._ask("GET", f"/guard/workspaces/{person}/{project}", None)
        if not isinstance(answer.get("allowed"), bool):
            raise DeskAway(f"the desk answered {answer!r}")
        return answer

    async def to_stop(self, running: Sequence[Mapping[str, Any]], **measured: Any) -> list[Mapping[str, str]]:
        """Which of these workspaces must stop now, each with its code and reason; raise `DeskAway`.

        `measured`: what `DiskWatch.report` says of the disk.
        """
        answer = await self._ask("POST", "/guard/standing", {"running": running, **measured})
        stop = answer.get("stop")
        if not isinstance(stop, list):
            raise DeskAway(f"the desk answered {answer!r}")
        return stop

    async def due_check(self) -> Mapping[str, Any]:
        """The run of the checks to be started, `run` None for none; raise `DeskAway`. What ran before is lost."""
        answer = await self._ask("POST", "/guard/checks/due", None)
        if "run" not in answer:
            raise DeskAway(f"the desk answered {answer!r}")
        return answer

    async def check_goes_on(self, run: int) -> bool:
        """Whether a run of the checks may go on; raise `DeskAway`."""
        return (await self._ask("GET", f"/guard/checks/{run}", None)).get("goes_on") is True

    async def check_says(self, run: int, line: bytes) -> bool:
        """Hand on a line as it is. False if the desk will not have it: it is none, or the run is over."""
        try:
            async with self._session.post(f"/guard/checks/{run}/lines", data=BytesIO(line)) as response:
                if response.status in (204, 400, 404, 409):
                    return response.status == 204
                raise DeskAway(f"the desk answered a line of a check with status {response.status}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DeskAway(f"a line of a check: {error!r}") from error

    async def check_ended(self, run: int, why: str, at_fault: bool) -> None:
        """A run's container is gone, `at_fault` by its own doing; raise `DeskAway`, which finds it lost at the next
        question."""
        await self._ask("POST", f"/guard/checks/{run}/ended", {"why": why, "at_fault": at_fault})

    def tell(self, event: Mapping[str, Any]) -> None:
        """Have the desk told of what happened, now or when it is back."""
        self._untold.append(event)
        self._something.set()

    async def telling(self) -> None:
        """Tell the desk what happened, one after the other, for ever."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._untold:
                try:
                    await self._ask("POST", "/guard/events", self._untold[0])
                except DeskAway as away:
                    log.warning("%d events wait for the desk: %s", len(self._untold), away)
                    await asyncio.sleep(_PAUSE)
                else:
                    self._untold.popleft()

    async def _ask(self, method: str, path: str, body: Any) -> dict[str, Any]:
        try:
            async with self._session.request(method, path, json=body) as response:
                if response.status == 204:
                    return {}
                if response.status == 400 and path == "/guard/events":
                    log.error("the desk refuses an event: %s", await response.text())
                    return {}
                if response.status != 200:
                    raise DeskAway(f"the desk answered {method} {path} with status {response.status}")
                answer = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            raise DeskAway(f"{method} {path}: {error!r}") from error
        if not isinstance(answer, dict):
            raise DeskAway(f"the desk answered {answer!r}")
        return answer

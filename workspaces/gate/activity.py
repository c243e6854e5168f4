"""Who is still working: a person's own traffic, and kernels that compute.

What JupyterLab asks again and again by itself (lists of kernels, of files) is not a sign of life; a document, a
change, a message to a kernel is. The workspace is asked for busy kernels, with a bound on time and size: it may
hang, and it may lie, but the worst lie keeps it running, which an open tab does as well.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from workspaces.gate.desk import Desk, Report
from workspaces.gate.errors import Unavailable
from workspaces.gate.forward import url
from workspaces.gate.meter.meter import Meter
from workspaces.gate.routes import Routes, base_path
from workspaces.gate.upstream import Place, Workspaces

log = logging.getLogger("enclave.gate")
REPORT_SECONDS = 15.0
ASK_SECONDS = 3.0
LARGEST_LIST = 256 * 1024
_AT_ONCE = 16


@dataclass
class _Life:
    """Seconds since the epoch of the last sign of life, and whether a kernel was busy when last asked."""

    last: float
    busy: bool = False


class Activity:
    """Signs of life of every workspace."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lives: dict[Place, _Life] = {}

    def _life(self, place: Place) -> _Life:
        return self._lives.setdefault(place, _Life(self._clock()))

    def touch(self, place: Place) -> None:
        """The person did something."""
        self._life(place).last = self._clock()

    def set_busy(self, place: Place, busy: bool) -> None:
        """What the workspace says of its kernels. The end of a computation begins the idle time, not its start."""
        life = self._life(place)
        if busy:
            life.last = self._clock()
        life.busy = busy

    def idle_seconds(self, place: Place) -> float:
        return max(0.0, self._clock() - self._life(place).last)

    def busy(self, place: Place) -> bool:
        return self._life(place).busy

    def last(self, place: Place) -> str:
        """The last sign of life as JupyterHub reads it."""
        moment = datetime.fromtimestamp(self._life(place).last, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def forget(self, place: Place) -> None:
        self._lives.pop(place, None)


async def kernels_busy(workspaces: Workspaces, place: Place) -> bool:
    """Whether the workspace says that a kernel is executing; False when it says nothing sensible in time."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            client = await workspaces.client(place)
            target = url(base_path(place) + "api/kernels")
            async with client.get(target, headers={"Accept-Encoding": "identity"}) as answer:
                try:
                    await answer.content.readexactly(LARGEST_LIST)
                except asyncio.IncompleteReadError as whole:
                    listed = json.loads(whole.partial)
                else:
                    return False  # no honest list is that long
        return isinstance(listed, list) and any(
            isinstance(kernel, dict) and kernel.get("execution_state") == "busy" for kernel in listed
        )
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError):
        return False


async def watch(activity: Activity, routes: Routes, workspaces: Workspaces, desk: Desk, meter: Meter) -> None:
    """Ask and report for ever, every 15 s. The desk forgets nothing if it was away: each report is complete."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def ask(place: Place) -> None:
        async with gate:
            activity.set_busy(place, await kernels_busy(workspaces, place))
            await meter.refresh(place)

    while True:
        places = routes.places()
        await asyncio.gather(*(ask(place) for place in places))
        reports = [
            Report(place, activity.idle_seconds(place), activity.busy(place), meter.report(place))
            for place in places
        ]
        try:
            await desk.report(reports)
        except Unavailable:
            log.info("the desk did not take the report of activity")
        await asyncio.sleep(REPORT_SECONDS)

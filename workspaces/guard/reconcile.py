"""Every few seconds: is everything that runs still allowed? Hub up or down.

What ends a workspace here: the desk says so (a grant revoked, a member removed, a project ended, idle too long), it
ended by itself, or nobody can say whose it is. While the desk is away, what runs goes on until the end that its
label carries, and no longer.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from enclave.clock import now
from enclave.names import PersonName, ProjectSlug
from workspaces.guard.disk import DiskWatch
from workspaces.guard.engine import Container
from workspaces.guard.keeper import OUT_OF_MEMORY, Keeper
from workspaces.guard.records import DeskAway
from workspaces.spec import until_of

log = logging.getLogger("enclave.guard")
SECONDS = 5.0
_PATIENCE = 8.0  # seconds to wait for ends before looking again
EXPIRED = (
    "expired",
    "The time for which this project or one of its datasets was approved is over. Your files are kept.",
)
LEFT_OVER = ("left-over", "The workspace was left over from an interrupted start and has been removed.")
Owned = dict[tuple[PersonName, ProjectSlug], Container]
Ending = Callable[[], Coroutine[Any, Any, None]]


class Reconciler:
    """Compares what runs with what is allowed."""

    def __init__(self, keeper: Keeper, watch: DiskWatch, seconds: float = SECONDS) -> None:
        self._keeper = keeper
        self._watch = watch
        self._seconds = seconds
        self._soon = asyncio.Event()
        self._alone = False  # the desk was away at the last look
        self._ending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Reconcile at once, then every `seconds` and whenever a container of ours ends, for ever."""
        while True:
            self._soon.clear()
            try:
                await self.once()
            except Exception:  # whatever it is, the next look must come
                log.exception("could not compare what runs with what is allowed")
            # Not `wait_for`: before Python 3.12 it can swallow the cancellation that ends this loop.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._soon.wait()

    async def watch(self) -> None:
        """Listen to the engine for containers that end or reach their memory limit, for ever."""
        while True:
            try:
                async for what, container in self._keeper.engine.happenings():
                    if what == "oom":
                        await self._keeper.note_memory(container)
                    self._soon.set()
            except Exception as error:
                log.warning("the engine's events ended: %r", error)
            await asyncio.sleep(1)

    async def once(self) -> None:
        """One look at everything that runs. A workspace that is slow to end holds up neither the others nor us."""
        running: Owned = {}
        ends: list[Ending] = []  # begun together at the end: a look that is given up before has begun none
        for found in await self._keeper.engine.workspaces():
            owner = found.belongs_to(self._keeper.engine.instance)
            if owner is None:
                log.error("container %s carries our label but is no workspace: removed", found.name)
                ends.append(partial(self._keeper.engine.remove, found.id))
            elif not found.running:
                ends.append(partial(self._keeper.end, owner, found, *LEFT_OVER))
            elif self._keeper.hangs(found):
                ends.append(partial(self._keeper.end, owner, found, *OUT_OF_MEMORY))
            else:
                running[owner] = found
        self._watch.seen(running)
        for owner, code, reason in await self._to_stop(running):
            ends.append(partial(self._keeper.end, owner, running[owner], code, reason))
        await self._do(ends)

    async def _to_stop(self, running: Owned) -> list[tuple[tuple[PersonName, ProjectSlug], str, str]]:
        """What the desk wants stopped; with the desk away, those whose own label says that their time is over."""
        question = [
            {"person": person, "project": project, "datasets": list(found.datasets)}
            for (person, project), found in running.items()
        ]
        try:
            told = await self._keeper.records.to_stop(question, **self._watch.report())
        except DeskAway as away:
            if not self._alone:
                log.warning("the desk is away, what runs goes on until the end on its label: %s", away)
            self._alone = True
            ends = {owner: until_of(found.labels) for owner, found in running.items()}
            return [(owner, *EXPIRED) for owner, until in ends.items() if until is not None and until <= now()]
        self._alone = False
        named = {(str(one["person"]), str(one["project"])): one for one in told}
        return [
            (owner, str(named[owner]["code"]), str(named[owner]["reason"])) for owner in running if owner in named
        ]

    async def _do(self, ends: list[Ending]) -> None:
        tasks = [asyncio.create_task(end()) for end in ends]
        self._ending.update(tasks)
        for task in tasks:
            task.add_done_callback(self._done)
        if tasks:
            await asyncio.wait(tasks, timeout=_PATIENCE)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._ending.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a workspace could not be ended, tried again at the next look: %r", error)

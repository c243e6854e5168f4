"""Watches the disk: what each running project uses, and that the stack keeps some of it.

Every `MEASURE_SECONDS` the projects that run are measured, and once more those that have just ended; the
reconciler tells the desk, which decides by each project's limit (`workspaces.disk`). Every second the file
systems are asked what is left. Below the reserve nothing starts, and whoever took it is stopped at once, with
the desk away too: the project that has grown most since the last measures, or, where space goes and no folder
grows (a file that was removed and is still open has no name), the workspaces one by one, first that for which
the kernel works most.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from enclave.names import ProjectSlug
from workspaces.disk import Pair, Space, Use, fastest
from workspaces.guard import usage
from workspaces.guard.engine import Container, EngineError
from workspaces.guard.keeper import Keeper

log = logging.getLogger("enclave.guard")
MEASURE_SECONDS = 15.0
_LOOK_SECONDS = 1.0
_PATIENCE = 3.0  # seconds that a shortage waits for measures: a single large file is measured in an instant
_WORK_SECONDS = 0.5
_IDLE_WORK = 5_000_000  # nanoseconds of the kernel's in that time: 1 %, which nobody who writes stays below
_STEPS = 16  # of the reserve: who takes less than a step of it is not to blame
_LARGEST_STEP = 256 << 20  # bytes
_LEAST_FILES = 1_000
CLOSED = (
    "The enclave's disk is nearly full. What is left is kept for its records and for what runs, so nothing starts"
    " until an admin has made room. Your files are kept."
)
GREW = (
    "disk-reserve",
    "The disk that all projects share was nearly full, and this project was taking it fastest, so its workspaces"
    " were stopped. Your files are kept. Ask an admin.",
)


class DiskWatch:
    """What was measured last, and what is done when space runs short."""

    def __init__(self, keeper: Keeper, reserve: int | None, seconds: float = MEASURE_SECONDS) -> None:
        self._keeper = keeper
        keeper.before_start = self.before
        self._reserve = reserve
        self._seconds = seconds
        self._running: dict[Pair, Container] = {}
        self._measured: dict[ProjectSlug, Use] = {}
        self._base: dict[
            ProjectSlug, Use
        ] = {}  # growth is counted from here: the measure before, or before a shortage
        self._next: dict[ProjectSlug, float] = {}  # when a project is measured again
        self._walks: dict[ProjectSlug, asyncio.Task[None]] = {}
        self._threads = ThreadPoolExecutor(4, "measure")
        self._blamed_at: Space | None = None  # what was free when somebody was last stopped for a shortage
        self._free = 0

    def seen(self, running: Mapping[Pair, Container]) -> None:
        """What runs now, as the reconciler found it. What has ended since is measured once more, at once."""
        now = {project for _person, project in running}
        for project in {project for _person, project in self._running} - now:
            self._next[project] = 0.0
        for project in now:
            self._next.setdefault(project, 0.0)
        self._running = dict(running)

    async def before(self, project: ProjectSlug) -> None:
        """Measure a project in which nothing runs before something starts: what comes later is its doing.
        A large one is not waited for."""
        if project in {where for _person, where in self._running}:
            return
        self._begin([project])
        await asyncio.wait([self._walks[project]], timeout=_LOOK_SECONDS)
        self._next[project] = time.monotonic() + self._seconds

    def report(self) -> dict[str, Any]:
        """For the desk: the last measures by project, and what is free."""
        disk = {
            project: {
                "bytes": use.bytes,
                "files": use.files,
                "complete": use.complete,
                "too_deep": use.too_deep,
            }
            for project, use in self._measured.items()
        }
        return {"disk": disk, "free_bytes": self._free}

    async def run(self) -> None:
        """Look every second, for ever."""
        try:
            while True:
                try:
                    await self.look()
                except Exception:  # whatever it is, the next look must come
                    log.exception("could not look at the disk")
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def look(self) -> None:
        """One look at what is free, and the measures that are due."""
        layout = self._keeper.layout
        folders = (layout.projects, layout.homes, layout.workspace_sockets)
        space = await asyncio.to_thread(usage.space, folders, self._reserve)
        self._free = space.free_bytes
        if space.short != bool(self._keeper.closed):
            log.warning("the disk %s: %s", "is nearly full" if space.short else "has room again", space)
        self._keeper.closed = CLOSED if space.short else ""
        moment = time.monotonic()
        self._begin(project for project, due in list(self._next.items()) if due <= moment)
        if not space.short:
            self._blamed_at = None
        elif self._went_on(space):
            await self._relieve(space)

    def _begin(self, projects: Iterable[ProjectSlug]) -> None:
        for project in projects:
            if project not in self._walks:
                self._walks[project] = asyncio.create_task(self._walk(project))

    async def _walk(self, project: ProjectSlug) -> None:
        try:
            await self._measure(project)
        except Exception:
            log.exception("%s could not be measured", project)
        finally:
            del self._walks[project]

    async def _measure(self, project: ProjectSlug) -> None:
        layout, began = self._keeper.layout, time.monotonic()
        running = {person for person, where in self._running if where == project}
        folders = [layout.project(project), layout.homes / project]
        folders += [layout.server_folder(person, project) for person in sorted(running)]
        self._next[project] = began + self._seconds
        loop = asyncio.get_running_loop()
        use = await loop.run_in_executor(self._threads, usage.measure, layout.root, folders)
        took = time.monotonic() - began
        if self._blamed_at is None:
            self._base[project] = self._measured.get(project, use)
        self._measured[project] = use
        if running:
            self._next[project] = began + max(self._seconds, 4 * took)
        else:
            self._next.pop(project, None)
        log.debug("%s uses %s, measured in %.1f s", project, use, took)

    def _went_on(self, space: Space) -> bool:
        """Whether a shortage is new, or has grown by a step since somebody was last stopped for it."""
        step = self._step(space)
        last = self._blamed_at
        return (
            last is None
            or last.free_bytes - space.free_bytes >= step.bytes
            or last.free_files - space.free_files >= step.files
        )

    @staticmethod
    def _step(space: Space) -> Use:
        return Use(
            min(space.kept_bytes // _STEPS, _LARGEST_STEP) + 1, max(space.kept_files // _STEPS, _LEAST_FILES) + 1
        )

    async def _relieve(self, space: Space) -> None:
        """Stop who takes what is kept."""
        projects = {project for _person, project in self._running}
        self._begin(projects)
        if walks := [self._walks[project] for project in projects]:
            await asyncio.wait(walks, timeout=_PATIENCE)
        step = self._step(space)
        growth = {one: _growth(self._base.get(one), self._measured[one]) for one in projects & set(self._measured)}
        culprit = fastest(growth, step.bytes, step.files)
        if culprit is not None:
            log.warning("%s grew by %s and is stopped", culprit, growth[culprit])
            await self._stop([pair for pair in self._running if pair[1] == culprit])
        elif self._blamed_at is not None:  # it went on without anybody who shows
            await self._stop(await self._busiest())
        self._blamed_at = space
        self._base = dict(self._measured)

    async def _busiest(self) -> list[Pair]:
        """The workspace for which the kernel works most."""
        before = await self._work()
        await asyncio.sleep(_WORK_SECONDS)
        after = await self._work()
        done = {pair: after[pair] - before[pair] for pair in after.keys() & before.keys()}
        return sorted((pair for pair in done if done[pair] > _IDLE_WORK), key=lambda pair: done[pair])[-1:]

    async def _work(self) -> dict[Pair, int]:
        found = {}
        for pair, container in self._running.items():
            try:
                found[pair] = await self._keeper.engine.work(container.id)
            except (*EngineError, KeyError):
                continue  # it ended meanwhile
        return found

    async def _stop(self, pairs: list[Pair]) -> None:
        ends = [self._keeper.end(pair, self._running[pair], *GREW, at_once=True) for pair in pairs]
        for result in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(result, BaseException):
                log.error("a workspace could not be stopped for the disk: %r", result)


def _growth(before: Use | None, now: Use) -> Use:
    before = before or now
    return Use(max(0, now.bytes - before.bytes), max(0, now.files - before.files))

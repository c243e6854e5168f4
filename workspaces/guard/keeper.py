"""Start, look at, stop: what the guard does for one workspace, one thing at a time for each.

A start tells its steps as it goes, in words for the person who waits. It ends with `started`, with `refused` and
the rule's reason, or with `failed` and a sentence that gives nothing away (the cause is in the guard's log).
"""

import asyncio
import contextlib
import logging
import signal
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from enclave.clock import now
from enclave.errors import Broken
from enclave.layout import Layout
from enclave.names import PersonName, ProjectSlug
from workspaces.confinement import STOP_SECONDS
from workspaces.guard import folders
from workspaces.guard.engine import Container, Engine, EngineError
from workspaces.guard.records import DeskAway, Records, event
from workspaces.spec import WorkspaceSpec, create_body, until_of

log = logging.getLogger("enclave.guard")

Step = dict[str, str]
State = dict[str, str | int | bool | None]
_AWAY = (
    "The enclave's records cannot be reached at the moment, so nobody is let into a project. Try again in a minute."
)
_FAILED = (
    "The workspace could not be started because of a fault on our side. Your files are as they were; tell an admin."
)
ASKED = ("stopped", "The workspace was stopped as asked. Your files are kept.")
ENDED = ("ended", "The workspace ended by itself. Your files are kept.")
OUT_OF_MEMORY = (
    "out-of-memory",
    "The workspace reached its memory limit and was ended by it. Your files are kept; what was in memory is lost.",
)
MEMORY_REACHED = (
    "The workspace's memory limit was reached and the system ended the largest process in it, most often the"
    " notebook's kernel. Work on fewer rows or columns at a time, or ask an admin for more memory."
)


@dataclass(frozen=True)
class End:
    """How a workspace ended, kept for the Hub once its container is gone; `reason` where somebody ended it."""

    exit_code: int
    out_of_memory: bool
    reason: str = ""


class Keeper:
    """Acts on one instance's workspaces through the engine, after asking the desk."""

    def __init__(self, layout: Layout, engine: Engine, records: Records) -> None:
        self.layout = layout
        self.engine = engine
        self.records = records
        self.before_start: Callable[[ProjectSlug], Awaitable[None]] = _nothing_more
        self.closed = ""  # why nothing starts at the moment, whoever asks
        self.ends: dict[tuple[PersonName, ProjectSlug], End] = {}
        self.memory_reached: set[str] = set()  # ids of containers whose limit killed something inside
        self._locks: defaultdict[tuple[PersonName, ProjectSlug], asyncio.Lock] = defaultdict(asyncio.Lock)

    def lock(self, person: PersonName, project: ProjectSlug) -> asyncio.Lock:
        return self._locks[person, project]

    async def start(self, person: PersonName, project: ProjectSlug) -> AsyncGenerator[Step]:
        """Start the workspace; idempotent. Yields steps, and last `started`, `refused` or `failed`."""
        async with self.lock(person, project):
            try:
                yield _step("asking", "Asking whether you may open this project")
                answer = await self.records.allowed(person, project)
                if not answer["allowed"]:
                    yield {"refused": str(answer["reason"]), "code": str(answer["code"])}
                    return
                spec = WorkspaceSpec.from_answer(self.engine.instance, person, project, answer, self.layout)
                found = await self.engine.find(person, project)
                if found and found.running and may_stay(found, spec):
                    yield {"started": found.id}
                    return
                if self.closed:
                    yield {"refused": self.closed, "code": "disk-reserve"}
                    return
                if found:
                    yield _step("clearing", "Removing what was left of the last workspace")
                    await self.put_away(found, person, project, *ASKED)
                async with contextlib.aclosing(self._make(spec)) as steps:
                    async for step in steps:
                        yield step
            except DeskAway as away:
                log.warning("%s/%s not started: %s", person, project, away)
                yield {"refused": _AWAY, "code": "desk-away"}
            except (Broken, *EngineError):
                log.exception("%s/%s could not be started", person, project)
                yield {"failed": _FAILED}

    async def _make(self, spec: WorkspaceSpec) -> AsyncGenerator[Step]:
        yield _step("folders", "Preparing the project's folders and datasets")
        await asyncio.to_thread(folders.prepare, spec, self.layout)
        await self.before_start(spec.project)
        yield _step("creating", "Creating a container without a network")
        await self.engine.check_image(spec.image)
        fitting = min(spec.limits.cpus, await self.engine.processors())  # the engine refuses more than there are
        body = create_body(replace(spec, limits=replace(spec.limits, cpus=fitting)), self.layout)
        container = await self.engine.create(spec.container_name, body)
        try:
            yield _step("starting", "Starting JupyterLab in it")
            await self.engine.start(container)
        except BaseException:
            await self.engine.remove(container)
            raise
        self.ends.pop((spec.person, spec.project), None)
        datasets = [str(dataset) for dataset in spec.datasets]
        self.records.tell(event(spec.person, spec.project, "started", "", "", spec.image, datasets))
        yield {"started": container}

    async def look(self, person: PersonName, project: ProjectSlug) -> State:
        """Its state: `running`, `exited` (with how) or `absent`."""
        found = await self.engine.find(person, project)
        if found and found.running:
            return _state("running", None, found.id in self.memory_reached)
        end = self._end(found) if found and found.exit_code is not None else self.ends.get((person, project))
        if end is None:
            return _state("absent", None, False)
        return _state("exited", end.exit_code, end.out_of_memory, end.reason)

    async def stop(self, person: PersonName, project: ProjectSlug) -> None:
        """Stop and remove, because somebody asked; idempotent."""
        async with self.lock(person, project):
            if found := await self.engine.find(person, project):
                await self.put_away(found, person, project, *ASKED)

    async def end(
        self, owner: tuple[PersonName, ProjectSlug], found: Container, code: str, reason: str, at_once: bool = False
    ) -> None:
        """Put away exactly the container that was looked at, not one that was started since then."""
        async with self.lock(*owner):
            current = await self.engine.find(*owner)
            if current is not None and current.id == found.id and current.running == found.running:
                await self.put_away(current, *owner, code, reason, at_once)

    async def put_away(
        self,
        found: Container,
        person: PersonName,
        project: ProjectSlug,
        code: str,
        reason: str,
        at_once: bool = False,
    ) -> None:
        """Stop a container, keep what it printed, remove it, and have the desk told. The caller holds the lock.

        `at_once` leaves it no time to end by itself.

        One that ended by itself is reported with its own cause instead of `code` and `reason`.
        """
        ended = found.exit_code is not None
        end = self._end(found) if ended else End(0, code == OUT_OF_MEMORY[0], reason)
        if ended:
            code, reason = OUT_OF_MEMORY if end.out_of_memory else ENDED
        await self.engine.stop(found.id, 0 if at_once else STOP_SECONDS)
        await self._keep_log(found, person, project)
        ran = found.state != "created"
        if ran:
            self.ends[person, project] = end  # before it is gone: who looks in between is told how it ended
        await self.engine.remove(found.id)
        await self._clear(person, project)
        self.memory_reached.discard(found.id)
        if not ran:
            return  # nothing to report
        log.info("%s/%s is stopped: %s", person, project, code)
        self.records.tell(
            event(person, project, "stopped", code, reason, *_what(found), end.exit_code, end.out_of_memory)
        )

    async def _clear(self, person: PersonName, project: ProjectSlug) -> None:
        await asyncio.to_thread(folders.clear, self.layout, self.layout.server_folder(person, project))

    async def note_memory(self, container: str) -> None:
        """The engine says that a container's memory limit ended something inside: the person is to know."""
        first = container not in self.memory_reached
        self.memory_reached.add(container)
        found = next((one for one in await self.engine.workspaces() if one.id == container), None)
        if found is None:  # one of the checks, which are told of otherwise
            self.memory_reached.discard(container)
        owner = found and found.belongs_to(self.engine.instance)
        if first and found and owner and found.running:
            log.info("%s/%s reached its memory limit", *owner)
            self.records.tell(event(*owner, "memory", "out-of-memory", MEMORY_REACHED, *_what(found), None, True))

    def hangs(self, found: Container) -> bool:
        """Whether it will not go on although it runs: at its memory limit the host's kernel ends a process of
        gVisor's that stands for one inside, and the one inside waits for it for ever."""
        return found.id in self.memory_reached and found.labels.get("enclave.runtime") == "runsc"

    def _end(self, found: Container) -> End:
        killed = found.exit_code == 128 + signal.SIGKILL
        return End(found.exit_code or 0, killed and (found.out_of_memory or found.id in self.memory_reached))

    async def _keep_log(self, found: Container, person: PersonName, project: ProjectSlug) -> None:
        try:
            printed = await self.engine.printed(found.id)
            name = f"{now():%Y%m%dT%H%M%S}-{found.id[:12]}.log"
            folder = self.layout.log_folder(person, project)
            await asyncio.to_thread(folders.keep_log, self.layout, folder, name, printed)
        except (Broken, *EngineError):
            log.exception("what %s/%s printed could not be kept", person, project)


async def _nothing_more(_project: ProjectSlug) -> None:
    pass


def _what(found: Container) -> tuple[str, list[str]]:
    return found.labels.get("enclave.image", ""), list(found.datasets)


def may_stay(found: Container, spec: WorkspaceSpec) -> bool:
    """Whether a running container has nothing that is not allowed now; what was added waits for the next start."""
    user = found.labels.get("enclave.user") == f"{spec.uid}:{spec.gid}"
    granted = {str(dataset) for dataset in spec.datasets}
    return user and set(found.datasets) <= granted and not _later(until_of(found.labels), spec.until)


def _later(one: datetime | None, other: datetime | None) -> bool:
    return other is not None and (one is None or one > other)


def _state(state: str, exit_code: int | None, out_of_memory: bool, reason: str = "") -> State:
    return {"state": state, "exit_code": exit_code, "out_of_memory": out_of_memory, "reason": reason}


def _step(step: str, message: str) -> Step:
    return {"step": step, "message": message}

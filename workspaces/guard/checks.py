"""Runs the automatic checks, one container after the other, as the desk says that they are due.

Nobody asks for one: the guard asks the desk, whenever it runs none. It hands what the container prints to the desk
line by line, as it is, and counts: bytes, lines, seconds. It ends a run that the desk no longer wants (a grant was
revoked, the request was withdrawn), and one whose lines the desk refuses. The container is removed in any case, by
the next guard if this one is killed. While the desk is away a run waits with what it has to say, for a minute.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aiodocker.stream import Stream

from enclave.errors import Broken
from enclave.layout import Layout
from workspaces.check_spec import CheckSpec, create_body
from workspaces.guard import folders
from workspaces.guard.engine import Engine, EngineError
from workspaces.guard.records import DeskAway, Records

log = logging.getLogger("enclave.guard")
PAUSE = 2.0  # seconds between two questions what is due
_LOOK = 5.0  # seconds between two questions whether it may go on
_PATIENCE = 60.0  # seconds without the desk
MOST_LINE, MOST_BYTES, MOST_LINES = 4 << 20, 64 << 20, 50_000
_STDOUT = 1
_KEPT_ERRORS = 2000  # bytes, for the guard's own log
NOT_STARTED = "its container could not be started: tell an admin"
TOO_LONG = "it took longer than {} minutes"
TOO_MUCH = "it said too much"
NO_LINE = "what it said could not be read"
ALONE = "nobody took what it said"
NOT_WANTED = "its request changed, or a grant ended, while it ran"
_OTHERS = (NOT_STARTED, ALONE, NOT_WANTED)  # what no file has done
MEMORY = "it took more memory than there is for it"
ENDED = "it ended early (exit code {})"
_KILLED = 137


class Checks:
    """The guard's side of the checks of one instance."""

    def __init__(self, layout: Layout, engine: Engine, records: Records, pause: float = PAUSE) -> None:
        self._layout = layout
        self._engine = engine
        self._records = records
        self._pause = pause
        self._alone = False

    async def run(self) -> None:
        """Run what is due, for ever."""
        while True:
            busy = False
            try:
                busy = await self.once()
                self._alone = False
            except DeskAway as away:
                if not self._alone:
                    log.warning("the desk does not say what is to be checked: %s", away)
                self._alone = True
            except Exception:  # whatever it is, the next question must come
                log.exception("the checks could not be looked after")
            if not busy:
                await asyncio.sleep(self._pause)

    async def once(self) -> bool:
        """Ask, and run what is due to its end; whether there was any."""
        for left in await self._engine.checks():
            await self._engine.remove(left)
        answer = await self._records.due_check()
        if answer["run"] is None:
            return False
        why = await self._examine(answer)
        log.info("run %s of the checks ended: %s", answer["run"], why or "by itself")
        await self._records.check_ended(answer["run"], why, bool(why) and why not in _OTHERS)
        return True

    async def _examine(self, answer: Mapping[str, Any]) -> str:
        """Why the run ended; empty if it came to its end by itself."""
        container = ""
        try:
            spec = CheckSpec.from_answer(self._engine.instance, answer, self._layout)
            await asyncio.to_thread(folders.look_at, spec, self._layout)
            await self._engine.check_image(spec.image)
            fitting = min(spec.limits.cpus, await self._engine.processors())
            fits = replace(spec, limits=replace(spec.limits, cpus=fitting))
            container = await self._engine.create(spec.container_name, create_body(fits, self._layout))
            return await self._follow(spec, container)
        except (Broken, *EngineError):
            log.exception("run %s of the checks could not be started or followed", answer["run"])
            return NOT_STARTED
        finally:
            if container:
                await self._engine.remove(container)

    async def _follow(self, spec: CheckSpec, container: str) -> str:
        async with self._engine.printing(container) as stream:
            await self._engine.start(container)
            tasks = [
                asyncio.create_task(self._hear(spec.run, container, stream)),
                asyncio.create_task(self._while_wanted(spec.run)),
            ]
            try:
                done, _ = await asyncio.wait(tasks, timeout=spec.seconds, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        return done.pop().result() if done else TOO_LONG.format(-(-spec.seconds // 60))

    async def _hear(self, run: int, container: str, stream: Stream) -> str:
        """Hand on every line; how it ended."""
        async for line in _lines(stream):
            if line is None:
                return TOO_MUCH
            if why := await self._hand_on(run, line):
                return why
        found = await self._engine.ended(container)
        if found.exit_code == _KILLED and found.out_of_memory:
            return MEMORY
        return ENDED.format(found.exit_code) if found.exit_code else ""

    async def _hand_on(self, run: int, line: bytes) -> str:
        """Why the desk does not take it; empty if it does."""
        until = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            try:
                return "" if await self._records.check_says(run, line) else NO_LINE
            except DeskAway as away:
                log.warning("run %d of the checks waits for the desk: %s", run, away)
            if asyncio.get_running_loop().time() > until:
                return ALONE
            await asyncio.sleep(1)

    async def _while_wanted(self, run: int) -> str:
        """Ends when the desk says that the run may not go on. Without the desk, its lines wait anyway."""
        while True:
            await asyncio.sleep(_LOOK)
            with suppress(DeskAway):
                if not await self._records.check_goes_on(run):
                    return NOT_WANTED


def beyond(size: int, lines: int, whole: list[bytearray], rest: bytearray) -> bool:
    """Whether a run has said more than is listened to."""
    return size > MOST_BYTES or lines > MOST_LINES or max(map(len, (*whole, rest))) > MOST_LINE


async def _lines(stream: Stream) -> AsyncIterator[bytes | None]:
    """What is printed on standard output, line by line; None where it is too much, and then no more."""
    kept, size, lines, errors = bytearray(), 0, 0, b""
    while (message := await stream.read_out()) is not None:
        size += len(message.data)
        if message.stream != _STDOUT:
            errors = (errors + message.data)[-_KEPT_ERRORS:]
            continue
        kept += message.data
        *whole, rest = kept.split(b"\n")
        kept = bytearray(rest)
        lines += len(whole)
        if beyond(size, lines, whole, rest):
            yield None
            return
        for line in whole:
            yield bytes(line)
    if errors:
        log.warning("a check said: %r", errors)

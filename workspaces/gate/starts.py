"""Starting a workspace and keeping what the engine says meanwhile, for the page that asks twice a second."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from workspaces.gate.errors import Unavailable
from workspaces.gate.hub import Hub
from workspaces.gate.upstream import Place

log = logging.getLogger("enclave.gate")
_RETRY_SECONDS = 0.1
_STALE = ("already running", "pending stop")
_STALE_TRIES, _STALE_SECONDS = 20, 0.5  # the Hub looks after its workspaces every 5 s
_PREFIX = "Spawn failed: "
_FAILED = "The workspace could not be started. Try again, and tell an admin if it stays so."


class Stage(StrEnum):
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@dataclass
class Start:
    """One attempt to start a workspace: the engine's words so far, and how it ended."""

    stage: Stage = Stage.STARTING
    steps: list[str] = field(default_factory=list)
    error: str = ""

    def say(self, words: str) -> None:
        if words and (not self.steps or self.steps[-1] != words):
            self.steps.append(words)

    def fail(self, words: str) -> None:
        self.stage, self.error = Stage.FAILED, words.removeprefix(_PREFIX) or _FAILED


class Starts:
    """The attempts, the newest for each workspace."""

    def __init__(self, hub: Hub, listens: Callable[[Place], bool]) -> None:
        self._hub = hub
        self._listens = listens
        self._starts: dict[Place, Start] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, place: Place) -> Start | None:
        return self._starts.get(place)

    def forget(self, place: Place) -> None:
        """The workspace was stopped: how it once started is of no interest. (The Hub also takes the route of a
        dead workspace away while it starts it anew; that attempt is kept.)"""
        start = self._starts.get(place)
        if start is not None and start.stage is not Stage.STARTING:
            del self._starts[place]

    def begin(self, place: Place) -> Start:
        """Start a workspace; idempotent while it is starting."""
        start = self._starts.get(place)
        if start is None or start.stage is not Stage.STARTING:
            start = self._starts[place] = Start()
            task = asyncio.create_task(self._run(place, start))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return start

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, place: Place, start: Start) -> None:
        posting = asyncio.create_task(self._post(place))
        try:
            async for event in self._events(place, posting):
                if event.get("failed"):
                    start.fail(str(event.get("message", "")))
                elif event.get("ready"):
                    start.stage = Stage.READY
                else:
                    start.say(str(event.get("message", "")))
            status, message = await posting
            if start.stage is Stage.STARTING:
                self._judge(start, status, message)
        except Unavailable as error:
            start.fail(str(error))
        except Exception:
            log.exception("starting %s/%s failed", *place)
            start.fail(_FAILED)
        finally:
            posting.cancel()
            if start.stage is Stage.STARTING:
                start.fail(_FAILED)

    async def _post(self, place: Place) -> tuple[int, str]:
        """Ask the Hub for a start. Where the guard has just stopped the workspace and the Hub has not noticed, it
        is told to stop it and asked again."""
        status, message = await self._hub.start(place)
        for _ in range(_STALE_TRIES):
            if status != 400 or not any(words in message for words in _STALE) or self._listens(place):
                break
            await self._hub.stop(place)
            await asyncio.sleep(_STALE_SECONDS)
            status, message = await self._hub.start(place)
        return status, message

    async def _events(self, place: Place, posting: asyncio.Task[tuple[int, str]]) -> AsyncIterator[dict[str, Any]]:
        """The Hub's events; it has none until it has begun, and begins while the start is being asked for. Until
        then it may still tell how the last attempt ended, so an end counts once the start has been answered."""
        while True:
            asked_before = posting.done()
            seen = False
            async with contextlib.aclosing(self._hub.progress(place)) as events:
                async for event in events:
                    seen = posting.done() or not (event.get("failed") or event.get("ready"))
                    if not seen:
                        break
                    yield event
            if seen or asked_before:
                return
            await asyncio.wait([posting], timeout=_RETRY_SECONDS)

    @staticmethod
    def _judge(start: Start, status: int, message: str) -> None:
        """The Hub told no end of the story by its events: its answer to the start must."""
        if status == 201 or (status == 400 and "already running" in message):
            start.stage = Stage.READY
        else:
            start.fail(message)

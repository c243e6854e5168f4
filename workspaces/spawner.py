"""JupyterHub's spawner: tells the guard two names, shows its steps, and waits until JupyterLab answers.

The Hub knows nothing of images, mounts, limits or the engine, and decides nothing: a Hub that is taken over can ask
for the workspaces that the desk allows, and for nothing else. The guard being away for a moment stops nobody.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from jupyterhub.spawner import Spawner, SpawnException
from traitlets import Float, Unicode

from enclave.errors import BadInput
from enclave.names import person_name, project_slug
from workspaces.socket_client import session_over

_READY_SECONDS = 0.02  # JupyterLab is asked this often whether it answers yet
_LOOK_SECONDS = 1.0  # and the guard this often whether it still lives
_AWAY = "Workspaces cannot be started at the moment. Try again in a minute; tell an admin if it stays so."
_MEMORY = "The workspace reached its memory limit while it was starting. Ask an admin for more memory."
_ENDED = "The workspace ended while it was starting. An admin finds what it printed in the instance's logs folder."
_SILENT = "JupyterLab did not answer in time. Try again; tell an admin if it stays so."
_Away = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class NotStarted(SpawnException):
    """A workspace could not be started. `words` are shown to the person, `log` only to the Hub's log."""

    def __init__(self, words: str, reason: str, status: int, log: str = "") -> None:
        super().__init__(words, reason=reason, status_code=status, log_message=log)
        self.jupyterhub_message = words  # what the Hub sends with the progress; without it, its own repr


class WorkspaceSpawner(Spawner):
    """One workspace: a person's named server, whose name is the project."""

    guard_socket = Unicode(config=True, help="The guard's socket.")
    control_socket = Unicode(config=True, help="The gate's control socket.")
    ready_timeout = Float(60, config=True, help="Seconds that JupyterLab has to answer in.")

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self._steps: list[str] = []
        self._news = asyncio.Event()
        self._over = False

    async def start(self) -> str:
        """Start the workspace; return the gate's address, the same for all. Raises `NotStarted`."""
        path = self._path()
        self._steps, self._over = [], False
        try:
            await self._ask_guard(path)
            self._say("Waiting for JupyterLab to answer")
            await self._wait_ready()
        finally:
            self._over = True
            self._news.set()
        return f"http+unix://{quote(self.control_socket, safe='')}"

    async def poll(self) -> int | None:
        """None while it runs; its exit code, or 0 when there is none. No answer from the guard: as it was."""
        try:
            found = await self._look()
        except _Away as error:
            self.log.warning("the guard did not say how %s is: %r", self._log_name, error)
            return None
        if found["state"] == "running":
            return None
        return int(found["exit_code"] or 0)

    async def stop(self, now: bool = False) -> None:
        """Stop and remove it; raises when the guard does not answer, so that the Hub does not believe it gone."""
        if not self.name:
            return  # there never is an unnamed workspace
        async with session_over(Path(self.guard_socket), 60) as session, session.delete(self._path()) as answer:
            answer.raise_for_status()

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """The guard's steps in its words, as they come."""
        told = 0
        while True:
            self._news.clear()
            for message in self._steps[told:]:
                told += 1
                yield {"progress": min(90, 15 * told), "message": message}
            if self._over:
                return
            await self._news.wait()

    def _path(self) -> str:
        """The guard's path for this workspace; raise `NotStarted` for anything that is not two names."""
        if not self.name:
            raise NotStarted("A workspace belongs to a project: open one from your home page.", "no-project", 400)
        try:
            return f"/workspaces/{person_name(self.user.name)}/{project_slug(self.name)}"
        except BadInput as refused:
            raise NotStarted(str(refused), "no-project", 400) from refused

    async def _ask_guard(self, path: str) -> None:
        last: dict[str, str] = {}
        try:
            async with (
                session_over(Path(self.guard_socket), self.start_timeout) as session,
                session.post(path) as answer,
            ):
                answer.raise_for_status()
                async for line in answer.content:
                    last = json.loads(line)
                    self._say(last.get("message", ""))
        except _Away as error:
            raise NotStarted(_AWAY, "guard-away", 503, f"the guard: {error!r}") from error
        if "refused" in last:
            raise NotStarted(last["refused"], last.get("code", "refused"), 403)
        if "started" not in last:
            raise NotStarted(last.get("failed", _AWAY), "failed", 503)

    async def _wait_ready(self) -> None:
        ready = f"/ready/{self.user.name}/{self.name}"
        deadline = time.monotonic() + self.ready_timeout
        look = time.monotonic() + _LOOK_SECONDS
        async with session_over(Path(self.control_socket), 5) as session:
            while not await _says_ready(session, ready):
                if time.monotonic() > look:
                    await self._refuse_if_ended()
                    look = time.monotonic() + _LOOK_SECONDS
                if time.monotonic() > deadline:
                    raise NotStarted(_SILENT, "silent", 503)
                await asyncio.sleep(_READY_SECONDS)

    async def _refuse_if_ended(self) -> None:
        try:
            found = await self._look()
        except _Away:
            return
        if found["state"] != "running":
            words = found["reason"] or (_MEMORY if found["out_of_memory"] else _ENDED)
            raise NotStarted(words, "ended", 503)

    async def _look(self) -> dict[str, Any]:
        async with session_over(Path(self.guard_socket)) as session, session.get(self._path()) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found

    def _say(self, message: str) -> None:
        if message:
            self._steps.append(message)
            self._news.set()


async def _says_ready(session: aiohttp.ClientSession, path: str) -> bool:
    try:
        async with session.get(path) as answer:
            return answer.status == 200
    except _Away:
        return False

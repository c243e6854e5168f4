"""The inward sockets: one for each running workspace, on which it can ask the desk for the release of its outputs.

Person and project come from the socket that was connected to, never from anything that is sent. Only the listed
calls are passed on; a workspace reaches nothing else of ours.
"""

import asyncio
import logging
import os
import re
import socket
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from enclave.errors import NotFound, Refused
from enclave.layout import Layout
from enclave.web.rooms import PERSON_HEADER, PROJECT_HEADER
from workspaces.gate.desk import DOWN
from workspaces.gate.forward import Passage, forward
from workspaces.gate.servers import make_server
from workspaces.gate.upstream import Place

log = logging.getLogger("enclave.gate")
NAME = "desk.sock"
LARGEST_BODY = 128 * 1024 * 1024 + 1_000_000  # all files of one request, and what surrounds them
_AT_ONCE = 8  # calls of one workspace that are worked on together

CALLS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("GET", re.compile(r"/v1/requests"), "my requests in this project"),
    ("POST", re.compile(r"/v1/requests"), "ask for a release"),
    ("GET", re.compile(r"/v1/requests/[0-9]{1,12}"), "how one request stands"),
    ("POST", re.compile(r"/v1/requests/[0-9]{1,12}/withdraw"), "take a request back"),
    ("POST", re.compile(r"/v1/requests/[0-9]{1,12}/resubmit"), "send the changed files of a returned request"),
    ("POST", re.compile(r"/v1/requests/[0-9]{1,12}/files/[0-9]{1,4}/withdraw"), "take one file of it back"),
    ("GET", re.compile(r"/v1/policy"), "limits, so that the dialog can name them beforehand"),
)
_PASS_IN = ("Content-Type", "Content-Length", "Accept")
_PASS_BACK = ("Content-Type", "Content-Length")


@dataclass
class _Listener:
    runner: web.ServerRunner
    folder_inode: int


class Inward:
    """The listeners, kept in step with the routes."""

    def __init__(self, layout: Layout, desk: aiohttp.ClientSession) -> None:
        self._layout = layout
        self._desk = desk
        self._listeners: dict[Place, _Listener] = {}
        self._lock = asyncio.Lock()

    async def open(self, place: Place) -> None:
        """Listen for this workspace; idempotent, and again when its folder was made anew. A missing folder is
        logged: the workspace then works without requests, until the next call."""
        folder = self._layout.inward_folder(*place)
        async with self._lock:
            try:
                inode = _inode(folder)
                known = self._listeners.get(place)
                if known is not None and known.folder_inode == inode and _has_socket(folder):
                    return
                await self._close(place)
                listening = _listen(folder)
            except OSError as error:
                log.warning("no inward socket for %s/%s: %s", *place, error)
                return
            runner = web.ServerRunner(make_server(partial(self._answer, place, asyncio.Semaphore(_AT_ONCE))))
            await runner.setup()
            await web.SockSite(runner, listening).start()
            self._listeners[place] = _Listener(runner, inode)

    async def close(self, place: Place) -> None:
        async with self._lock:
            await self._close(place)

    async def close_all(self) -> None:
        for place in list(self._listeners):
            await self.close(place)

    async def _close(self, place: Place) -> None:
        known = self._listeners.pop(place, None)
        if known is not None:
            await known.runner.cleanup()

    async def _answer(self, place: Place, turns: asyncio.Semaphore, request: web.BaseRequest) -> web.StreamResponse:
        try:
            if turns.locked():
                return web.json_response({"error": "Too many requests at a time."}, status=429)
            async with turns:
                return await forward(request, self._passage(place, request))
        except Refused as refused:
            return web.json_response({"error": str(refused)}, status=refused.status)

    def _passage(self, place: Place, request: web.BaseRequest) -> Passage:
        if not any(request.method == method and path.fullmatch(request.raw_path) for method, path, _ in CALLS):
            raise NotFound("There is no such call here.")
        headers = CIMultiDict((name, request.headers[name]) for name in _PASS_IN if name in request.headers)
        headers[PERSON_HEADER], headers[PROJECT_HEADER] = place
        return Passage(
            client=self._desk,
            target="/inward" + request.raw_path,
            headers=headers,
            reply=lambda answer: CIMultiDict(
                (name, answer.headers[name]) for name in _PASS_BACK if name in answer.headers
            ),
            absent=DOWN,
            body_limit=LARGEST_BODY,
        )


def _inode(folder: Path) -> int:
    return folder.stat().st_ino


def _has_socket(folder: Path) -> bool:
    return (folder / NAME).is_socket()


def _listen(folder: Path) -> socket.socket:
    """A listening socket in the folder, by a descriptor: its path may be too long for a socket (107 bytes)."""
    directory = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path = f"/proc/self/fd/{directory}/{NAME}"
        Path(path).unlink(missing_ok=True)
        listening.bind(path)
        # Everybody, because the only one who sees this folder besides us is the workspace that it is for.
        Path(path).chmod(0o666)
        listening.listen(16)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    finally:
        os.close(directory)
    return listening

"""The control of the attacks on sessions: a door as web applications often have one, with the gate's own key.

Whatever opens with the key lets in: for any place, at any age, again and again, whatever it was sealed for. Of two
cookies with one name one is taken. A login needs a code only, and ends where the address says.
"""

import json
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from cryptography.fernet import Fernet, InvalidToken

from tests.workspaces.gate.conftest import World, free_port


class PlainDoor:
    """Listens at `url`, for the same person, Hub and key as the gate of `world`."""

    def __init__(self, world: World) -> None:
        self._hub = world.gate.hub
        self._fernet = Fernet((world.settings.layout.secrets("gate") / "session_key").read_bytes())
        self.takes_first = False  # of two cookies with one name
        self.url = f"http://127.0.0.1:{free_port()}"

    async def open(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/user/{person}/{project}/enter", self._enter)
        app.router.add_get("/home", self._home)
        app.router.add_get("/oauth/callback", self._callback)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(self.url.rpartition(":")[2])).start()
        return runner

    def ticket(self, token: str, seconds: int = 0) -> str:
        """Made so long ago."""
        sealed = self._fernet.encrypt_at_time(json.dumps({"token": token}).encode(), int(time.time()) - seconds)
        return sealed.decode()

    def _opens(self, sealed: str) -> bool:
        try:
            return "token" in json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken:
            return False

    async def _enter(self, request: web.Request) -> web.Response:
        if not self._opens(request.query["ticket"]):
            raise web.HTTPForbidden
        response = web.Response(status=302, headers={"Location": "lab"})
        response.set_cookie("enclave-workspace", request.query["ticket"])
        return response

    async def _home(self, request: web.Request) -> web.Response:
        pairs = [part.strip().split("=", 1) for part in request.headers.get("Cookie", "").split(";")]
        given = dict(reversed(pairs)) if self.takes_first else dict(pairs)
        return web.Response(status=200 if self._opens(given.get("enclave-session", "")) else 401)

    async def _callback(self, request: web.Request) -> web.Response:
        token = await self._hub.token_for(request.query["code"], "")
        response = web.Response(status=302, headers={"Location": request.query.get("target", "/home")})
        response.set_cookie("enclave-session", self.ticket(str(token)))
        return response


@pytest.fixture
async def door(world: World) -> AsyncIterator[PlainDoor]:
    made = PlainDoor(world)
    runner = await made.open()
    yield made
    await runner.cleanup()

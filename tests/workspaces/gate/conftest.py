"""A gate with everything around it: real sockets, real servers, one process.

The Hub and the desk are small servers that answer as the contract says (`test_real_hub.py` has the real Hub); the
workspace is whatever a test makes it, hostile or not.
"""

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from cryptography.fernet import Fernet
from yarl import URL

from enclave.names import person_name, project_slug
from enclave.settings import Settings
from workspaces.gate.gate import Gate
from workspaces.gate.sessions import Sealer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ALICE = (person_name("alice"), project_slug("tumour-ml"))
BASE = "/user/alice/tumour-ml/"
HTML = {"Accept": "text/html"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def serve(handler: Handler, path: Path) -> web.AppRunner:
    """An aiohttp server on a Unix socket; every path goes to one handler."""
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    await web.UnixSite(runner, str(path)).start()
    return runner


@dataclass
class World:
    """Everything that a test may look at or change."""

    root: Path
    settings: Settings
    gate: Gate
    browser: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=lambda: {"token-of-alice": "alice", "token-of-erin": "erin"})
    hub_calls: list[str] = field(default_factory=list)
    hub_status: int = 200
    hub_answer: Handler | None = None
    desk_calls: list[web.BaseRequest] = field(default_factory=list)
    desk_bodies: list[bytes] = field(default_factory=list)
    desk_answer: Handler | None = None
    info: dict[str, Any] | None = None
    reports: list[Any] = field(default_factory=list)
    runners: dict[str, web.AppRunner] = field(default_factory=dict)

    @property
    def pages(self) -> str:
        return self.settings.pages_url

    @property
    def work(self) -> str:
        return self.settings.workspaces_url

    def cookie(self, person: str = "alice") -> dict[str, str]:
        """What a browser in which this person is logged in sends to the pages' origin."""
        return {"Cookie": f"enclave-session={self.sealer.seal('session', token=f'token-of-{person}')}"}

    def inside(self, person: str = "alice", project: str = "tumour-ml", **more: str) -> dict[str, str]:
        """What the frame of this person's workspace sends."""
        sealed = self.sealer.seal("workspace", token=f"token-of-{person}", person=person, project=project)
        return {"Cookie": f"enclave-workspace={sealed}", **more}

    @property
    def sealer(self) -> Sealer:
        return Sealer((self.settings.layout.secrets("gate") / "session_key").read_bytes())

    def writing(self, **more: str) -> dict[str, str]:
        return {"Origin": self.pages, **more}

    def get(self, address: str, **headers: str) -> Any:
        return self.request("GET", address, headers)

    def request(self, method: str, address: str, headers: dict[str, str] | None = None, data: Any = None) -> Any:
        url = URL(address, encoded=True)
        return self.browser.request(method, url, headers=headers or {}, data=data, allow_redirects=False)

    async def hub(self, request: web.Request) -> web.StreamResponse:
        self.hub_calls.append(f"{request.method} {request.path}")
        if self.hub_status != 200:
            return web.Response(status=self.hub_status)
        if request.path == "/hub/api/user":
            name = self.tokens.get(request.headers.get("Authorization", "").removeprefix("token "))
            if name is None:
                return web.json_response({"status": 403}, status=403)
            scopes = ["access:services!service=gate"]
            return web.json_response({"kind": "user", "name": name, "scopes": scopes})
        if self.hub_answer is not None:
            return await self.hub_answer(request)
        return web.json_response({})

    async def desk(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/gate/activity":
            self.reports.append(await request.json())
            return web.Response(status=204)
        self.desk_calls.append(request)
        if self.desk_answer is not None:
            return await self.desk_answer(request)
        if request.path.startswith("/gate/workspaces/"):
            return web.json_response(self.info) if self.info else web.Response(status=404)
        self.desk_bodies.append(await request.read())
        return web.json_response({"path": request.raw_path, "headers": dict(request.headers)})

    async def workspace(self, handler: Handler, place: Any = ALICE, routed: bool = True) -> Path:
        """Let this handler be the workspace's server; `routed` tells the gate as the Hub does."""
        layout = self.settings.layout
        folder = layout.server_folder(*place)
        inward = layout.inward_folder(*place)
        inward.mkdir(parents=True, exist_ok=True)
        name = f"{place[0]}/{place[1]}"
        if name in self.runners:
            await self.runners[name].cleanup()
        self.runners[name] = await serve(handler, folder / "server.sock")
        if routed:
            await self.route(place)
        return folder

    async def route(self, place: Any = ALICE) -> None:
        body = {
            "routespec": f"/user/{place[0]}/{place[1]}/",
            "target": "http+unix://%2Fsomewhere:80",
            "data": {"user": place[0], "server_name": place[1]},
        }
        status, _ = await self.control("POST", "/routes", body)
        assert status == 204

    async def control(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        connector = aiohttp.UnixConnector(str(self.settings.layout.control_socket))
        async with (
            aiohttp.ClientSession(connector=connector) as client,
            client.request(method, "http://localhost" + path, json=body) as answer,
        ):
            return answer.status, await answer.json() if answer.status != 204 else None

    async def restart_gate(self) -> None:
        await self.gate.close()
        self.gate = Gate(self.settings, "127.0.0.1")
        await self.gate.start()


def make_settings(root: Path) -> Settings:
    """An instance in `root` on free ports of localhost, with its folders and the gate's secrets."""
    settings = Settings.from_env(
        {
            "ENCLAVE_ROOT": str(root),
            "ENCLAVE_URL": f"http://localhost:{free_port()}",
            "ENCLAVE_WORKSPACES_URL": f"http://localhost:{free_port()}",
        }
    )
    layout = settings.layout
    for folder in (layout.gate, layout.secrets("gate"), layout.workspace_sockets):
        folder.mkdir(parents=True)
    for path in (layout.control_socket, layout.hub_socket, layout.desk_socket("gate")):
        path.parent.mkdir(parents=True)
    (layout.secrets("gate") / "session_key").write_bytes(Fernet.generate_key())
    (layout.secrets("gate") / "hub_token").write_text("the-token-of-the-gate\n")
    return settings


@pytest.fixture
def root() -> Any:
    """A folder with a short name: the address of a Unix socket ends at 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="gate-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def world(root: Path) -> AsyncIterator[World]:
    async with open_world(root) as made:
        yield made


@asynccontextmanager
async def open_world(root: Path) -> AsyncIterator[World]:
    """A gate with its Hub and its desk; a test may hold one for longer than one function."""
    settings = make_settings(root)
    gate = Gate(settings, "127.0.0.1", header_seconds=1.0)
    browser = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)
    made = World(root, settings, gate, browser)
    made.info = {
        "allowed": True,
        "reason": "",
        "project": {
            "slug": "tumour-ml",
            "title": "Tumour margins",
            "purpose": "Find margins.",
            "ends": "2027-06-30T00:00:00+00:00",
            "datasets": [{"name": "wdbc", "version": "1", "title": "Biopsies"}],
        },
        "idle_stop_minutes": 60,
        "upgrade": "",
        "notice": None,
    }
    made.runners["hub"] = await serve(made.hub, settings.layout.hub_socket)
    made.runners["desk"] = await serve(made.desk, settings.layout.desk_socket("gate"))
    await gate.start()
    yield made
    await browser.close()
    await made.gate.close()
    for runner in made.runners.values():
        await runner.cleanup()


async def until(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)

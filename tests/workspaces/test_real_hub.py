"""JupyterHub itself, with our configuration: a login with all proofs, a workspace on the real engine, a restart."""

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web

from tests.workspaces.conftest import until
from tests.workspaces.provider import SECRET, Provider
from workspaces.socket_client import session_over

REPOSITORY = Path(__file__).parent.parent.parent
GATE_TOKEN = "g" * 64
PAGES = "http://localhost:8000"


async def serve(app: web.Application, path: Path) -> web.AppRunner:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(path)).start()
    return runner


class Control:
    """The gate's side of the control socket: keeps routes, says that workspaces are ready."""

    def __init__(self) -> None:
        self.routes: dict[str, dict] = {}

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/routes", self._list)
        app.router.add_post("/routes", self._add)
        app.router.add_delete("/routes", self._remove)
        app.router.add_get("/ready/{person}/{project}", self._yes)
        app.router.add_get("/user/{person}/{project}/api", self._yes)
        return app

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response(self.routes)

    async def _add(self, request: web.Request) -> web.Response:
        route = await request.json()
        self.routes[route["routespec"]] = route
        return web.Response(status=204)

    async def _remove(self, request: web.Request) -> web.Response:
        self.routes.pop((await request.json())["routespec"], None)
        return web.Response(status=204)

    async def _yes(self, _request: web.Request) -> web.Response:
        return web.json_response({})


@dataclass
class Hub:
    """A JupyterHub process, and a browser and the gate in front of it."""

    environment: dict[str, str]
    folder: Path
    socket: Path
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        jar = aiohttp.CookieJar()
        self.browser = aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(self.socket)), cookie_jar=jar)

    async def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        command = [sys.executable, "-m", "jupyterhub", "-f", str(REPOSITORY / "jupyterhub_config.py")]
        with (self.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=log, stderr=log)
        await until(lambda: self.socket.exists() or self.process.poll() is not None, 60)
        await until(lambda: "JupyterHub is now running" in self.log(), 60)

    async def stop(self) -> None:
        self.process.terminate()
        await until(lambda: self.process.poll() is not None, 30)
        (self.folder / "hub.log").unlink()

    def log(self) -> str:
        return (self.folder / "hub.log").read_text()

    async def get(self, path: str, **more) -> tuple[int, str, str]:
        """As the browser: status, where it is sent to, text."""
        async with self.browser.get("http://localhost:8000" + path, allow_redirects=False, **more) as answer:
            return answer.status, answer.headers.get("Location", ""), await answer.text()

    async def api(self, method: str, path: str, token: str = GATE_TOKEN) -> tuple[int, str]:
        """As a holder of a token, the gate's by default."""
        headers = {"Authorization": f"token {token}"}
        async with (
            session_over(self.socket, 60) as session,
            session.request(method, f"/hub/api{path}", headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    async def log_in(self, provider: Provider) -> tuple[int, str, str]:
        """Through the provider, whose pages are skipped: it sends the browser back at once."""
        _status, where, text = await self.get("/hub/oauth_login?next=/hub/api/oauth2/authorize")
        asked = parse_qs(urlsplit(where).query)
        assert asked["code_challenge_method"] == ["S256"], text
        provider.nonce = asked["nonce"][0]
        return await self.get("/hub/oauth_callback", params={"code": "c", "state": asked["state"][0]})


@pytest.fixture
async def control(settings):
    found = Control()
    runner = await serve(found.app(), settings.layout.control_socket)
    yield found
    await runner.cleanup()


@pytest.fixture
async def people(settings):
    """The desk's word on who logs in: name it, or refuse."""
    answer = {"status": 200, "body": {"name": "alice"}}

    async def respond(_request):
        return web.json_response(answer["body"], status=answer["status"])

    app = web.Application()
    app.router.add_post("/hub/people", respond)
    runner = await serve(app, settings.layout.desk_socket("hub"))
    yield answer
    await runner.cleanup()


@pytest.fixture
async def hub(settings, provider, control, people, guard):
    folder, secrets = settings.layout.hub, settings.layout.secrets("hub")
    folder.mkdir()
    secrets.mkdir(parents=True)
    for name, text in {"cookie_secret": "ab" * 32, "crypt_key": "cd" * 32, "gate_token": GATE_TOKEN,
                       "oidc_client_secret": SECRET}.items():  # fmt: skip
        (secrets / name).write_text(text)
        (secrets / name).chmod(0o400)
    ours = {
        "ENCLAVE_ROOT": str(settings.layout.root),
        "ENCLAVE_INSTANCE": settings.instance,
        "ENCLAVE_OIDC_ISSUER": provider.issuer,
        "PYTHONPATH": str(REPOSITORY),
    }
    found = Hub({"PATH": os.environ["PATH"], **ours}, folder, settings.layout.hub_socket)
    await found.start()
    yield found
    await found.browser.close()
    found.process.terminate()
    await until(lambda: found.process.poll() is not None, 30)


async def test_a_day_at_the_hub(hub, provider, control, people, guard, desk):
    # Nobody without a login; a login whose proofs fail, and one that the desk refuses, say why.
    assert (await hub.get("/hub/home"))[1].startswith("/hub/login")
    provider.claims = {"iss": "https://elsewhere.example"}
    status, _, text = await hub.log_in(provider)
    assert status == 403 and "ID token does not verify" in text
    provider.claims = {}
    people |= {"status": 403, "body": {"error": "The name alice already belongs to another person."}}
    status, _, text = await hub.log_in(provider)
    assert status == 403 and "already belongs to another person" in text
    people |= {"status": 200, "body": {"name": "alice"}}
    status, where, _ = await hub.log_in(provider)
    assert (status, where) == (302, "/hub/api/oauth2/authorize")

    # The gate starts a named workspace for her; an unnamed one, and one without a project's name, are refused.
    assert (await hub.api("POST", "/users/alice/server"))[0] == 400
    assert (await hub.api("POST", "/users/alice/servers/No%20Project"))[0] == 400
    status, text = await hub.api("POST", "/users/alice/servers/tumour-ml")
    assert status == 201, text + hub.log()
    running = guard.inspect()["Id"]
    route = control.routes["/user/alice/tumour-ml/"]
    assert route["data"]["user"] == "alice" and route["data"]["server_name"] == "tumour-ml"

    # She herself can do nothing of that at the Hub, and is nobody's admin.
    xsrf = {cookie.key: cookie.value for cookie in hub.browser.cookie_jar}.get("_xsrf", "")
    for asked in ("POST /users/alice/servers/other", "DELETE /users/alice/servers/tumour-ml",
                  "POST /users/alice/tokens", "GET /users", "POST /shares/alice/tumour-ml"):  # fmt: skip
        method, path = asked.split()
        url = f"http://localhost:8000/hub/api{path}?_xsrf={xsrf}"
        async with hub.browser.request(method, url, json={}) as answer:
            assert answer.status in (403, 404), (method, path, answer.status)
    assert (await hub.api("GET", "/user", "x" * 32))[0] == 403
    assert (await hub.get("/hub/admin"))[0] in (403, 404)

    # A refusal of the desk reaches the page in its own words.
    desk.answer = desk.answer | {"allowed": False, "code": "project-ended", "reason": "The project ended (100 %)."}
    status, text = await hub.api("POST", "/users/alice/servers/diabetes-care")
    assert status == 403 and "The project ended (100 %)." in text
    status, text = await hub.api("GET", "/users/alice/servers/diabetes-care/progress")
    assert "Spawn failed: The project ended (100 %)." in text

    # A Hub that is restarted finds the workspace where it was; a session goes on.
    await hub.stop()
    await hub.start()
    await until(lambda: "still running" in hub.log(), 30)
    assert guard.inspect()["Id"] == running
    assert (await hub.get("/hub/api/oauth2/authorize"))[0] != 302

    # What ends while the Hub runs is noticed by it, and stopping goes through.
    await guard.stop()
    await until(lambda: "/user/alice/tumour-ml/" not in control.routes, 30)

    # Logging out ends the provider's session too.
    status, where, _ = await hub.get("/hub/logout")
    assert status == 302 and where.startswith(f"{provider.issuer}/end?id_token_hint=")
    assert (await hub.get("/hub/home"))[1].startswith("/hub/login")


async def test_a_session_whose_provider_says_no_ends_before_a_start(hub, provider, people, guard, desk):
    assert (await hub.log_in(provider))[0] == 302
    people |= {"status": 403, "body": {"error": "You are blocked."}}
    status, text = await hub.api("POST", "/users/alice/servers/tumour-ml")
    assert status in (401, 403), text
    await asyncio.sleep(0.5)
    assert not guard.exists() and desk.asked == []

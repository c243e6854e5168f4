"""The gate and a real JupyterHub process: login, routes, starting, stopping, logging out, restarts."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.workspaces.gate.conftest import World, make_settings, serve
from workspaces.gate.gate import Gate

HERE = Path(__file__).parent
PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}


class Hub:
    """The process."""

    def __init__(self, settings):
        self.settings = settings
        self.process = None

    async def start(self, **more):
        root = self.settings.layout.root
        (root / "hub").mkdir(exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(HERE.parents[2]),
            "TEST_ROOT": str(root),
            "TEST_URL": self.settings.pages_url,
            **more,
        }
        self.log = (root / "hub.log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jupyterhub", "--config", str(HERE / "real_hub_config.py")),
            env=environment,
            cwd=root / "hub",
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    async def stop(self, number=signal.SIGTERM):
        if self.process.returncode is None:
            self.process.send_signal(number)
        await self.process.wait()
        self.log.close()


class Browser:
    """What a person's browser does: follows redirects, keeps cookies, says where a request comes from."""

    def __init__(self, world):
        self.world = world
        self.client = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def login(self, name):
        async with self.client.get(self.world.pages + "/home", headers=PAGE) as answer:
            assert answer.url.path == "/hub/login", (answer.url, await answer.text())
            form = (
                re.search(r'action="([^"]+)"', await answer.text())[1].replace("&#x3D;", "=").replace("&amp;", "&")
            )
            xsrf = re.search(r'name="_xsrf" value="([^"]+)"', await answer.text())[1]
        data = {"username": name, "password": "x", "_xsrf": xsrf}
        headers = {**PAGE, "Origin": self.world.pages}
        async with self.client.post(self.world.pages + form, data=data, headers=headers) as answer:
            return answer.status, answer.url.path, await answer.text()

    async def get(self, path, **headers):
        async with self.client.get(self.world.pages + path, headers=headers or PAGE) as answer:
            return answer.status, str(answer.url), await answer.text()

    async def post(self, path):
        headers = {"Origin": self.world.pages, "Accept": "application/json"}
        async with self.client.post(self.world.pages + path, headers=headers) as answer:
            return answer.status, await answer.json()

    async def status(self, project):
        headers = {"Accept": "application/json"}
        async with self.client.get(self.world.pages + f"/workspace/{project}/status", headers=headers) as answer:
            return await answer.json()

    async def stage(self, project, wanted, seconds=20.0):
        """Wait until the page would show this stage; returns the last status."""
        async with asyncio.timeout(seconds):
            while (now := await self.status(project))["stage"] != wanted:
                await asyncio.sleep(0.1)
        return now


async def answers(world):
    async with asyncio.timeout(40):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with world.browser.get(world.pages + "/hub/api/") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)


@pytest.fixture
async def enclave(root):
    """Gate, real Hub, and a desk that allows everything."""
    settings = make_settings(root)
    settings.layout.secrets("hub").mkdir()
    token = (settings.layout.secrets("gate") / "hub_token").read_text()
    (settings.layout.secrets("hub") / "gate_token").write_text(token)
    gate = Gate(settings, "127.0.0.1")
    world = World(root, settings, gate, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
    world.info = {"allowed": True, "reason": "", "project": {"slug": "tumour-ml", "title": "T", "datasets": []}}
    desk = await serve(world.desk, settings.layout.desk_socket("gate"))
    hub = Hub(settings)
    await gate.start()
    await hub.start()
    browser = Browser(world)
    try:
        await answers(world)
        yield world, hub, browser
    finally:
        for path in list(world.gate.routes.places()):
            with contextlib.suppress(Exception):
                await world.gate.hub.stop(path)
        await hub.stop()
        await browser.client.close()
        await world.browser.close()
        await world.gate.close()
        await desk.cleanup()
        sys.stdout.write((root / "hub.log").read_text()[-8000:])


async def test_the_whole_life_of_a_session_and_a_workspace(enclave):
    world, hub, browser = enclave

    # Logging in ends at the page that was asked for, in the person's name.
    status, path, text = await browser.login("alice")
    assert (status, path) == (200, "/home"), text
    assert world.desk_calls[-1].headers["X-Enclave-Person"] == "alice"

    # Starting goes through the Hub's API, with its words, and ends with a route.
    assert (await browser.status("tumour-ml"))["stage"] == "stopped"
    status, now = await browser.post("/workspace/tumour-ml/start")
    assert (status, now["stage"]) == (202, "starting")
    await browser.stage("tumour-ml", "running")
    steps = world.gate.starts.of(("alice", "tumour-ml")).steps
    assert "Creating the container" in steps
    assert "Starting JupyterLab" in steps
    assert ("alice", "tumour-ml") in world.gate.routes.places()

    # The page holds a frame with a ticket, the ticket a cookie, the cookie the workspace.
    _, _, text = await browser.get("/workspace/tumour-ml")
    source = re.search(r'<iframe[^>]* src="([^"]+)"', text)[1]
    assert source.startswith(world.work + "/user/alice/tumour-ml/enter?ticket=")
    framed = {"Sec-Fetch-Dest": "iframe", "Accept": "text/html"}
    async with browser.client.get(source, headers=framed) as answer:
        assert answer.status == 200
        assert answer.url.path == "/user/alice/tumour-ml/lab"
        assert "jupyter-config-data" in await answer.text()
    async with browser.client.get(world.work + "/user/alice/tumour-ml/api/status") as answer:
        assert (await answer.json())["cookies"] == {}

    # The Hub restarts: the session and the workspace stay, and its routes are the same afterwards.
    await hub.stop(signal.SIGKILL)
    async with browser.client.get(world.work + "/user/alice/tumour-ml/api") as answer:
        assert answer.status == 200
    status, _, text = await browser.get("/hub/token")
    assert status == 503
    await hub.start()
    await answers(world)
    assert (await browser.status("tumour-ml"))["stage"] == "running"
    assert ("alice", "tumour-ml") in world.gate.routes.places()

    # Logging out at the Hub ends the gate's session, everywhere and at once.
    status, url, _ = await browser.get("/hub/logout")
    assert status == 200, url
    async with browser.client.get(world.pages + "/workspace/tumour-ml/status") as answer:
        assert answer.status == 401
    async with browser.client.get(world.work + "/user/alice/tumour-ml/api") as answer:
        assert answer.status == 401


async def test_a_refused_start_tells_why_and_a_stop_ends_it(enclave):
    world, _, browser = enclave
    await browser.login("bob")
    await browser.post("/workspace/refused-one/start")
    now = await browser.stage("refused-one", "stopped")
    assert now["error"] == "The grant on wdbc has ended."
    await browser.post("/workspace/tumour-ml/start")
    await browser.stage("tumour-ml", "running")
    async with world.browser.get(world.work + "/user/bob/tumour-ml/api") as answer:
        assert answer.status == 401
    # Forgetting the routes is no loss: the Hub gives them again.
    world.gate.routes.remove("/user/bob/tumour-ml/")
    await world.restart_gate()
    await browser.stage("tumour-ml", "running")
    # Another person has a workspace of their own and no way into this one.
    other = Browser(world)
    await other.login("erin")
    assert (await other.status("tumour-ml"))["stage"] == "stopped"
    async with other.client.get(world.work + "/user/bob/tumour-ml/api") as answer:
        assert answer.status == 401
    await other.client.close()
    status, _ = await browser.post("/workspace/tumour-ml/stop")
    assert status == 202
    await browser.stage("tumour-ml", "stopped")
    assert world.gate.routes.places() == []


async def test_a_revoked_token_closes_the_channel_and_a_login_begun_elsewhere_is_refused(enclave):
    world, _, browser = enclave
    await browser.login("alice")
    async with browser.client.get(world.pages + "/oauth/callback?code=stolen&state=guessed") as answer:
        assert answer.status == 403
    cookies = {cookie.key: cookie.value for cookie in browser.client.cookie_jar}
    token = world.sealer.open("session", cookies["enclave-session"])["token"]
    async with browser.client.get(world.pages + "/home", headers=PAGE) as answer:
        assert answer.status == 200
    # Logging out in another tab revokes the token at the Hub.
    sessions = world.gate._site._login.sessions
    assert (await sessions.session(token)).person == "alice"
    await browser.get("/logout")
    assert await sessions.session(token) is None
    assert await world.gate.hub.token_for("invented", "x") is None
    assert await world.gate.hub.person_of("invented") is None
    assert await world.gate.hub.person_of("the-token-of-the-gate") is None

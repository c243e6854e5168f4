"""What the attacks from a page share: a real browser, a real gate, a workspace whose server is the attacker's, and
somebody outside who writes down every connection.

The gate runs on a loop of its own in a thread: Playwright has this one. A claim is about one line, and most of what
a page may not do is stopped by two or three of them. So a test opens the page with the other walls taken away
(`WALLS`), between the gate's answer and the browser: what is left stands alone. The control is the same
page as a plain proxy hands it on, in a frame like ours.
"""

import asyncio
import contextlib
import re
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from aiohttp import web
from playwright.sync_api import Browser, BrowserContext, Frame, Page

from enclave.names import project_slug
from tests.attacks.plain import PlainProxy
from tests.browser.people import browser
from tests.workspaces.gate.conftest import ALICE, BASE, World, open_world

__all__ = ["browser"]
OTHER = (ALICE[0], project_slug("diabetes-care"))
OTHER_BASE = "/user/alice/diabetes-care/"
Edit = Callable[[str, str], tuple[str, str]]  # of a page: its policy and its text
QUIET = 0.8  # seconds after which what has not been heard is not under way any more
SLOW = 10.0
HELPERS = """
const html = text => document.body.insertAdjacentHTML('beforeend', text);
const make = (tag, values) => document.body.append(Object.assign(document.createElement(tag), values));
const style = text => make('style', { textContent: text });
"""
_AROUND = "<!doctype html><title>around</title><iframe id=frame src=lab width=900 height=600></iframe>"
_PAGE = "<!doctype html><title>of the workspace</title><body><script>window.theirs = true</script>"


class Canary:
    """Somebody outside: another origin, at an address of another site and at one of our own."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[str] = []
        self.pages: dict[str, str] = {}
        self._socket = socket.create_server(("127.0.0.1", 0))
        port = self._socket.getsockname()[1]
        self.url, self.near = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(SLOW)
            head = b""
            while b"\r\n\r\n" not in head:
                if not (more := connection.recv(10_000)):
                    return
                head += more
            path = head.split(b" ")[1].decode()
            self.requests.append(path.strip("/"))
            body = self.pages.get(path, "").encode()
            kind = b"text/html" if body else b"text/plain"
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: " + kind)
            connection.sendall(b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def heard(self, expected: int = 0) -> set[str]:
        """The names in the addresses asked for since the last time; waits for that many, or for silence."""
        waits(lambda: len(set(self.requests)) >= expected) if expected else time.sleep(QUIET)
        found = set(self.requests)
        self.requests.clear()
        return found

    def close(self) -> None:
        self._socket.close()


def waits(condition: Callable[[], object], seconds: float = SLOW) -> bool:
    """Whether it holds in the end."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


# Each takes one wall away: from the page around the frame, or from the document in it.
WALLS: dict[str, Edit] = {
    "our script": lambda policy, text: (policy, re.sub(r'<script src="[^"]*/first\.js"></script>', "", text)),
    "sandbox": lambda policy, text: (re.sub(r"; sandbox [^;]*", "", policy), text),
    "around": lambda policy, text: (re.sub(r"frame-src [^;]*/[^;]*", "frame-src *", policy), text),
    "script-src": lambda policy, text: (
        re.sub(r"script-src ([^;]*/static/[^;]*)", r"script-src * \1", policy),
        text,
    ),
    "trusted types": lambda policy, text: (re.sub(r"; require-trusted-types-for [^;]*", "", policy), text),
    "policy": lambda policy, text: ("frame-src *" if "frame-src http" in policy else "", text),
    "frame": lambda policy, text: (policy, re.sub(r'\bsandbox="[^"]*"', "", text)),
}


class Answering(Protocol):
    """The gate's answers on one of its origins."""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse: ...


class Weakened:
    """The same answers, with walls taken away from the pages among them."""

    def __init__(self, inner: Answering) -> None:
        self._inner = inner
        self.edits: list[Edit] = []

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        response = await self._inner.answer(request)
        if isinstance(response, web.Response) and response.headers.get("Content-Type", "").startswith("text/html"):
            assert isinstance(response.body, bytes)
            policy, text = response.headers["Content-Security-Policy"], response.body.decode()
            for edit in self.edits:
                policy, text = edit(policy, text)
            response.headers["Content-Security-Policy"], response.body = policy, text.encode()
        return response


class Site:
    """A gate with two workspaces of alice, both with a hostile server, and a plain proxy to the first."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop, browser: Browser, canary: Canary) -> None:
        self.world, self._loop, self._browser, self.canary = world, loop, browser, canary
        self._contexts: list[BrowserContext] = []
        self.asked: list[str] = []
        self.posted: list[str] = []  # the cookies that came along
        self.plain = ""
        self._pages, self._works = Weakened(world.gate._pages), Weakened(world.gate._site)
        world.gate._pages, world.gate._site = self._pages, self._works  # type: ignore[assignment]

    async def server(self, request: web.Request) -> web.Response:
        """The attacker's own: a page for whatever looks like one, data for the rest."""
        self.asked.append(request.path)
        if request.method == "POST":
            self.posted.append(request.headers.get("Cookie", ""))
        if request.path.endswith("/around"):
            return web.Response(text=_AROUND, content_type="text/html")
        if "/api/" in request.path:
            return web.json_response({"rows": request.path})
        if request.path.endswith(".js"):
            return web.Response(text="self.theirs = true", content_type="text/javascript")
        return web.Response(text=_PAGE, content_type="text/html")

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def context(self) -> BrowserContext:
        """A browser in which alice is logged in; JupyterLab's own program is left out, for speed."""
        made = self._browser.new_context()
        name, _, value = self.world.cookie()["Cookie"].partition("=")
        made.add_cookies([{"name": name, "value": value, "url": self.world.pages, "httpOnly": True}])
        made.route(re.compile(r"/static/lab/main\."), lambda route: route.abort())
        self._contexts.append(made)
        return made

    def weaken(self, *without: str) -> None:
        """Take these of `WALLS` away from every page that comes from now on."""
        self._pages.edits = self._works.edits = [WALLS[name] for name in without]

    def open(self, *without: str) -> tuple[Page, Frame]:
        """Our page, and the workspace's in its frame; `without` some of `WALLS`."""
        self.weaken(*without)
        page = self.context().new_page()
        page.goto(f"{self.world.pages}/workspace/{ALICE[1]}")
        frame = _frame(page)
        assert waits(lambda: page.wait_for_timeout(20) or frame.url.endswith("/lab")), frame.url
        frame.wait_for_load_state()
        return page, frame

    def openly(self) -> tuple[Page, Frame]:
        """The same as a plain proxy hands it on."""
        page = self.context().new_page()
        page.goto(f"{self.plain}{BASE}around")
        return page, _frame(page)

    def attack(self, frame: Frame, vectors: Mapping[str, str], target: str = "") -> None:
        """Run each piece of script in the frame; `url` in it is an address outside that ends with its name."""
        for name, code in vectors.items():
            script = f"url => {{ {HELPERS} try {{ {code} }} catch (error) {{ console.log(String(error)) }} }}"
            frame.evaluate(script, f"{target or self.canary.url}/{name}")

    def left(self, frame: Frame, vectors: Mapping[str, str], expected: int = 0) -> set[str]:
        """Which of them were heard outside."""
        self.canary.requests.clear()
        self.attack(frame, vectors)
        return self.canary.heard(expected) & set(vectors)

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        self._contexts.clear()


def _frame(page: Page) -> Frame:
    found = page.wait_for_selector("#frame").content_frame()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def whole_site(browser: Browser) -> Iterator[Site]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="gate")
    thread.start()
    canary, plain = Canary(), PlainProxy()
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        opened = open_world(Path(folder))
        world = asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(30)
        site = Site(world, loop, browser, canary)
        served = site.run(world.workspace(site.server))
        site.run(world.workspace(site.server, OTHER))
        site.plain = site.run(plain.to(served / "server.sock"))
        yield site
        site.close()
        site.run(plain.close())
        site.run(opened.__aexit__(None, None, None))
    canary.close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def site(whole_site: Site) -> Iterator[Site]:
    whole_site.world.hub_calls.clear()
    yield whole_site
    whole_site.close()
    whole_site.canary.pages.clear()
    whole_site.canary.heard()

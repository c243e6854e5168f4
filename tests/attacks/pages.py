"""Hostile script in a workspace's frame, in a real browser: a page of the gate's with JupyterLab behind it.

The script is put there by the test, which is more than any notebook should manage: what is attacked are the walls
around a page in which script runs. Our own script that comes first in the page is left out, as in a browser without
its interfaces, and where two walls stop the same thing the test takes the other one away.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import Browser, Error, Frame, Page, Route

from tests.browser.framed import Framed
from tests.workspaces.gate.conftest import BASE

_WITHOUT_SANDBOX = """
url => {
  const frame = document.getElementById('frame');
  frame.removeAttribute('sandbox');
  frame.src = url;
}
"""
LOOK = 1500  # milliseconds that a beacon has to arrive


class Canary:
    """Somebody on this machine who writes down what is asked of them, and answers with an empty page. A connection
    that a browser opens beforehand and asks nothing on is not written down."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, suppress(OSError):
                    connection.settimeout(2)
                    asked = connection.recv(2000).decode(errors="replace").partition("\r\n")[0]
                    if asked:
                        self.heard.append(asked)
                    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nAccess-Control-Allow-Origin: *\r\n"
                    connection.sendall(f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())

    def close(self) -> None:
        self._socket.close()


def run(page: Page, frame: Frame, script: str, url: str) -> None:
    """Run script there; that the browser says no by throwing, or that the page goes away, is the test's to see."""
    with suppress(Error):
        frame.evaluate(script, url)
    page.wait_for_timeout(LOOK)


@contextmanager
def ordinary(browser: Browser, home: Canary) -> Iterator[Page]:
    """A page of nobody's, with no walls."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{home.url}/page")
    yield page
    context.close()


@contextmanager
def workspace(browser: Browser, framed: Framed, sandbox: bool = True) -> Iterator[tuple[Page, Frame]]:
    """Our page around a workspace, and the workspace's frame; without the frame's own sandbox if that is said."""
    context = framed.visit(browser)
    page = context.new_page()
    page.route("**/static/enclave/first.js", _nothing)
    page.goto(f"{framed.world.pages}/workspace/tumour-ml")
    frame = page.wait_for_selector("#frame", state="attached")
    inner = frame and frame.content_frame()
    assert inner is not None
    inner.wait_for_url("**/lab**")
    if not sandbox:
        page.evaluate(_WITHOUT_SANDBOX, f"{framed.world.work}{BASE}lab?again")
        inner.wait_for_url("**/lab?again")
    inner.wait_for_load_state("domcontentloaded")
    yield page, inner
    context.close()


def _nothing(route: Route) -> None:
    route.fulfill(content_type="text/javascript", body="")

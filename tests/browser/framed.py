"""A real JupyterLab behind a real gate, in a real browser, without an engine: what a page may do is decided by the
gate and the browser alone, so no container is needed to attack it.

The gate, with the Hub's and the desk's doubles, runs on an event loop of its own in a thread; JupyterLab is the one
of the virtual environment, listening on the workspace's socket.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from tests.processes import end
from tests.workspaces.gate.conftest import ALICE, BASE, World, open_world
from workspaces.gate import sockets

SLOW = 60_000  # milliseconds


class Framed:
    """The running whole. `files` is the workspace's project folder; `told` what the gate said of events."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop, files: Path) -> None:
        self.world, self._loop, self.files = world, loop, files
        self.told: list[tuple[str, dict[str, Any]]] = []
        world.gate._site._tell = self._take

    def _take(self, _place: object, event: str, **detail: object) -> None:
        self.told.append((event, dict(detail)))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def policy(self, **policy: object) -> None:
        """What the desk says of the project's policy from now on."""
        assert self.world.info is not None
        self.world.info["policy"] = policy
        time.sleep(1.1)  # the gate takes an answer of the desk for a second

    def visit(self, browser: Browser) -> BrowserContext:
        """A browser in which alice is logged in."""
        context = browser.new_context(viewport={"width": 1280, "height": 850})
        name, _, value = self.world.cookie()["Cookie"].partition("=")
        context.add_cookies([{"name": name, "value": value, "url": self.world.pages}])
        return context

    def open(self, page: Page, path: str = "lab") -> FrameLocator:
        """JupyterLab in our page's frame."""
        page.goto(f"{self.world.pages}/workspace/{ALICE[1]}")
        frame = page.frame_locator("#frame")
        expect(frame.locator("#jp-main-dock-panel")).to_be_visible(timeout=SLOW)
        if path != "lab":
            page.evaluate(
                "url => document.getElementById('frame').src = url", f"{self.world.work}{BASE}{path}?reset"
            )
            expect(frame.locator("#jupyterlab-splash")).to_have_count(0, timeout=SLOW)
            expect(frame.locator("#jp-main-dock-panel")).to_be_visible(timeout=SLOW)
        return frame


@contextmanager
def framed_lab() -> Iterator[Framed]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="gate")
    thread.start()
    try:
        with tempfile.TemporaryDirectory(prefix="gate-") as folder:
            root = Path(folder)
            opened = open_world(root)
            world = asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(30)
            framed = Framed(world, loop, root / "workspace" / "project")
            server = _start(world, root, framed)
            try:
                yield framed
            finally:
                end(server)
                framed.run(opened.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _start(world: World, root: Path, framed: Framed) -> "subprocess.Popen[bytes]":
    """JupyterLab on the workspace's socket, and the route to it."""
    layout = world.settings.layout
    folder = layout.server_folder(*ALICE)
    for needed in (folder, layout.inward_folder(*ALICE), framed.files):
        needed.mkdir(parents=True, exist_ok=True)
    config = root / "jupyter_server_config.py"
    ours = Path(__file__).parents[2] / "images" / "workspace" / "jupyter_server_config.py"
    config.write_text(
        ours.read_text()
        .replace("/run/enclave/server/server.sock", str(folder / sockets.NAME))
        .replace('"/workspace"', repr(str(root / "workspace")))
        .replace("/tmp/jupyter-notebook-secret", str(root / "secret"))
    )
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with (root / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                "--allow-root",
                f"--config={config}",
                f"--ServerApp.base_url={BASE}",
            ],
            env={**kept, "HOME": str(root), "JUPYTER_RUNTIME_DIR": str(root / "runtime")},
            cwd=framed.files,
            stdout=log,
            stderr=log,
        )
    for _ in range(600):
        assert server.poll() is None, (root / "lab.log").read_text()
        if sockets.answers(folder):
            break
        time.sleep(0.1)
    framed.run(world.route())
    return server


@pytest.fixture(scope="module")
def framed() -> Iterator[Framed]:
    with framed_lab() as made:
        yield made

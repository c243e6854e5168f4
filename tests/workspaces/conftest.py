"""A guard at work on the real engine, with a desk that answers what the test says.

The desk answers with the fixture `runtime` (tests/runtimes.py): a test or file marked `both_runtimes` runs once
under runc and once under runsc (gVisor).
"""

import asyncio
import contextlib
import os
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from enclave.layout import FIRST_PROJECT_GID, FIRST_WORKSPACE_UID, Layout
from enclave.names import DatasetName, DatasetVersion, ProjectSlug
from enclave.settings import Settings
from tests.workspaces.engine import GuardClient, docker, test_image
from tests.workspaces.logins import authenticator, login_desk, provider
from workspaces import disk, inputs
from workspaces.guard.__main__ import guarding
from workspaces.guard.keeper import Keeper

__all__ = ["authenticator", "login_desk", "provider"]


@pytest.fixture(scope="session")
def image() -> str:
    """The id of an image that starts in an instant: Python, and a program that listens on the socket."""
    return test_image()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 400 MB under the instance of this test, so that it can be filled; to be named before `settings`."""
    root = tmp_path / "e"
    root.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=755", "none", root], check=False)
    if done.returncode:
        # a capability of the host: without CAP_SYS_ADMIN nothing can be mounted, nor a disk filled harmlessly
        pytest.skip("this host lets nobody mount a small file system")
    yield root
    subprocess.run(["umount", root], check=True)


@pytest.fixture
def settings(tmp_path: Path, image: str) -> Iterator[Settings]:
    """An instance of its own for each test, below a root that only root can enter, cleared afterwards."""
    if os.geteuid() != 0:
        # a capability of whoever runs the tests; `make test` runs them as root
        pytest.skip("the guard makes folders for other users, which only root can do")
    instance = f"guardtest-{uuid.uuid4().hex[:8]}"
    root = tmp_path / "e"  # short: the path of a Unix socket ends at 107 bytes
    environment = {"ENCLAVE_INSTANCE": instance, "ENCLAVE_ROOT": str(root), "ENCLAVE_WORKSPACE_IMAGE": image}
    found = Settings.from_env(environment)
    for folder in ("datasets", "projects", "homes", "logs"):
        (root / folder).mkdir(parents=True, mode=0o755)
    for folder in ("guard", "desk-guard", "desk-hub", "control", "hub", "workspaces"):
        (root / "sockets" / folder).mkdir(parents=True, mode=0o755)
    yield found
    ours = docker("ps", "--all", "--quiet", "--filter", f"label=enclave={instance}").split()
    if ours:
        subprocess.run(["docker", "rm", "--force", *ours], check=True, capture_output=True)


class DeskDouble:
    """A desk in all that the guard sees of it; the test sets what it answers."""

    def __init__(self, layout: Layout, image: str, runtime: str = "runc") -> None:
        self.layout = layout
        self.answer: dict[str, Any] = {
            "allowed": True,
            "uid": FIRST_WORKSPACE_UID + 7,
            "gid": FIRST_PROJECT_GID + 3,
            "mounts": [],
            "limits": {"memory_bytes": 256 << 20, "cpus": 1.0, "pids": 64, "tmp_bytes": 8 << 20},
            "until": None,
            "image": image,
            "runtime": runtime,
        }
        self.stop: list[dict[str, str]] = []
        self.running: list[dict[str, Any]] = []
        self.disk_bytes = 20 << 30
        self.measures = disk.Measures()
        self.measured: dict[ProjectSlug, disk.Use] = {}
        self.free_bytes = 0
        self.silent_when_idle = False  # leaves a guard in which nothing runs without an answer
        self.asked: list[str] = []
        self.events: list[dict[str, Any]] = []
        self._runner: web.AppRunner | None = None

    def grant(self, name: str, version: str = "1") -> Path:
        """Register and grant a dataset with one file in it."""
        folder = self.layout.dataset(DatasetName(name), DatasetVersion(version))
        folder.mkdir(parents=True)
        (folder / "rows.csv").write_text("a,b\n1,2\n")
        mount = {"dataset": name, "version": version, "source": str(folder), "target": f"/data/{name}"}
        self.answer["mounts"].append(mount)
        return folder

    @property
    def last(self) -> dict[str, Any]:
        """The newest event, or one in which nothing happened."""
        return self.events[-1] if self.events else {"event": "", "code": ""}

    async def open(self) -> None:
        app = web.Application()
        app.router.add_get("/guard/workspaces/{person}/{project}", self._workspaces)
        app.router.add_post("/guard/standing", self._standing)
        app.router.add_post("/guard/events", self._events)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        path = self.layout.desk_socket("guard")
        path.unlink(missing_ok=True)
        await web.UnixSite(self._runner, str(path)).start()

    async def close(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        self._runner = None

    async def _workspaces(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        return web.json_response(self.answer)

    async def _standing(self, request: web.Request) -> web.Response:
        """What the test wants stopped, and by the desk's own rules what fills the disk."""
        said = await request.json()
        self.running, self.measured, self.free_bytes = said["running"], inputs.measured(said), said["free_bytes"]
        while self.silent_when_idle and not self.running:
            await asyncio.sleep(0.05)
        pairs = [inputs.key(one["person"], one["project"]) for one in self.running]
        self.measures.learn(pairs, self.measured)
        known = {pair: self.measures.of(pair) for pair in pairs}
        why = {pair: disk.stop_reason(use, self.disk_bytes) for pair, use in known.items() if use}
        full = [
            {"person": person, "project": project, "code": "disk-full", "reason": reason}
            for (person, project), reason in why.items()
            if reason
        ]
        return web.json_response({"stop": self.stop + full})

    async def _events(self, request: web.Request) -> web.Response:
        event = await request.json()
        if event["event"] == "nonsense":
            return web.json_response({"error": "This is no event."}, status=400)
        self.events.append(event)
        return web.Response(status=204)


@pytest.fixture
async def desk(settings: Settings, image: str, runtime: str) -> AsyncIterator[DeskDouble]:
    double = DeskDouble(settings.layout, image, runtime)
    await double.open()
    yield double
    await double.close()


@pytest.fixture
async def keeper(settings: Settings, desk: DeskDouble) -> AsyncIterator[Keeper]:
    """A running guard that looks every 0.3 s, and measures every second."""
    async with guarding(settings, seconds=0.3, measure=1.0) as found:
        yield found


@pytest.fixture
async def guard(settings: Settings, keeper: Keeper) -> AsyncIterator[GuardClient]:
    """The guard as the Hub reaches it."""
    client = GuardClient(settings)
    async with contextlib.aclosing(client):
        yield client


async def until(condition: Any, seconds: float = 45) -> Any:
    """Wait for something to become true; the value that made it so."""
    for _ in range(int(seconds / 0.05)):
        if value := condition():
            return value
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen in time")

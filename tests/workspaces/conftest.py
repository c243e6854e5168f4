"""A guard at work on the real engine, with a desk that answers what the test says.

The desk answers with the fixture `runtime` (tests/runtimes.py): a test or file marked `both_runtimes` runs once
under runc and once under runsc (gVisor).
"""

import asyncio
import contextlib
import hashlib
import json
import os
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from enclave.layout import DESK_UID, FIRST_PROJECT_GID, FIRST_WORKSPACE_UID, Layout
from enclave.names import DatasetName, DatasetVersion, Digest, ProjectSlug
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
        self.due: list[dict[str, Any]] = []  # runs of the checks, each told once
        self.goes_on = True
        self.lines: list[Any] = []
        self.ends: list[tuple[int, str]] = []
        self.refused = b""  # a line with this in it is refused
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

    def check(self, code: str, run: int = 1, **changes: Any) -> dict[str, Any]:
        """Have the checks' container do this: the code is its first file."""
        digest = hashlib.sha256(code.encode()).hexdigest()
        source = self.layout.object(Digest(digest))
        source.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        source.write_text(code)
        os.chown(source, DESK_UID, DESK_UID)
        source.chmod(0o440)
        limits = {"memory_bytes": 256 << 20, "cpus": 1.0, "pids": 64, "tmp_bytes": 8 << 20, "seconds": 60}
        file = {"number": 1, "name": "do.py", "sha256": digest, "source": str(source)}
        told = {"run": run, "files": [file], "earlier": [], "left_out": 0, "mounts": self.answer["mounts"]}
        told |= {"thresholds": {"min_count": 11}, "limits": limits}
        self.due.append(told | {key: self.answer[key] for key in ("image", "runtime")} | changes)
        return self.due[-1]

    @property
    def last(self) -> dict[str, Any]:
        """The newest event, or one in which nothing happened."""
        return self.events[-1] if self.events else {"event": "", "code": ""}

    async def open(self) -> None:
        app = web.Application()
        app.router.add_get("/guard/workspaces/{person}/{project}", self._workspaces)
        app.router.add_post("/guard/standing", self._standing)
        app.router.add_post("/guard/events", self._events)
        app.router.add_post("/guard/checks/due", self._due)
        app.router.add_get("/guard/checks/{run}", self._goes_on)
        app.router.add_post("/guard/checks/{run}/lines", self._line)
        app.router.add_post("/guard/checks/{run}/ended", self._ended)
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

    async def _due(self, _request: web.Request) -> web.Response:
        return web.json_response(self.due.pop(0) if self.due else {"run": None})

    async def _goes_on(self, _request: web.Request) -> web.Response:
        return web.json_response({"goes_on": self.goes_on})

    async def _line(self, request: web.Request) -> web.Response:
        said = await request.read()
        if self.refused and self.refused in said:
            return web.json_response({"error": "That is no line."}, status=400)
        self.lines.append(json.loads(said))
        return web.Response(status=204)

    async def _ended(self, request: web.Request) -> web.Response:
        self.ends.append((int(request.match_info["run"]), (await request.json())["why"]))
        return web.Response(status=204)

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

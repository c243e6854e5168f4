"""The engine as the tests see it: as root on the host, and as the Hub through the guard."""

import json
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from enclave.names import PersonName, ProjectSlug
from enclave.settings import Settings
from workspaces.socket_client import session_over
from workspaces.spec import container_name

ALICE, TUMOUR = PersonName("alice"), ProjectSlug("tumour-ml")

_DOCKERFILE = """\
FROM {base}
COPY start-workspace /usr/local/bin/start-workspace
COPY python /opt/enclave/bin/python
RUN chmod 755 /usr/local/bin/start-workspace /opt/enclave/bin/python
"""
# In the place of the checks' Python: does what the first file of the submission says.
_CHECK = """\
#!/usr/bin/python3
import json, os, pathlib, sys
def say(**value):
    print(json.dumps(value), flush=True)
(first,) = pathlib.Path("/submission/1").iterdir()
exec(first.read_text())
"""
# Says who it is, does what /home/do.py says, if there is one, and answers on the workspace's socket. What comes
# over /home/run.sock is run in a process of its own, as a notebook's code is: a child of the program that the
# engine started. (`docker exec` will not do: under gVisor our list of system calls does not bind such a process.)
_PROGRAM = """\
#!/usr/bin/env python3
import os, pathlib, socket, subprocess, sys, threading
print("a workspace at", os.environ["ENCLAVE_BASE_URL"], flush=True)
def run(connection):
    with connection, connection.makefile("rb") as asked:
        done = subprocess.run(
            [sys.executable, "-c", asked.read()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        connection.sendall(done.stdout)
def kernel():
    path = pathlib.Path("/home/run.sock")
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        while True:
            threading.Thread(target=run, args=(listener.accept()[0],), daemon=True).start()
threading.Thread(target=kernel, daemon=True).start()
order = pathlib.Path("/home/do.py")
if order.exists():
    exec(order.read_text())
path = "/run/enclave/server/server.sock"
pathlib.Path(path).unlink(missing_ok=True)
listener = socket.socket(socket.AF_UNIX)
os.umask(0o007)
listener.bind(path)
listener.listen()
while True:
    listener.accept()[0].close()
"""


def docker(*arguments: str, check: bool = True, timeout: float = 120) -> str:
    """Run the engine's client as root; its output."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=timeout, check=False)
    if check and done.returncode:
        raise AssertionError(f"docker {' '.join(arguments)}: {done.stderr}")
    return done.stdout + done.stderr


def _base() -> str:
    """An image with Python and tini: our base, or any workspace image of ours."""
    names = docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    for ending in ("/base:latest", "enclave-test-base:latest", "/workspace:latest"):
        if found := sorted(name for name in names if name.endswith(ending)):
            return found[0]
    raise AssertionError("no image of ours is built: run make images")


def test_image() -> str:
    """Build the tests' workspace image; its id."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Dockerfile").write_text(_DOCKERFILE.format(base=_base()))
        (Path(folder) / "start-workspace").write_text(_PROGRAM)
        (Path(folder) / "python").write_text(_CHECK)
        docker("build", "--quiet", "--network", "none", "--tag", "enclave-test/tiny:latest", folder, timeout=600)
    return docker("image", "inspect", "--format", "{{.Id}}", "enclave-test/tiny:latest").strip()


class GuardClient:
    """What the Hub can ask of the guard, and one container of the instance as root sees it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.session: aiohttp.ClientSession = session_over(settings.layout.guard_socket, 60)

    async def aclose(self) -> None:
        await self.session.close()

    async def start(self, person: str = ALICE, project: str = TUMOUR, **body: Any) -> list[dict[str, str]]:
        """Every line that the guard says."""
        async with self.session.post(f"/workspaces/{person}/{project}", **body) as response:
            assert response.status == 200, await response.text()
            return [json.loads(line) async for line in response.content]

    async def started(self, person: str = ALICE, project: str = TUMOUR) -> str:
        """Start it, which must work; the container's id."""
        last = (await self.start(person, project))[-1]
        assert "started" in last, last
        return last["started"]

    async def look(self, person: str = ALICE, project: str = TUMOUR) -> dict[str, Any]:
        async with self.session.get(f"/workspaces/{person}/{project}") as response:
            assert response.status == 200
            found: dict[str, Any] = await response.json()
            return found

    async def stop(self, person: str = ALICE, project: str = TUMOUR) -> None:
        async with self.session.delete(f"/workspaces/{person}/{project}") as response:
            assert response.status == 204

    def name(self, person: str = ALICE, project: str = TUMOUR) -> str:
        return container_name(self.settings.instance, PersonName(person), ProjectSlug(project))

    def inspect(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(docker("inspect", self.name()))[0]
        return found

    def exists(self, name: str | None = None) -> bool:
        return bool(docker("ps", "--all", "--quiet", "--filter", f"name=^{name or self.name()}$").strip())

    def inside(self, code: str, person: str = ALICE, project: str = TUMOUR) -> str:
        """Run Python in a workspace as notebook code runs; what it prints. Nothing, if the workspace ends of it."""
        home = self.settings.layout.home(PersonName(person), ProjectSlug(project))
        with _connected(home / "run.sock") as kernel:
            kernel.sendall(code.encode())
            kernel.shutdown(socket.SHUT_WR)
            with kernel.makefile("rb") as said:
                return said.read().decode().strip()


def _connected(path: Path) -> socket.socket:
    """A connection to a socket, of however long a path, as soon as somebody listens."""
    until = time.monotonic() + 15
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        while True:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(120)
            try:
                connection.connect(f"/proc/self/fd/{folder}/{path.name}")
                return connection
            except OSError as error:
                connection.close()
                if time.monotonic() > until:
                    raise AssertionError("the workspace's program does not answer") from error
            time.sleep(0.02)
    finally:
        os.close(folder)

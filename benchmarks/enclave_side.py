"""The instance that the benchmarks measure (ENCLAVE_ROOT), and one person's starts in it until they answer."""

import os
import time
from datetime import datetime
from functools import cached_property
from pathlib import Path

from enclave.layout import Layout
from enclave.names import person_name, project_slug
from tests.running import Stack
from tests.stack.people import Person, until

POLL_SECONDS = 0.02  # both sides are asked this often whether they answer
MOMENTS = ("asked", "created", "started", "listening", "said", "ready")
PARTS = {
    "gate, Hub, guard and desk, until the engine creates the container": ("asked", "created"),
    "engine: create, mounts, start": ("created", "started"),
    "JupyterLab: Python, imports, extensions, until it listens": ("started", "listening"),
    "its first answer to the spawner, the Hub, the gate's route and status": ("listening", "said"),
    "the first answer through the gate": ("said", "ready"),
}


class Instance(Stack):
    """A running instance of any name and ports: what `make up` wrote down tells where it is."""

    @cached_property
    def values(self) -> dict[str, str]:
        lines = (self.layout.root / "instance.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def url(self) -> str:
        return self.values["ENCLAVE_URL"]

    @property
    def workspaces_url(self) -> str:
        return self.values["ENCLAVE_WORKSPACES_URL"]


def instance() -> Instance:
    """The one in ENCLAVE_ROOT."""
    layout = Layout(Path(os.environ["ENCLAVE_ROOT"]))
    return Instance(os.environ["ENCLAVE_INSTANCE"], layout)


class Ours:
    """A person who is logged in through the identity provider's pages, and their workspace in one project."""

    name = "enclave"

    def __init__(self, instance: Instance, person: str, project: str) -> None:
        self._instance, self._project = instance, project
        self._person = Person(instance, person)
        folder = instance.layout.server_folder(person_name(person), project_slug(project))
        self._socket = folder / "server.sock"

    def open(self) -> None:
        """Log in."""
        self._person.log_in()

    def start(self) -> dict[str, float]:
        """The moments of one start, in seconds since the epoch; engine and file system have the same clock."""
        asked = time.time()
        answer = self._person.post(f"/workspace/{self._project}/start")
        assert answer.status_code == 202, answer.text
        until(self._running, pause=POLL_SECONDS)
        said = time.time()
        self._enter()
        until(lambda: self._person.inside(self._project, "api").status_code == 200, pause=POLL_SECONDS)
        ready = time.time()
        shown = self._instance.inspect(self._instance.workspace(self._person.name, self._project))
        state = shown["State"]
        assert isinstance(state, dict)
        listening = self._socket.lstat().st_mtime
        created, started = _moment(str(shown["Created"])), _moment(str(state["StartedAt"]))
        return dict(zip(MOMENTS, (asked, created, started, listening, said, ready), strict=True))

    def visit(self) -> None:
        """Ask for what JupyterLab's page asks for first."""
        for path in ("lab", "api/contents/project", "api/kernelspecs", "api/sessions", "lab/api/settings"):
            answer = self._person.inside(self._project, path)
            assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"

    def stop(self) -> None:
        self._person.stop(self._project)
        until(lambda: self._person.status(self._project)["stage"] == "stopped")

    def close(self) -> None:
        self._person.close()

    def _running(self) -> bool:
        now = self._person.status(self._project)
        assert now["stage"] in ("starting", "running") and not now["error"], now
        return bool(now["stage"] == "running")

    def _enter(self) -> None:
        """The frame's first load; its cookie is kept for as long as the session lasts."""
        if self._person.inside(self._project, "api").status_code != 200:
            self._person.enter(self._project)


def _moment(text: str) -> float:
    """The engine's time (nanoseconds, UTC) as seconds since the epoch."""
    whole, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float("0." + (rest or "0"))

"""A real enclave for the tests: `make up` with an instance, a folder and ports of its own.

Kept between runs with ENCLAVE_TEST_KEEP=1 (then a second run starts in seconds); otherwise destroyed at the end,
all but its images, which are the build cache of the next run.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from enclave.layout import Layout
from enclave.names import workspace_key

REPOSITORY = Path(__file__).parent.parent
INSTANCE = os.environ.get("ENCLAVE_TEST_INSTANCE", "enclave-test")
ROOT = Path(os.environ.get("ENCLAVE_TEST_ROOT", f"/var/tmp/{INSTANCE}"))
_FIRST_PORT = int(os.environ.get("ENCLAVE_TEST_PORT", "18000"))
PORTS = {
    "ENCLAVE_PORT": str(_FIRST_PORT),
    "ENCLAVE_WORKSPACES_PORT": str(_FIRST_PORT + 1),
    "ENCLAVE_IDP_PORT": str(_FIRST_PORT + 2),
}
GRACE_SECONDS = 6
RUNTIME = {"ENCLAVE_RUNTIME": "runc"}  # of the whole stack; runsc with --runtime=runsc, see tests/runtimes.py


@dataclass(frozen=True)
class Stack:
    """The running instance, and the ways that tests have into it: the operator's and the engine's."""

    instance: str
    layout: Layout

    @cached_property
    def accounts(self) -> dict[str, dict[str, object]]:
        people = json.loads((self.layout.demo / "accounts.json").read_text())["people"]
        return {person["name"]: person for person in people}

    @property
    def runtime(self) -> str:
        """What its workspaces run in."""
        return RUNTIME["ENCLAVE_RUNTIME"]

    @property
    def url(self) -> str:
        return f"http://localhost:{PORTS['ENCLAVE_PORT']}"

    @property
    def workspaces_url(self) -> str:
        return f"http://localhost:{PORTS['ENCLAVE_WORKSPACES_PORT']}"

    def make(self, target: str, timeout: float = 1800, **settings: str) -> str:
        return run_make(target, timeout, **settings)

    def operate(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`bin/enclave <noun> <verb> ...` as the operator of the host."""
        command = [str(REPOSITORY / "bin" / "enclave"), *arguments]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"enclave {' '.join(arguments)} -> {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def answer(self, *arguments: str) -> object:
        """What a verb prints with --json."""
        return json.loads(self.operate(*arguments, "--json").stdout)

    def workspace(self, person: str, project: str) -> str:
        """The name of a workspace's container."""
        return f"{self.instance}-workspace-{workspace_key(person, project)}"  # type: ignore[arg-type]

    def running(self, person: str, project: str) -> bool:
        found = docker("ps", "--quiet", "--filter", f"name=^{self.workspace(person, project)}$")
        return bool(found.stdout.strip())

    def inside(self, person: str, project: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a workspace as its own user, as notebook code could."""
        return docker("exec", self.workspace(person, project), *command, check=False)

    def inspect(self, container: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(docker("inspect", container).stdout)[0]
        return found


def docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """The engine's client, as root on the host."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=300, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"docker {' '.join(arguments)} -> {done.returncode}\n{done.stderr}")
    return done


def environment(**more: str) -> dict[str, str]:
    """This process's environment with the test instance's settings instead of any other instance's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENCLAVE_")}
    ours = {"ENCLAVE_INSTANCE": INSTANCE, "ENCLAVE_ROOT": str(ROOT), "ENCLAVE_RELEASE_GRACE": str(GRACE_SECONDS)}
    return kept | ours | PORTS | RUNTIME | more


def run_make(target: str, timeout: float = 1800, **more: str) -> str:
    command = ["make", target]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"make {target} -> {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}")
    return done.stdout


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The test enclave, up and seeded with the demo's people, projects and data."""
    if request.config.getoption("--runtime") == "runsc":
        RUNTIME["ENCLAVE_RUNTIME"] = "runsc"
    if os.environ.get("ENCLAVE_TEST_ASIS") != "1":  # a stack that a developer is working on
        run_make("up")
    yield Stack(INSTANCE, Layout(ROOT))
    if os.environ.get("ENCLAVE_TEST_KEEP") != "1":
        run_make("clear")

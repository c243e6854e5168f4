"""`make up` twice, `make down` and `make destroy`, on a small instance of the test's own, outside the demo.

Outside the demo there is no seeding to wait for, and `make destroy` wants the instance's name typed. Its images are
those of the test enclave under another tag, so nothing is built.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import REPOSITORY, Stack, docker, environment

pytestmark = pytest.mark.stack
NAME = "enclave-gone"
ROOT = Path("/var/tmp") / NAME
OURS = {"ENCLAVE_INSTANCE": NAME, "ENCLAVE_ROOT": str(ROOT), "ENCLAVE_PORT": "18100",
        "ENCLAVE_WORKSPACES_PORT": "18101", "ENCLAVE_IDP_PORT": "18102",
        "ENCLAVE_OIDC_ISSUER": "https://idp.example.org"}  # fmt: skip


def run(*command: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment() | OURS, input=typed, capture_output=True, text=True, timeout=600,
        check=False,
    )  # fmt: skip


def make(target: str, typed: str = "") -> str:
    done = run("make", target, typed=typed)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def operate(*words: str) -> str:
    done = run("bin/enclave", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def containers() -> dict[str, tuple[str, str]]:
    """Id and moment of start of each container of the instance, by name."""
    ids = docker("ps", "--all", "--quiet", "--filter", f"label=enclave={NAME}").stdout.split()
    shown = json.loads(docker("inspect", *ids).stdout) if ids else []
    return {one["Name"]: (one["Id"], one["State"]["StartedAt"]) for one in shown}


def left() -> dict[str, list[str]]:
    """Everything on this host that is called or labelled after the instance."""
    label = ("--filter", f"label=enclave={NAME}")
    looks = {
        "containers": ("ps", "--all", "--quiet", *label),
        "named containers": ("ps", "--all", "--quiet", "--filter", f"name=^{NAME}-"),
        "networks": ("network", "ls", "--quiet", *label),
        "named networks": ("network", "ls", "--quiet", "--filter", f"name=^{NAME}_"),
        "volumes": ("volume", "ls", "--quiet", *label),
        "images": ("image", "ls", "--quiet", f"{NAME}/*"),
    }
    found = {what: docker(*look).stdout.split() for what, look in looks.items()}
    found["files"] = [str(path) for path in Path("/var/tmp").glob(f"{NAME}*")]
    return found


@pytest.fixture(scope="module")
def up(stack: Stack) -> Iterator[None]:
    """The small instance, up; the test enclave's images are there already."""
    make("up")
    yield
    if ROOT.exists():
        make("destroy", typed=f"{NAME}\n")


def test_a_second_make_up_takes_seconds_and_changes_nothing(up: None) -> None:
    before, settings = containers(), (ROOT / "instance.env").read_bytes()
    assert len(before) == 4
    secrets = {path: path.read_bytes() for path in (ROOT / "secrets").rglob("*") if path.is_file()}
    began = time.monotonic()
    make("up")
    print(f"the second make up: {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began < 30
    assert containers() == before
    assert (ROOT / "instance.env").read_bytes() == settings
    assert {path: path.read_bytes() for path in secrets} == secrets


def test_make_down_and_up_keeps_all_data(up: None) -> None:
    operate("project", "create", "kept", "--title", "Kept", "--purpose", "To see that it stays", "--authorisation",
            "Test 1", "--start", "2026-01-01", "--end", "2098-12-31")  # fmt: skip
    folder = ROOT / "projects" / "kept"
    folder.mkdir(mode=0o700)
    (folder / "result.csv").write_text("1\n")
    shown, log = operate("project", "show", "kept", "--json"), operate("audit", "list", "--json")
    secrets = {path: path.read_bytes() for path in (ROOT / "secrets").rglob("*") if path.is_file()}
    make("down")
    assert containers() == {}
    an_older_version_made_the_network()
    make("up")
    assert operate("project", "show", "kept", "--json") == shown
    assert json.loads(operate("audit", "list", "--json"))[-len(json.loads(log)) :] == json.loads(log)
    operate("audit", "verify")
    assert (folder / "result.csv").read_text() == "1\n"
    assert {path: path.read_bytes() for path in secrets} == secrets


def an_older_version_made_the_network() -> None:
    """A network of compose's with other options than are wanted now, which compose alone refuses to change."""
    labels = {"enclave": NAME, "com.docker.compose.project": NAME, "com.docker.compose.network": "front"}
    options = [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
    docker("network", "create", *options, "--opt", "com.docker.network.bridge.enable_icc=false", f"{NAME}_front")


def test_another_name_typed_destroys_nothing(up: None) -> None:
    before = containers()
    done = run("make", "destroy", typed="enclave-test\n")
    assert done.returncode != 0 and "Nothing was removed" in done.stdout + done.stderr
    assert containers() == before and (ROOT / "projects" / "kept" / "result.csv").exists()


def test_make_destroy_leaves_nothing_of_it_and_all_of_the_others(stack: Stack, up: None) -> None:
    others = docker("ps", "--quiet", "--filter", f"label=enclave={stack.instance}").stdout
    assert all(found for what, found in left().items() if what != "volumes"), "the control: there is something"
    make("destroy", typed=f"{NAME}\n")
    assert {what: found for what, found in left().items() if found} == {}
    assert docker("ps", "--quiet", "--filter", f"label=enclave={stack.instance}").stdout == others
    assert "nothing to do" in make("destroy")

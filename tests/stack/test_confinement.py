"""A workspace that the Hub started, as the engine shows it and as it looks from inside: confined, no secret in it.

The guard's own tests (tests/workspaces) look at containers that the guard made for a test; this one was opened by a
person in the running stack.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import Stack, docker
from tests.stack.people import Kernel, People, Person
from workspaces.confinement import (
    COMPUTED,
    IGNORED,
    MASKED_AT_LEAST,
    PROFILE,
    READONLY_AT_LEAST,
    Line,
    is_nothing,
)

pytestmark = pytest.mark.stack
PROJECT = "diabetes-care"


@pytest.fixture(scope="module")
def shown(stack: Stack, erin: Person) -> dict[str, Any]:
    return stack.inspect(stack.workspace("erin", PROJECT))


def field(shown: dict[str, Any], line: Line) -> Any:
    part, _, name = line.field.partition(".")
    return shown[part].get(name)


def test_every_field_is_in_the_profile_or_on_the_list_with_a_reason(shown: dict[str, Any]) -> None:
    known = {line.field for line in (*PROFILE, *COMPUTED, *IGNORED)}
    fields = {f"{part}.{name}" for part in ("HostConfig", "Config") for name in shown[part]}
    assert len(fields) > 80 and fields <= known, fields - known


def test_the_profile_is_what_the_engine_received(shown: dict[str, Any]) -> None:
    differing = {}
    for line in PROFILE:
        found = field(shown, line)
        if line.field == "HostConfig.Ulimits":
            found = [{name: one[name] for name in ("Name", "Soft", "Hard")} for one in found]
        if line.field == "HostConfig.RestartPolicy":
            found = {"Name": found["Name"]}
        if found != line.value and not (is_nothing(found) and is_nothing(line.value)):
            differing[line.field] = found
    assert differing == {}
    own_list = {"HostConfig.MaskedPaths", "HostConfig.ReadonlyPaths", "HostConfig.ConsoleSize"}
    filled = {line.field: field(shown, line) for line in IGNORED if line.field not in own_list}
    assert {name: value for name, value in filled.items() if not is_nothing(value)} == {}
    assert set(shown["HostConfig"]["MaskedPaths"]) >= MASKED_AT_LEAST
    assert set(shown["HostConfig"]["ReadonlyPaths"]) >= READONLY_AT_LEAST


def test_an_ordinary_container_would_not_pass(stack: Stack) -> None:
    """The control: the same comparison finds a dozen differences in the desk's container."""
    desk = stack.inspect(f"{stack.instance}-desk")
    assert sum(field(desk, line) != line.value for line in PROFILE) > 10


def test_only_its_own_folders_are_mounted_and_only_what_is_granted(stack: Stack, shown: dict[str, Any]) -> None:
    layout = stack.layout
    mounts = {one["Destination"]: (one["Source"], one["RW"]) for one in shown["Mounts"]}
    key = layout.server_folder("erin", PROJECT).parent  # type: ignore[arg-type]
    assert mounts == {
        "/home": (str(layout.homes / PROJECT / "erin"), True),
        "/project": (str(layout.projects / PROJECT), True),
        "/run/enclave/server": (str(key / "server"), True),
        "/run/enclave/inward": (str(key / "inward"), False),
        "/data/claims": (str(layout.datasets / "claims" / "1"), False),
        "/data/diabetes": (str(layout.datasets / "diabetes" / "1"), False),
    }


def test_no_interface_but_lo(stack: Stack, erin: Person) -> None:
    image = f"{stack.instance}/workspace:latest"
    ordinary = docker("run", "--rm", "--entrypoint", "cat", image, "/proc/net/dev").stdout
    assert "eth0" in ordinary, "the control: an ordinary container has one"
    inside = stack.inside("erin", PROJECT, "cat", "/proc/net/dev").stdout
    assert [line.split(":")[0].strip() for line in inside.splitlines() if ":" in line] == ["lo"]


@pytest.fixture(scope="module")
def secrets(stack: Stack, people: People) -> dict[str, str]:
    """Every secret of the instance by where it is kept: keys, tokens, passwords, sessions."""
    found: dict[str, str] = {}
    for path in (stack.layout.root / "secrets").rglob("*"):
        if path.is_file():
            found |= {f"{path}:{n}": line for n, line in enumerate(_words(path)) if len(line) >= 12}
    assert len(found) >= 4, found.keys()
    found |= {f"password of {name}": str(one["password"]) for name, one in stack.accounts.items()}
    found |= {f"cookie {one.name}": str(one.value) for one in people("erin").session.cookies if one.value}
    return found


def _words(path: Path) -> list[str]:
    return path.read_text(errors="replace").split()


@pytest.fixture
def patterns(secrets: dict[str, str], tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "patterns"
    path.write_text("".join(f"{secret}\n" for secret in secrets.values()))
    path.chmod(0o600)
    yield path
    path.unlink()


def test_the_engine_shows_no_secret_in_it(shown: dict[str, Any], secrets: dict[str, str]) -> None:
    text = json.dumps(shown)
    assert not [where for where, secret in secrets.items() if secret in text]
    names = [one.partition("=")[0] for one in shown["Config"]["Env"]]
    assert not [one for one in names if "JUPYTERHUB" in one or "TOKEN" in one or "SECRET" in one]
    assert [one for one in shown["Config"]["Env"] if "ENCLAVE" in one] == [
        f"ENCLAVE_BASE_URL=/user/erin/{PROJECT}/"
    ]


def search(stack: Stack, patterns: Path, where: str, person: str = "erin") -> str:
    """Names of files below `where` in the workspace that hold one of the secrets; the patterns come by a pipe."""
    look = f"grep --recursive --fixed-strings --files-with-matches --no-messages --devices=skip --file=- {where}"
    with patterns.open() as given:
        done = subprocess.run(
            ["docker", "exec", "--interactive", stack.workspace(person, PROJECT), "sh", "-c", look],
            stdin=given, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    return done.stdout


def test_no_secret_is_in_any_environment_or_file_inside(stack: Stack, erin: Person, patterns: Path) -> None:
    kernel = Kernel(erin, PROJECT)  # a kernel's environment is one of those looked at
    try:
        planted = secrets_of(patterns)[0]
        assert stack.inside("erin", PROJECT, "sh", "-c", f"printf '%s' '{planted}' >/home/planted").returncode == 0
        assert search(stack, patterns, "/home").split() == ["/home/planted"], "the control: a planted one is found"
        stack.inside("erin", PROJECT, "rm", "/home/planted")
        everywhere = "/home /project /tmp /run /etc /usr/local /opt /srv /var /root /workspace /dev/shm"
        assert search(stack, patterns, everywhere) == ""
        assert search(stack, patterns, "/proc/[0-9]*/environ /proc/[0-9]*/cmdline") == ""
        assert "ENCLAVE_BASE_URL" in kernel.run("print(open('/proc/self/environ').read())")
    finally:
        kernel.close()


def secrets_of(patterns: Path) -> list[str]:
    return patterns.read_text().split()


def test_no_secret_is_in_the_image_or_its_history(stack: Stack, secrets: dict[str, str]) -> None:
    for name in ("workspace", "platform"):
        image = f"{stack.instance}/{name}:latest"
        told = docker("image", "inspect", image).stdout + docker("history", "--no-trunc", image).stdout
        assert not [where for where, secret in secrets.items() if secret in told]


@pytest.mark.parametrize("service", ["hub", "gate", "desk", "guard", "idp"])
def test_no_service_shows_a_secret_to_who_may_ask_the_engine(
    stack: Stack, secrets: dict[str, str], service: str
) -> None:
    text = json.dumps(stack.inspect(f"{stack.instance}-{service}"))
    text += docker("logs", f"{stack.instance}-{service}").stdout
    assert not [where for where, secret in secrets.items() if secret in text]

"""gVisor as a runtime of the engine: its program from Debian's packages, made known to the engine, and tried.

`ensure` installs and registers, `try_out` runs a container in it. Doing it twice changes nothing, and nothing that
the operator wrote into the engine's settings is lost.
"""

import json
import os
import re
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from deploy import debian, say, shell
from deploy.base import SUITE
from deploy.engine import ensure_packages

NAME = "runsc"
PROGRAM = Path("/usr/local/lib/enclave/runsc")
_DEBIANS = Path("/usr/bin/runsc")
_OLDEST = 20240729  # release 0.0~20240729; Debian 12 has one of 2022, which knows neither systrap nor --host-uds
SETTINGS = Path("/etc/docker/daemon.json")
_PID = Path("/run/docker.pid")
_LOG = Path("/var/log/enclave-apt.log")
_PATIENCE = 15.0


class Argument(NamedTuple):
    """One argument of the runtime, and why."""

    text: str
    why: str


ARGUMENTS: tuple[Argument, ...] = (
    Argument("--platform=systrap", "system calls are caught without virtualisation of the hardware"),
    Argument("--network=none", "its own network stack has no interface but lo, whatever the engine says"),
    Argument("--host-uds=all", "the two sockets of a workspace: it makes one, and opens the one of the gate"),
    Argument(
        "--directfs=false",
        "files are opened for it by another process; where it opens them itself, O_TRUNC empties a file on a"
        " read-only mount (release 20240729, permissions willing)",
    ),
    Argument("--oci-seccomp=true", "our list of system calls holds inside too; without this it is not read"),
    Argument("--overlay2=none", "the root is read-only, so nothing is laid over it"),
)
_ENTRY = {"path": str(PROGRAM), "runtimeArgs": [one.text for one in ARGUMENTS]}


def ensure() -> None:
    """Have the engine know the runtime; raise `Stop` when that cannot be."""
    _install()
    _register()


def _install() -> None:
    """Debian's own package where it is new enough, and the program out of Debian 13's package else."""
    if _release(PROGRAM) >= _OLDEST:
        return
    if _release(_DEBIANS) < _OLDEST and release_in(debian.candidate("runsc")) >= _OLDEST:
        ensure_packages({str(_DEBIANS): "runsc"})
    if _release(_DEBIANS) >= _OLDEST:
        PROGRAM.parent.mkdir(parents=True, exist_ok=True)
        PROGRAM.unlink(missing_ok=True)
        PROGRAM.symlink_to(_DEBIANS)  # so that Debian's updates arrive
        return
    with say.step(f"Fetching gVisor from the packages of Debian {SUITE}"):
        debian.unpack("runsc", SUITE, "usr/bin/runsc", PROGRAM, _LOG)
    if _release(PROGRAM) < _OLDEST:
        raise say.Stop(f"{PROGRAM} of Debian {SUITE} does not run here, or is older than {_OLDEST}.")


def _release(program: Path) -> int:
    """The date of the release as a number, such as 20240729; 0 if it does not run."""
    if not shell.answers([str(program), "--version"]):
        return 0
    return release_in(shell.quiet([str(program), "--version"]))


def release_in(text: str) -> int:
    """The date in a version such as `0.0~20240729.0-4`, or 0."""
    found = re.search(r"\b(20\d{6})\.\d", text)
    return int(found[1]) if found else 0


def _register() -> None:
    """Write the runtime into the engine's settings, have it read them, and wait until it knows the runtime."""
    known = _runtimes()
    before = SETTINGS.read_text() if SETTINGS.exists() else ""
    after = merged(before, known)
    if after == before and agrees(known.get(NAME)):
        return
    with say.step(f"Making gVisor known to the engine ({SETTINGS})"):
        _write(after)
        _reload()
        until = time.monotonic() + _PATIENCE
        while not agrees(_runtimes().get(NAME)):
            if time.monotonic() > until:
                raise say.Stop(
                    f"The engine did not take up the runtime {NAME} from {SETTINGS}. Does it read that file?"
                    " Restart it once (systemctl restart docker) and try again."
                )
            time.sleep(0.2)


def _runtimes() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(shell.quiet(["docker", "info", "--format", "{{json .Runtimes}}"]))
    return found


def agrees(entry: Any) -> bool:
    """Whether the engine's entry is ours as it should be; newer engines show more than they were given."""
    return isinstance(entry, dict) and {key: entry.get(key) for key in _ENTRY} == _ENTRY


def merged(text: str, known: Mapping[str, Any]) -> str:
    """The engine's settings with our runtime among them; unchanged if it is there.

    `known` are the runtimes that the engine has now. Raises `Stop` for a file that is no JSON object, for a runtime
    of our name that is not ours, and for runtimes given on the engine's command line: an engine that finds both
    refuses to start.
    """
    try:
        settings = json.loads(text) if text.strip() else {}
        runtimes = dict(settings.get("runtimes", {}))
    except (ValueError, AttributeError, TypeError) as error:
        raise say.Stop(
            f"{SETTINGS} cannot be read as the engine's settings ({error}). Put it right first."
        ) from None
    elsewhere = [name for name in known if name != "runc" and "." not in name and name not in runtimes]
    if elsewhere:
        raise say.Stop(
            f"The engine was started with the runtime {elsewhere[0]} on its command line. Move it into {SETTINGS}"
            " (runtimes), restart the engine, and try again: both at once it does not accept."
        )
    ours = runtimes.get(NAME, _ENTRY)
    if not isinstance(ours, dict) or ours.get("path") != str(PROGRAM):
        raise say.Stop(
            f"{SETTINGS} has a runtime {NAME} that is not the enclave's: {json.dumps(ours)}. Workspaces need other"
            f" arguments. Give that one another name there, restart the engine, and try again."
        )
    if ours == _ENTRY and NAME in runtimes:
        return text
    return json.dumps({**settings, "runtimes": {**runtimes, NAME: _ENTRY}}, indent=4) + "\n"


def _write(text: str) -> None:
    SETTINGS.parent.mkdir(parents=True, exist_ok=True)
    mode = SETTINGS.stat().st_mode & 0o777 if SETTINGS.exists() else 0o644
    fresh = SETTINGS.with_suffix(".enclave-new")
    fresh.write_text(text)
    fresh.chmod(mode)
    fresh.replace(SETTINGS)


def _reload() -> None:
    """Have the engine read its settings; running containers do not notice."""
    if Path("/run/systemd/system").is_dir():
        shell.quiet(["systemctl", "reload", "docker"])
        return
    try:
        number = int(_PID.read_text())
        name = Path(f"/proc/{number}/comm").read_text().strip()
    except (OSError, ValueError):
        name = ""
    if name != "dockerd":
        raise say.Stop(f"{_PID} does not name the engine, so it cannot be asked to read {SETTINGS}. Restart it.")
    os.kill(number, signal.SIGHUP)


def try_out(image: str) -> None:
    """Run a container of `image` in the runtime and see that its kernel is not the host's; raise `Stop` else."""
    with say.step("Trying a container in gVisor"):
        command = ["docker", "run", "--rm", "--runtime", NAME, "--network", "none", "--read-only"]
        try:
            found = shell.quiet([*command, "--entrypoint", "cat", image, "/proc/version"])
        except say.Stop as problem:
            raise say.Stop(
                f"gVisor does not run on this machine. {problem}\n\nWith ENCLAVE_RUNTIME=runc workspaces share the"
                " host's kernel instead."
            ) from None
        if found == Path("/proc/version").read_text():
            raise say.Stop(f"A container in the runtime {NAME} sees the host's kernel: that is not gVisor.")

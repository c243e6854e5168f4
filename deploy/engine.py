"""A container engine that answers: found, started, or installed from Debian."""

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from deploy import say, shell

_LOG = Path("/var/log/dockerd.log")
_PATIENCE = 60.0
# Where the engine and its own containerd write their numbers, and what a process of that number is called.
_PID_FILES = {Path("/run/docker.pid"): "dockerd", Path("/run/docker/containerd/containerd.pid"): "containerd"}


def ensure() -> None:
    """See to it that the engine and compose are there and answer; raise `Stop` when they cannot be had."""
    if not _answers():
        # Where the kernel has AppArmor, the engine starts no container without its parser.
        ensure_packages({"dockerd": "docker.io apparmor"})
        _start()
    if not shell.answers(["docker", "--version"]):
        ensure_packages({"docker": "docker-cli"})
    if not shell.answers(["docker", "compose", "version"]) and not shell.answers(["docker-compose", "version"]):
        ensure_packages({"docker-compose": "docker-compose"})


def compose() -> list[str]:
    """The command of compose: the plugin where there is one, Debian 12's program else."""
    return ["docker", "compose"] if shell.answers(["docker", "compose", "version"]) else ["docker-compose"]


def ensure_packages(wanted: Mapping[str, str]) -> None:
    """Install Debian packages for those programs (program -> packages) that are missing."""
    lacking = [packages.split() for program, packages in wanted.items() if not _installed(program)]
    missing = sorted({package for packages in lacking for package in packages})
    if not missing:
        return
    if not shell.answers(["apt-get", "--version"]):
        raise say.Stop(f"These packages are needed and apt-get is not here: {', '.join(missing)}. Install them.")
    with say.step(f"Installing Debian packages: {', '.join(missing)}"):
        log = Path("/var/log/enclave-apt.log")
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
        try:
            shell.logged(install, log)
        except say.Stop:
            shell.logged(["apt-get", "update"], log)
            shell.logged(install, log)


def _installed(program: str) -> bool:
    return shell.answers(["sh", "-c", 'command -v "$1"', "sh", program])


def _answers() -> bool:
    return shell.answers(["docker", "version", "--format", "{{.Server.Version}}"])


def _start() -> None:
    """Start the engine by the service manager, or by ourselves where there is none, and wait for its answer."""
    if not shell.answers(["docker", "--version"]):
        ensure_packages({"docker": "docker-cli"})
    if _waited(5.0):  # the package's own script may have started it
        return
    with say.step("Starting the container engine"):
        if Path("/run/systemd/system").is_dir():
            shell.quiet(["systemctl", "enable", "--now", "docker"])
        else:
            forget_stale(_PID_FILES)
            with _LOG.open("ab") as log:
                subprocess.Popen(
                    ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
                )
        if not _waited(_PATIENCE):
            raise say.Stop(f"The container engine did not answer within {_PATIENCE:.0f} s. See {_LOG}.")


def forget_stale(pid_files: Mapping[Path, str]) -> None:
    """Remove pid files that a killed engine left, where another program has the number now: the engine takes any
    living process of that number for itself and refuses to start."""
    for file, name in pid_files.items():
        try:
            taken = Path("/proc", file.read_text().strip(), "comm").read_text().strip()
        except OSError:
            continue  # no file, or nobody has that number: the engine sees to it
        if taken != name:
            file.unlink()


def _waited(seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if _answers():
            return True
        time.sleep(0.3)
    return False

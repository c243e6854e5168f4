"""Running other programs: quietly, with their words shown when they fail."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy import say

_SIGN_OF_LIFE = 10.0
_TAIL = 40


def quiet(command: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    """Run and return standard output; raise `Stop` with what the program said when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    except FileNotFoundError:
        raise say.Stop(f"The program {command[0]} is not installed. Install it and try again.") from None
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-3000:]
        raise say.Stop(f"`{' '.join(command)}` failed with exit code {done.returncode}:\n{said}")
    return done.stdout


def shown(command: Sequence[str]) -> None:
    """Run, and show each line of standard output when it comes; raise `Stop` when the program fails."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
        for line in process.stdout or ():
            say.line(f"    {line.rstrip()}")
    if process.returncode != 0:
        raise say.Stop(f"`{' '.join(command)}` failed with exit code {process.returncode}; it says why above.")


def answers(command: Sequence[str]) -> bool:
    """Whether the program exists and ends with exit code 0."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def logged(command: Sequence[str], log: Path, stdin: bytes | None = None) -> None:
    """Run with all output in the file `log`, its last line shown every ten seconds; raise `Stop` with its end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    began = shown = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env=_plain_builder()
        )
        if process.stdin is not None:
            try:
                process.stdin.write(stdin or b"")
                process.stdin.close()
            except BrokenPipeError:
                pass  # it failed before it read everything; its own words follow
        while process.poll() is None:
            time.sleep(0.2)
            if time.monotonic() - shown > _SIGN_OF_LIFE:
                shown = time.monotonic()
                say.line(f"    {shown - began:.0f} s: {_end(log, 1)[:100]}")
    if process.returncode != 0:
        raise say.Stop(f"`{' '.join(command)[:200]}` failed. The end of {log}:\n\n{_end(log, _TAIL)}")


def _plain_builder() -> Mapping[str, str]:
    """The classic builder: it needs no plugin, and Debian's engine has no other."""
    return {**os.environ, "DOCKER_BUILDKIT": "0", "DEBIAN_FRONTEND": "noninteractive"}


def _end(log: Path, lines: int) -> str:
    size = log.stat().st_size
    with log.open("rb") as file:
        file.seek(max(0, size - 20_000))
        text = file.read().decode(errors="replace")
    return "\n".join([line for line in text.replace("\r", "\n").split("\n") if line.strip()][-lines:])

"""One file's examination in a child of its own: empty environment, limits on time, memory and on what it may say.

A child that crashes, is ended, or answers nonsense has not checked what it did not say it had done.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from output_review.checks.findings import NotChecked, Report
from output_review.checks.registry import Context

MB = 1024**2
_ROOT = str(Path(__file__).resolve().parents[2])
# `-I` keeps the child from whatever lies in the folder it is started from; where the package is used from a
# checkout without being installed, its place is told. Appended: it hides nothing.
_START = "import sys; sys.path.append(sys.argv.pop(1)); from output_review.checks.child import main; main()"
# Each thread that a library starts takes address space of its own.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "LC_ALL": "C.UTF-8"}
_MOST_SAID = 32 * MB


@dataclass(frozen=True)
class Bounds:
    """For one file: `seconds` of the clock, `memory` as address space, `largest` file, in bytes. To prepare an
    index of the data takes longer."""

    seconds: float = 60
    memory: int = 6144 * MB
    largest: int = 256 * MB
    prepare_seconds: float = 900


BOUNDS = Bounds()
Told = Callable[[dict[str, Any]], None]


def _nobody(_event: dict[str, Any]) -> None:
    pass


def check_file(path: Path, context: Context, bounds: Bounds = BOUNDS, told: Told = _nobody) -> Report:
    """Examine one file, each event `told` as it comes; raise `OSError` if there is none to read."""
    began = time.monotonic()
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        if path.stat().st_size > bounds.largest:
            said: list[dict[str, Any]] = []
            why = f"it is larger than {bounds.largest // MB} MB"
        else:
            said, why = _run(task(context, path.name, bounds, prepare=False), file, bounds.seconds, told)
    return _report(path.name, sha256, said, why, time.monotonic() - began)


def prepare(context: Context, bounds: Bounds = BOUNDS) -> str:
    """Let every check make what it needs of the data; return why it could not, empty if it could."""
    if not context.data or context.scratch is None:
        return ""
    with Path(os.devnull).open("rb") as nothing:
        return _run(task(context, "", bounds, prepare=True), nothing, bounds.prepare_seconds)[1]


def task(context: Context, name: str, bounds: Bounds, prepare: bool) -> str:
    """What a child is told, as JSON."""
    folders = {name: str(folder.resolve()) for name, folder in context.data.items()}
    return json.dumps(
        {
            "name": name,
            "prepare": prepare,
            "seconds": bounds.prepare_seconds if prepare else bounds.seconds,
            "memory": bounds.memory,
            "thresholds": asdict(context.thresholds),
            "data": folders,
            "earlier": str(context.earlier.resolve()) if context.earlier else None,
            "scratch": str(context.scratch.resolve()) if context.scratch else None,
        }
    )


def _run(what: str, file: BinaryIO, seconds: float, told: Told = _nobody) -> tuple[list[dict[str, Any]], str]:
    """What a child said, and why that is not all (empty: it came to its end)."""
    command = [sys.executable, "-I", "-c", _START, _ROOT, what]
    child = subprocess.Popen(
        command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_ENVIRONMENT, cwd="/"
    )
    late = threading.Event()

    def end() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        with child:
            said, whole = _listen(child.stdout or (), told)
            child.kill()
    finally:
        timer.cancel()
    if whole:
        return said, ""
    return said, f"it took longer than {seconds:.0f} s" if late.is_set() else "it crashed, or took too much memory"


def _listen(lines: Iterable[bytes], told: Told) -> tuple[list[dict[str, Any]], bool]:
    """The events up to the one that says it is the last; what is no event ends it, and so does too much."""
    said: list[dict[str, Any]] = []
    size = 0
    for line in lines:
        size += len(line)
        event: Any = None
        with contextlib.suppress(ValueError):
            event = json.loads(line)
        if size > _MOST_SAID or not isinstance(event, dict):
            return said, False
        if "end" in event:
            return said, True
        said.append(event)
        told(event)
    return said, False


def _report(name: str, sha256: str, said: list[dict[str, Any]], why: str, seconds: float) -> Report:
    kind = next((one["kind"] for one in said if "kind" in one), "unknown")
    done = [one["done"] for one in said if "done" in one]
    gaps = [NotChecked(**one["gap"]) for one in said if "gap" in one]
    if why:
        begun = [one["begun"] for one in said if "begun" in one]
        gaps += [NotChecked(name, why) for name in begun if name not in done]
        gaps.append(NotChecked("file", f"not every check came to its turn: {why}"))
    findings = tuple(one["finding"] for one in said if "finding" in one)
    return Report(name, sha256, kind, findings, tuple(gaps), tuple(done), seconds)

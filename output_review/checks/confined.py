"""What runs in the container that the guard starts for the desk: every check over every file that is mounted there.

    python -I -m output_review.checks.confined '{"thresholds": {"min_count": 11, ...}, "left_out": 0}'

The files to examine are `/submission/<number>/<name>`, the granted datasets `/data/<name>/`, files that were
released before `/earlier/<name>`; `left_out` says how many more of these there are. It writes to `/tmp` only, which
is memory, and tells what it does and finds as one JSON value a line on standard output:

    {"doing": "reading the granted data"}
    {"file": 3, "at": 1, "of": 12, "check": "rows-of-data"}     the first of 12 files, number 3
    {"file": 3, "report": {...}}                                docs/checks/README.md
    {"end": true}
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from output_review.checks.bounded import check_file, prepare
from output_review.checks.findings import NotChecked
from output_review.checks.registry import Context
from output_review.policy import Thresholds

_PAUSE = 0.5  # seconds: who waits for a file of many quick checks need not read the name of each


def main(arguments: Sequence[str] = sys.argv[1:], root: Path = Path("/")) -> None:
    task = json.loads(arguments[0])
    with tempfile.TemporaryDirectory(prefix="checks-") as scratch:
        context = Context(
            Thresholds(**task["thresholds"]),
            {folder.name: folder for folder in _in(root / "data")},
            root / "earlier" if _in(root / "earlier") else None,
            Path(scratch),
        )
        if context.data:
            _say(doing="reading the granted data")
        gaps = tuple(NotChecked("file", why) for why in _whys(prepare(context), task["left_out"]))
        files = sorted(_in(root / "submission"), key=lambda folder: int(folder.name))
        for at, folder in enumerate(files, 1):
            _examine(int(folder.name), folder, context, gaps, {"at": at, "of": len(files)})
    _say(end=True)


def _examine(
    number: int, folder: Path, context: Context, gaps: tuple[NotChecked, ...], where: dict[str, int]
) -> None:
    said = time.monotonic()

    def told(event: dict[str, Any]) -> None:
        nonlocal said
        if "begun" in event and time.monotonic() - said > _PAUSE:
            said = time.monotonic()
            _say(file=number, check=event["begun"], **where)

    _say(file=number, check="", **where)
    (path,) = folder.iterdir()
    report = check_file(path, context, told=told)
    _say(file=number, report=replace(report, not_checked=(*report.not_checked, *gaps)).to_json())


def _whys(unprepared: str, left_out: int) -> Iterator[str]:
    """What holds for every file of the run."""
    if unprepared:
        yield f"the data could not be made ready: {unprepared}"
    if left_out:
        yield f"{left_out:,} files that were released before were not compared with"


def _in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _say(**value: Any) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()

"""What runs in the child: limits first, then one task, its events as JSON lines on standard output.

The file to examine is standard input; the child knows no path of it. `bounded` is the only caller. Unlike the
previews' child this one may start threads (DuckDB, Arrow and HiGHS do), and it reads the folders it is told of.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from output_review.checks.examination import examine
from output_review.checks.registry import Context, registered
from output_review.policy import Thresholds


def main() -> None:
    """`sys.argv[1]` is the JSON of `bounded.task`."""
    task: dict[str, Any] = json.loads(sys.argv[1])
    _limit(task)
    context = Context(
        thresholds=Thresholds(**task["thresholds"]),
        data={name: Path(folder) for name, folder in task["data"].items()},
        earlier=Path(task["earlier"]) if task["earlier"] else None,
        scratch=Path(task["scratch"]) if task["scratch"] else None,
        ends=time.monotonic() + task["seconds"],
    )
    # Libraries write to standard output as they please; the events go out by a descriptor of their own.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        for event in (
            _prepared(context) if task["prepare"] else examine(task["name"], sys.stdin.buffer.read(), context)
        ):
            out.write(json.dumps(event, allow_nan=False, default=str) + "\n")
            out.flush()


def _prepared(context: Context) -> Any:
    for check in registered():
        if all(context.offers(need) for need in check.needs):
            check.prepare(context)
    yield {"end": True}


def _limit(task: dict[str, Any]) -> None:
    """For good. A file is written only while something is prepared."""
    for what, most in (
        (resource.RLIMIT_AS, task["memory"]),
        (resource.RLIMIT_CPU, 2 * int(task["seconds"]) + 1),  # on two cores
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    if not task["prepare"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

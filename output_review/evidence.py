"""What the automatic checks said of a file, as those who decide read it. Pure.

A check is never a person and never a vote. `report` has the form of docs/checks/README.md: it comes from a process
that reads hostile bytes, was bounded when it came in, and is shown as text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class RunState(StrEnum):
    """Where the checks of a file stand. While another report is waited for, an earlier one may be there."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class FileChecks:
    """The checks of one file: `why` it waits again or was not checked, `progress` while it runs, the report if
    there is one, and what that was compared with: datasets (`name@version`) and a number of released files."""

    state: RunState = RunState.WAITING
    why: str = ""
    progress: str = ""
    report: Mapping[str, Any] | None = None
    data: tuple[str, ...] = ()
    earlier: int = 0
    ended: datetime | None = None

    @property
    def verdict(self) -> str:
        """`pass`, `review` or `block`; empty where nothing has been checked."""
        return str(self.report["verdict"]) if self.report else ""

    @property
    def findings(self) -> tuple[Mapping[str, Any], ...]:
        """What was found, rule by rule, what breaks one first; a finding's number is its place here, from 1."""
        found = self.report["findings"] if self.report else ()
        rules = list(dict.fromkeys(one["rule"] for one in found))
        return tuple(sorted(found, key=lambda one: (one["severity"] != "block", rules.index(one["rule"]))))

    @property
    def blocking(self) -> tuple[str, ...]:
        """The rules that are broken as they are written, each once: to approve against them needs a reason."""
        return tuple(dict.fromkeys(one["rule"] for one in self.findings if one["severity"] == "block"))

    @property
    def gaps(self) -> tuple[Mapping[str, str], ...]:
        """What no check can vouch for: a check's name, or `file`, and why."""
        return tuple(self.report["not_checked"]) if self.report else ()


def in_short(files: Mapping[str, int]) -> tuple[str, str]:
    """What the checks of a round's files come to, as `good`, `warn`, `bad` or empty, and in words; `files` says how
    many have each verdict or, while there is none, state. The gravest is said; nothing where nothing is checked."""
    total, under_way = sum(files.values()), files.get(RunState.WAITING, 0) + files.get(RunState.RUNNING, 0)
    for kind, count, words in (
        ("bad", files.get("block", 0), "breaks a rule"),
        ("", under_way, "being checked"),
        ("warn", files.get(RunState.NOT_CHECKED, 0), "not checked"),
        ("warn", files.get("review", 0), "look at it"),
    ):
        if count:
            return kind, words if total == 1 else f"{words}: {count} of {total}"
    return ("good", "nothing found") if files else ("", "")

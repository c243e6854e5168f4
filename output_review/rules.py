"""The rules of the automatic checks by name, without the checks: what each advises. Pure.

`rules.json` is written from the checks' registrations by docs/tables.py. A check reads hostile bytes beside
personal data, so that what it prints may be anything: what goes to an author or outside is taken from here instead.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from typing import Any

from output_review.evidence import FileChecks
from output_review.places import NUMBERS

_TEXT = (files("output_review") / "rules.json").read_text()
VERSION = sha256(_TEXT.encode()).hexdigest()
# Of each check its title, and of each of its rules what it advises.
CHECKS: Mapping[str, Mapping[str, Any]] = json.loads(_TEXT)
ADVICE: Mapping[str, str] = {name: text for check in CHECKS.values() for name, text in check["rules"].items()}


def advised(checks: FileChecks) -> FileChecks:
    """What an author is told of their own file: rule, severity, numbers of the place, and what to do about it."""
    if checks.report is None:
        return FileChecks(checks.state)
    found = [_advised(one) for one in checks.report["findings"] if one["rule"] in ADVICE]
    told = {"kind": checks.report["kind"], "verdict": checks.report["verdict"], "ran": [], "not_checked": []}
    return replace(checks, why="", progress="", report=told | {"findings": found})


def _advised(one: Mapping[str, Any]) -> dict[str, Any]:
    place = {word: where for word, where in one["place"].items() if word in NUMBERS}
    said = {name: one[name] for name in ("check", "rule", "severity")}
    unsaid = {"value": None, "threshold": None, "message": "", "formula": "", "source": ""}
    return said | unsaid | {"place": place, "advice": ADVICE[one["rule"]]}

"""A report of the checks, as it comes out of a container that has read hostile bytes: none of it is trusted. Pure.

What is kept has the form of docs/checks/README.md and no more: known fields, closed words, bounded lists, texts
that are cut and made visible. The verdict is worked out again from what was found. Anything else is refused whole.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from enclave.errors import BadInput
from output_review.checks.findings import SCHEMA, Severity, Verdict, worst
from output_review.checks.parts import Form
from output_review.examiner.visible import cut
from output_review.places import FARTHEST, LONGEST_MEMBER, NUMBERS

MOST_FINDINGS, MOST_GAPS, MOST_RAN = 1000, 1000, 200
LONGEST_NAME, LONGEST_TEXT = 80, 1000
_LARGEST = 1e300
_TEXTS = ("formula", "message", "source", "advice")
_UNKNOWN = "unknown"  # the kind of a file that could not be read


def read(value: Any, sha256: str, name: str) -> dict[str, Any]:
    """The report on the file with this digest, under the name that it has here; raise `BadInput`."""
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA:
        raise BadInput(f"A report of the checks, version {SCHEMA}, is expected.")
    if value.get("sha256") != sha256:
        raise BadInput("The report is about other bytes than the file's.")
    kind = value.get("kind")
    if kind not in {*Form, _UNKNOWN}:
        raise BadInput("The report names a kind of file that is none.")
    findings = _list(value, "findings", MOST_FINDINGS, _finding)
    gaps = _list(value, "not_checked", MOST_GAPS, _gap)
    ran = _list(value, "ran", MOST_RAN, lambda one: _word(one, "a check that ran"))
    verdicts = (*(Verdict(one["severity"]) for one in findings), *(Verdict.REVIEW for _ in gaps))
    return {
        "schema": SCHEMA,
        "file": name,
        "sha256": sha256,
        "kind": kind,
        "verdict": worst((*verdicts, *(Verdict.PASS for _ in ran))).value,
        "findings": findings,
        "not_checked": gaps,
        "ran": ran,
        "seconds": round(float(_number(value.get("seconds"), "seconds")), 3),
    }


def why_not(report: Mapping[str, Any]) -> str:
    """Why a file was not checked at all; empty if some check came to its end."""
    if report["ran"]:
        return ""
    about = [one["why"] for one in report["not_checked"] if one["check"] == "file"]
    return "; ".join(about) or "no check came to its end"


def _finding(one: Any) -> dict[str, Any]:
    if not isinstance(one, Mapping) or one.get("severity") not in set(Severity):
        raise BadInput("A finding with a severity is expected.")
    return {
        "check": _word(one.get("check"), "a check's name"),
        "rule": _word(one.get("rule"), "a rule's name"),
        "severity": str(one["severity"]),
        "place": _place(one.get("place")),
        "value": _measured(one.get("value")),
        "threshold": _measured(one.get("threshold")),
    } | {name: _text(one.get(name), name) for name in _TEXTS}


def _gap(one: Any) -> dict[str, str]:
    if not isinstance(one, Mapping):
        raise BadInput("What was not checked is an object: a check, and why.")
    return {"check": _word(one.get("check"), "a check's name"), "why": _text(one.get("why"), "why")}


def _place(value: Any) -> dict[str, int | str]:
    if not isinstance(value, Mapping) or len(value) > 10:
        raise BadInput("A finding's place is an object.")
    return {_word(word, "a place's word"): _where(str(word), where) for word, where in value.items()}


def _where(word: str, value: Any) -> int | str:
    if word in NUMBERS:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= FARTHEST:
            raise BadInput(f"A finding's {word} is a whole number from 1 to {FARTHEST:,}.")
        return value
    if not isinstance(value, int | str) or isinstance(value, bool) or len(str(value)) > LONGEST_MEMBER:
        raise BadInput("A place is named by a number or a text.")
    return value if isinstance(value, int) else cut(value, LONGEST_MEMBER)


def _measured(value: Any) -> float | int | str | None:
    if value is None or isinstance(value, str):
        return None if value is None else cut(value, LONGEST_TEXT)
    return _number(value, "what was measured")


def _number(value: Any, what: str) -> float | int:
    sound = isinstance(value, int | float) and not isinstance(value, bool)
    if not sound or not (abs(value) <= _LARGEST and math.isfinite(value)):
        raise BadInput(f"A number is expected for {what}.")
    return float(value) if isinstance(value, float) else int(value)


def _word(value: Any, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
        raise BadInput(f"A short plain text is expected for {what}.")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise BadInput(f"A text is expected for {what}.")
    return cut(value, LONGEST_TEXT)


def _list(value: Mapping[str, Any], name: str, most: int, parse: Callable[[Any], Any]) -> list[Any]:
    given = value.get(name)
    if not isinstance(given, list) or len(given) > most:
        raise BadInput(f"A list of at most {most} is expected for {name}.")
    return [parse(one) for one in given]

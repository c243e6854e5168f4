"""What of a check's report goes to the page: the fields that it shows, as text, and no more than a person reads.

A courtesy to the page and to the person's budget. What a workspace may show at all is counted at the gate.
"""

from __future__ import annotations

from typing import Any

FINDINGS = 40  # of one file; the worst come first
GAPS = 20
_LONGEST = 500  # characters of one text
_PLACES = 6  # words of one place
_VERDICTS = ("pass", "review", "block")
_TEXTS = ("check", "rule", "severity", "message", "advice", "formula", "source")


def bounded(report: Any) -> dict[str, Any]:
    """One line of `python -m output_review.checks --json`, for the page. Raises ValueError if it is none."""
    try:
        if report["verdict"] not in _VERDICTS:
            raise ValueError(report["verdict"])
        found = sorted(report["findings"], key=lambda one: one["severity"] != "block")
        gaps = report["not_checked"]
        return {
            "kind": _text(report["kind"]),
            "verdict": report["verdict"],
            "findings": [_finding(one) for one in found[:FINDINGS]],
            "more_findings": max(0, len(found) - FINDINGS),
            "not_checked": [{"check": _text(one["check"]), "why": _text(one["why"])} for one in gaps[:GAPS]],
            "more_not_checked": max(0, len(gaps) - GAPS),
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("this is no report of a check") from error


def _finding(one: Any) -> dict[str, Any]:
    place = list(one["place"].items())[:_PLACES]
    threshold = "" if one["threshold"] is None else _text(str(one["threshold"]))
    return {name: _text(one[name]) for name in _TEXTS} | {
        "threshold": threshold,
        "place": {_text(word): where if isinstance(where, int) else _text(where) for word, where in place},
    }


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text was expected")
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"

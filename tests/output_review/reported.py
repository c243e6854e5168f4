"""Reports of the checks for tests: the JSON that the engine prints, with what a test wants to be in it."""

from typing import Any

from enclave.clock import now
from enclave.web.rooms import Desk
from output_review.checked import put_report
from output_review.checks.findings import SCHEMA
from output_review.checks.parts import Form
from output_review.evidence import FileChecks
from output_review.vocabulary import Request
from tests.output_review.kit import sha256


def a_finding(severity: str = "block", place: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Somebody found a cell of 4 people."""
    return {
        "check": "minimum-count",
        "rule": "small-count",
        "severity": severity,
        "place": {"row": 1, "column": 2} if place is None else place,
        "value": 4,
        "threshold": 11,
        "formula": "n >= 11",
        "message": "Only 4 people.",
        "source": "SNDS",
        "advice": "Merge categories.",
    } | changes


def a_report(content: bytes, *findings: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What is printed for these bytes; `changes` replace whole fields."""
    return {
        "schema": SCHEMA,
        "file": "1",
        "sha256": sha256(content),
        "kind": Form.DELIMITED.value,
        "verdict": "block" if findings else "pass",
        "findings": list(findings),
        "not_checked": [],
        "ran": ["minimum-count"],
        "seconds": 0.5,
    } | changes


def reported(desk: Desk, request: Request, *findings: dict[str, Any], file: int = 1, **changes: Any) -> FileChecks:
    """The checks of a file of the request come to their end, now."""
    about = next(one for one in request.files if one.number == file)
    report = a_report(b"", *findings, **{"sha256": about.sha256} | changes)
    with desk.database.write() as connection:
        return put_report(connection, request.id, file, report, now())

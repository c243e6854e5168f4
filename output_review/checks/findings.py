"""The words of the automatic evidence, as closed vocabularies and frozen values. Pure.

The JSON of a `Report` is a stable interface, SCHEMA its version; docs/checks/README.md describes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from output_review.places import Place

SCHEMA = 1


class Severity(StrEnum):
    """How sure a finding is that the rule is broken."""

    REVIEW = "review"  # a person has to look: it may be harmless
    BLOCK = "block"  # the rule is broken as it is written; to release it needs a reason


class Verdict(StrEnum):
    """What the checks say of a whole file, in this order."""

    PASS = "pass"  # noqa: S105  every check that applies ran, and found nothing
    REVIEW = "review"
    BLOCK = "block"

    @property
    def rank(self) -> int:
        return list(Verdict).index(self)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them. None at all means that nobody looked: for a person, never a pass."""
    return max(verdicts, key=lambda one: one.rank, default=Verdict.REVIEW)


@dataclass(frozen=True)
class Rule:
    """One rule of disclosure control: when an output is unsafe, who says so, and what an author does about it."""

    name: str
    formula: str
    source: str
    advice: str
    severity: Severity = Severity.REVIEW

    def finding(
        self,
        place: Place,
        message: str,
        value: float | int | str | None = None,
        threshold: float | int | str | None = None,
        severity: Severity | None = None,
    ) -> "Finding":
        """This rule broken at a place."""
        return Finding(self, dict(place), message, value, threshold, severity or self.severity)


@dataclass(frozen=True)
class Finding:
    """A rule that is broken, or may be, at a place of a file. `value` and `threshold` are what was compared."""

    rule: Rule
    place: Mapping[str, int | str]
    message: str
    value: float | int | str | None
    threshold: float | int | str | None
    severity: Severity

    def to_json(self, check: str) -> dict[str, Any]:
        return {
            "check": check,
            "rule": self.rule.name,
            "severity": self.severity.value,
            "place": dict(self.place),
            "value": self.value,
            "threshold": self.threshold,
            "formula": self.rule.formula,
            "message": self.message,
            "source": self.rule.source,
            "advice": self.rule.advice,
        }


@dataclass(frozen=True)
class NotChecked:
    """What no check can vouch for, and why. `check` is a check's name, or `file` when it is about the file."""

    check: str
    why: str

    def to_json(self) -> dict[str, str]:
        return {"check": self.check, "why": self.why}


@dataclass(frozen=True)
class Report:
    """What is printed for one file: findings and gaps as JSON values, because they come out of another process."""

    file: str
    sha256: str
    kind: str
    findings: tuple[dict[str, Any], ...]
    not_checked: tuple[NotChecked, ...]
    ran: tuple[str, ...]
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """Pass only if something ran, everything that applies ran, and nothing was found."""
        found = (Verdict(one["severity"]) for one in self.findings)
        gaps = (Verdict.REVIEW for _ in self.not_checked)
        return worst((*found, *gaps, *(Verdict.PASS for _ in self.ran)))

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "file": self.file,
            "sha256": self.sha256,
            "kind": self.kind,
            "verdict": self.verdict.value,
            "findings": list(self.findings),
            "not_checked": [one.to_json() for one in self.not_checked],
            "ran": list(self.ran),
            "seconds": round(self.seconds, 3),
        }

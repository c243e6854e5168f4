"""Levels of a factor with few people behind them, from the standard errors that a printed regression shows.

For least squares with an intercept, the squared standard error of a level's coefficient is s² / S, with s the
residual standard error and S what is left of the level's column of zeros and ones after the other regressors. S is
at most the number of people of the level, and of those of the reference: either is seen from outside, as (s / SE)²,
or S is small because the level nearly follows from the others.
"""

import math
import re
from collections.abc import Iterator

from output_review.checks.findings import Finding, Rule
from output_review.checks.parts import Form, Part
from output_review.checks.registry import Check, Context

FEW = Rule(
    "few-behind-coefficient",
    "(s / SE)² < t for the coefficient of a level, least squares with the usual standard errors; s is printed, or"
    " s² = n/(n − p) · exp(−2·logL/n − 1)/2π",
    "constant + coefficient is the outcome of the only person of a level (ACRO 1.0.2 lets it pass)",
    "Merge the level with another, or leave out the people who have it.",
)
_NUMBER = r"([-+]?\d[\d,]{0,15}(?:\.\d{0,15})?(?:e[-+]?\d{1,3})?)"
_TOLD = {
    name: re.compile(pattern + r"[\s:=|]{1,40}" + _NUMBER, re.IGNORECASE)
    for name, pattern in (
        ("likelihood", r"log-likelihood"),
        ("people", r"no\. observations"),
        ("freedom", r"df residuals"),
        ("spread", r"residual standard error"),
    )
}
_LEAST_SQUARES = re.compile(r"least squares|residual standard error", re.IGNORECASE)
_OTHERWISE = re.compile(
    r"covariance type[\s:|]{1,40}(?!nonrobust)\S|robust standard errors|model[\s:|]{1,40}(?:wls|gls|glsar)\b",
    re.IGNORECASE,
)
# C(cell)[T.solo] of formulas in Python, factor(cell)solo of R; then the coefficient and its standard error.
_LEVEL = re.compile(
    r"^\s{0,20}([^\s|]{0,100}(?:\[[^\]]{1,60}\]|factor\([^()\s]{1,60}\)[^\s|]{1,60}))[\s|]{1,40}"
    + _NUMBER
    + r"[\s|]{1,40}"
    + _NUMBER,
    re.IGNORECASE,
)


class FewBehindCoefficient(Check):
    name = "few-behind-coefficient"
    title = "Few people behind a coefficient"
    reads = frozenset({Form.TEXT})
    cannot_see = (
        "models other than least squares; robust standard errors; columns of zeros and ones whose name does not say"
        " that they are levels: with the data, the check of regressors counts those"
    )
    rules = (FEW,)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        least, lines = context.thresholds.min_count, part.text.split("\n")
        for first, last in _summaries(lines):
            spread = _residual_error("\n".join(line[:500] for line in lines[first:last]))
            for number in range(first, last) if spread else ():
                found = _LEVEL.match(lines[number][:500])
                people = _at_most(spread, _value(found.group(3))) if found else 0.0
                if found and 0 < people < least - 0.5:  # what rounds to the threshold is as many
                    count = max(1, round(people))
                    few = f"{count} {'person' if count == 1 else 'people'}"
                    message = f"{found.group(1)} has the standard error of about {few}."
                    yield FEW.finding(part.at(row=number + 1), message, round(people, 2), least)

    def example(self) -> Part:
        text = (
            "Method: Least Squares   Log-Likelihood: -191030\nNo. Observations: 20000\nDf Residuals: 19997\n"
            "Intercept        1950.94     81.605\nC(cell)[T.solo]   775.32   3403.060\n"
        )
        return Part(Form.TEXT, "text", text=text)


def _summaries(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Where each printed model begins and ends: from its log-likelihood or formula to that of the next."""
    heads = [at for at, line in enumerate(lines) if re.search(r"dep\. variable|^\s{0,9}call:", line[:500], re.I)]
    yield from zip(heads or [0], [*heads[1:], len(lines)], strict=True)


def _residual_error(text: str) -> float:
    """s of a model printed as text; 0 where it is not least squares, or does not tell enough."""
    if not _LEAST_SQUARES.search(text) or _OTHERWISE.search(text):
        return 0.0
    told = {name: _value(found.group(1)) for name, pattern in _TOLD.items() if (found := pattern.search(text))}
    if "spread" in told:
        return told["spread"]
    people, freedom = told.get("people", 0.0), told.get("freedom", 0.0)
    if "likelihood" not in told or people < 1 or freedom < 1:
        return 0.0
    exponent = -2 * told["likelihood"] / people - 1
    return math.sqrt(people / freedom * math.exp(min(exponent, 600.0)) / (2 * math.pi))


def _at_most(spread: float, error: float) -> float:
    """(s / SE)², people; 0 for a coefficient without an error."""
    ratio = spread / error if error > 0 else 0.0
    return ratio * ratio  # a power would raise where this is infinite


def _value(written: str) -> float:
    return float(written.replace(",", ""))


CHECK = FewBehindCoefficient()

"""Models with almost as many parameters as people: residual degrees of freedom, from tables and from text."""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.grids import Grid, grid_of
from output_review.checks.measures import Meaning, meaning_of, words_of
from output_review.checks.parts import Form, Origin, Part, table
from output_review.checks.registry import Check, Context

FEW = Rule(
    "residual-freedom",
    "n_obs − parameters < residual_dof of the strictest dataset",
    "ACRO and SACRO-ML: at least 10; HandbookSDC §7: a saturated model is a table of its data",
    "Fit fewer parameters, or more people.",
    Severity.BLOCK,
)
UNTOLD = Rule(
    "freedom-untold",
    "a table of coefficients that gives neither observations nor residual degrees of freedom",
    "OpenSAFELY output checking: no underlying counts; ACRO needs the degrees of freedom",
    "Add the number of observations and the residual degrees of freedom to the table.",
)
_NUMBER = r"[\s:=|]{1,60}(\d[\d,]{0,12}(?:\.\d+)?)"
# As statsmodels, R, Stata and people write them; one number each, no repetition inside a repetition.
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "freedom": re.compile(
        r"(?:df[_ ]?resid(?:uals?)?|residual (?:df|dof|degrees of freedom)|residual d\.f\.|\bdof)" + _NUMBER,
        re.IGNORECASE,
    ),
    "on": re.compile(r"\bon\s{1,4}(\d{1,9})\s{1,4}(?:degrees of freedom|DF\b)", re.IGNORECASE),
    "test": re.compile(r"\b[Ft]\(\s?(?:\d{1,9}\s?,\s{0,8})?(\d{1,9})\s?\)"),  # F(2, 6): the second is residual
    "observations": re.compile(
        r"(?:no\. observations|number of obs(?:ervations)?|n[_ ]?obs|observations|n_samples)" + _NUMBER,
        re.IGNORECASE,
    ),
    "model": re.compile(r"df[_ ]?model" + _NUMBER, re.IGNORECASE),
}
_COEFFICIENT = {"coef", "coefs", "coefficient", "coefficients", "estimate", "beta", "coeff", "b", "or", "hr", "irr"}
_BESIDE = {"std", "se", "stderr", "t", "z", "p", "pvalue", "pval", "statistic", "conf", "ci", "lower"}


class Freedom(Check):
    name = "residual-freedom"
    title = "Residual degrees of freedom"
    reads = frozenset({Form.TABLE, Form.TEXT})
    cannot_see = "regressors that are 1 for a single person; models whose size is not written beside them"
    rules = (FEW, UNTOLD)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        least = context.thresholds.residual_dof
        if part.form is Form.TEXT:
            yield from _of_text(part, least)
        elif part.origin in (Origin.SHEET, Origin.BLOCK, Origin.CACHE):
            yield from _of_table(part, grid_of(part), least)

    def example(self) -> Part:
        return table(("statistic", "value"), [("No. Observations", 12), ("Df Residuals", 3), ("Df Model", 8)])


def _of_text(part: Part, least: int) -> Iterator[Finding]:
    """Line by line: freedoms as such, and observations less parameters where only those are told."""
    told: dict[str, float] = {}
    for number, line in enumerate(part.text.split("\n"), start=1):
        for name, pattern in _PATTERNS.items():
            for match in pattern.finditer(line[:2000]):
                value = float(match.group(1).replace(",", ""))
                told[name] = value
                if name in ("freedom", "on", "test") and value < least:
                    yield FEW.finding(part.at(row=number), f"{value:g} residual degrees of freedom.", value, least)
    if {"observations", "model"} <= told.keys() and not {"freedom", "on"} & told.keys():
        value = told["observations"] - told["model"] - 1
        if value < least:
            yield FEW.finding(part.place, f"{value:g} residual degrees of freedom.", value, least)


def _of_table(part: Part, grid: Grid, least: int) -> Iterator[Finding]:
    told = False
    for row in range(len(grid.cells)):
        for column in grid.values:
            value = grid.numbers[row, column]
            if not np.isfinite(value):
                continue
            meaning = grid.meaning(row, column)
            told = told or meaning in (Meaning.FREEDOM, Meaning.COUNT)
            if meaning is Meaning.FREEDOM and 0 <= value < least:
                message = f"{grid.name(row, column)} is {value:g}."
                yield FEW.finding(grid.place(row, column), message, float(value), least)
    if not told and _coefficients(grid):
        yield UNTOLD.finding(part.place, "Coefficients without the number of observations behind them.")


def _coefficients(grid: Grid) -> bool:
    names = [set(words_of(name)) for name in grid.columns]
    return (
        any(words & _COEFFICIENT for words in names)
        and any(words & _BESIDE for words in names)
        and not any(meaning_of(name) is Meaning.FREEDOM for name in grid.columns)
    )


CHECK = Freedom()

"""Coefficients of few people: a dummy that is 1 for a handful gives their outcome, whatever else the model
holds.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.microdata import held
from output_review.checks.microdata.canonical import read
from output_review.checks.microdata.fields import Field
from output_review.checks.microdata.index import Column, Table
from output_review.checks.microdata.joint import Pick, join
from output_review.checks.parts import Form, Origin, Part, Skipped, table
from output_review.checks.registry import Check, Context, Need

_MOST_TERMS, _LONGEST, _MOST_LEVELS = 2000, 2_000_000, 10_000
# As patsy and formulaic name a level, "C(dept)[T.48]", "sex[M]"; and a line of a summary that begins with a term.
_LEVEL = re.compile(
    r"(?:C\(\s*)?([^\W\d][\w. ]{0,80}?)(?:,[^()\[\]]{0,80}(?:\([^()]{0,80}\))?)?\)?\[(?:T\.)?([^\[\]]{1,80})\]"
)
_LINE = re.compile(
    r"^\s{0,20}(\S[^|\t\n]{0,160}?)(?:\s{2,}|[|\t,]\s*|\s+(?=[-+]?\d))[-+]?\d+\.?\d*(?:e[-+]?\d+)?\b", re.M | re.I
)
_CONSTANT = {"intercept", "const", "(intercept)"}
SINGLE = Rule(
    "singleton-regressor",
    "Σ d < t for a dummy d (a level, or a combination of levels) of the model",
    "constant + coefficient is the outcome of the only person with d = 1 (ACRO 1.0.2 lets it pass); Handbook on"
    " SDC: coefficients are safe if no regressor tells few units from the rest",
    "Join rare levels before fitting, or leave them out of the model.",
    Severity.BLOCK,
)
SATURATED = Rule(
    "saturated-model",
    "as many coefficients as groups that the regressors make: the model is a table of their means",
    "Handbook on SDC; SACRO: a saturated model is judged as the table that it is",
    "Judge it as a table of means: groups of enough people, or a model with fewer interactions.",
)


@dataclass(frozen=True)
class Term:
    """A coefficient's regressors: a column of the data and the level that the dummy stands for."""

    name: str
    levels: tuple[tuple[Column, str], ...]


class Regressors(Check):
    name = "regressors"
    title = "Coefficients of few people"
    reads = frozenset({Form.TEXT, Form.TABLE})
    needs = frozenset({Need.MICRODATA})
    cannot_see = (
        "levels that were renamed or recoded before the model was fitted; people left out of the fit; terms that"
        " are neither a level in brackets nor a column's name with a level behind it"
    )
    rules = (SINGLE, SATURATED)

    def prepare(self, context: Context) -> None:
        held.prepare(context)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        granted = held.tables(context)
        names = _names(part)
        for one in granted:
            terms = [term for name in names if (term := _term(name, one)) is not None]
            if terms:
                yield from _rare(part, terms, one, context)
                yield from _saturated(part, names, terms, one, context)
                return

    def example(self) -> Part:
        return table(("term", "coefficient"), [("Intercept", 12.1), ("region[T.North]", 4.0)])


def _names(part: Part) -> list[str]:
    """What may be names of coefficients: words that numbers follow, or labels of a table's rows."""
    if part.form is Form.TABLE:
        if part.sheet is None or part.origin is not Origin.SHEET or part.sheet.count() > _MOST_TERMS:
            return []
        return [str(row[0]) for row in part.sheet.rows(0, part.sheet.count()) if row and isinstance(row[0], str)]
    if len(part.text) > _LONGEST:
        raise Skipped("the text is too long to be searched for coefficients")
    return [found[1].strip() for found in _LINE.finditer(part.text)][:_MOST_TERMS]


def _term(name: str, of: Table) -> Term | None:
    """A coefficient's name as levels of the data's columns; None if any part of it is none."""
    levels = []
    for piece in re.split(r"(?<!:):(?!:)", name):
        found = _LEVEL.fullmatch(piece.strip())
        level = _column(of, found[1], found[2]) if found else _dummy(piece.strip(), of)
        if level is None:
            return None
        levels.append(level)
    return Term(name, tuple(levels))


def _column(of: Table, name: str, level: str) -> tuple[Column, str] | None:
    column = next((one for one in of.columns if one.name.lower() == name.strip().lower()), None)
    return (column, level) if column is not None and column.distinct <= _MOST_LEVELS else None


def _dummy(piece: str, of: Table) -> tuple[Column, str] | None:
    """`column_level`, as `get_dummies` and OneHotEncoder name them (with the transformer's name and "__"
    before).
    """
    piece = piece.rsplit("__", 1)[-1]
    for column in of.columns:
        if piece.lower().startswith(column.name.lower() + "_"):
            level = piece[len(column.name) + 1 :]
            if column.distinct <= _MOST_LEVELS and _pick(0, column, [level]).ranks.hit.any():
                return column, level
    return None


def _pick(field: int, column: Column, levels: Sequence[str]) -> Pick:
    made = Field(column.name, [read(level) for level in levels], held.digests)
    return Pick(field, column, made.ranks(column), ~made.filled)


def _rare(part: Part, terms: Sequence[Term], of: Table, context: Context) -> Iterator[Finding]:
    least = context.thresholds.min_count
    for term in terms:
        people = int(join([_pick(at, *_one(level)) for at, level in enumerate(term.levels)], 1).frequency[0])
        if 0 < people < least:
            message = f"The coefficient of “{term.name[:80]}” is of {people} people of {of.dataset} ({of.name})."
            yield SINGLE.finding(part.place, message, people, least)


def _one(level: tuple[Column, str]) -> tuple[Column, list[str]]:
    return level[0], [level[1]]


def _saturated(
    part: Part, names: Sequence[str], terms: Sequence[Term], of: Table, context: Context
) -> Iterator[Finding]:
    """All coefficients are levels, and as many as there are groups of people by the model's columns."""
    columns = list({level[0].name: level[0] for term in terms for level in term.levels}.values())
    fitted = {term.name for term in terms}
    others = {name for name in names if name not in fitted and _looks_fitted(name, of)}
    if others or len(columns) < 2:
        return
    group = np.zeros(of.rows, dtype=np.int64)
    for column in columns:
        group = np.unique(group * (column.distinct + 1) + column.codes, return_inverse=True)[1]
    sizes = np.bincount(group)
    if len(fitted) + 1 < len(sizes):
        return
    least, smallest = context.thresholds.min_count, int(sizes.min())
    by = ", ".join(column.name for column in columns)
    message = (
        f"With {len(fitted)} levels the model is a table of means by {by}; its smallest group is {smallest} people."
    )
    severity = Severity.BLOCK if smallest < least else Severity.REVIEW
    yield SATURATED.finding(part.place, message, smallest, least, severity)


def _looks_fitted(name: str, of: Table) -> bool:
    """Whether a line's name is another column of the data: a regressor that is no level."""
    return name.lower() not in _CONSTANT and any(one.name.lower() == name.lower() for one in of.columns)


CHECK = Regressors()

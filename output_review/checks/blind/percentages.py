"""Percentages and means that say that all of a group, or none, are of a kind."""

from collections.abc import Iterator

import numpy as np

from output_review.checks.counts import PUBLISHED
from output_review.checks.findings import Finding, Rule
from output_review.checks.grids import Grid, grid_of
from output_review.checks.measures import Meaning, is_margin, words_of
from output_review.checks.parts import Form, Part, table
from output_review.checks.registry import Check, Context

NONE_OR_ALL = Rule(
    "none-or-all",
    "p = 0 % or p = 100 %; a mean of exactly 0 or 1 where all other means of the column lie between",
    "OpenSAFELY output checking: 0 % and 100 %; the mean of a binary variable is a percentage",
    "Join groups or categories until some, and not all, of each group are of the kind.",
)
_CUMULATIVE = {"cumulative", "cum", "cumul", "cumule", "cumulated", "cumpct"}
_NO_SHARES = {"missing", "change", "growth", "variation", "error", "reduction", "increase"}


class Percentages(Check):
    name = "none-or-all"
    title = "0 % and 100 %"
    reads = frozenset({Form.TABLE})
    cannot_see = "percentages that neither their name nor a percent sign tells as such"
    rules = (NONE_OR_ALL,)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        grid = grid_of(part)
        if part.origin not in PUBLISHED:
            return
        for column in grid.values:
            if _passed(grid, column):
                continue
            for row in _extremes(grid, column):
                value = float(grid.numbers[row, column])
                who = "None" if value == 0 else "All"
                message = f"{who} of a group: {grid.name(row, column)} is {value:g}."
                yield NONE_OR_ALL.finding(grid.place(row, column), message, value, "between 0 % and 100 %")

    def example(self) -> Part:
        return table(("ward", "n", "percent_positive"), [("A", 40, 12.5), ("B", 35, 100.0)])


def _passed(grid: Grid, column: int) -> bool:
    """A cumulative share ends at 100 %; a change or what is missing is no share of a group."""
    return bool((_CUMULATIVE | _NO_SHARES) & set(words_of(grid.columns[column])))


def _extremes(grid: Grid, column: int) -> Iterator[int]:
    known = grid.numbers[np.isfinite(grid.numbers[:, column]), column]
    unit = bool(len(known)) and bool((known >= 0).all() and (known <= 1).all())
    inner = known[(known > 0) & (known < 1)]
    margin = is_margin(grid.columns[column])
    for row in range(len(grid.cells)):
        value = grid.numbers[row, column]
        meaning = grid.meaning(row, column)
        if margin or grid.margin_row(row) or not np.isfinite(value):
            continue
        if meaning is Meaning.PERCENT or _signed(grid, row, column):
            if value in (0.0, 1.0 if unit else 100.0):
                yield row
        elif unit and meaning is Meaning.MEAN and value in (0.0, 1.0) and len(inner):
            yield row


def _signed(grid: Grid, row: int, column: int) -> bool:
    cell = grid.cells[row][column]
    return isinstance(cell, str) and cell.strip().endswith("%")


CHECK = Percentages()

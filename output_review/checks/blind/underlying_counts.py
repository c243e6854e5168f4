"""Means, sums and percentages without the number of people behind them."""

from collections.abc import Iterator

import numpy as np

from output_review.checks.findings import Finding, Rule
from output_review.checks.grids import grid_of
from output_review.checks.measures import Meaning
from output_review.checks.parts import Form, Origin, Part, table
from output_review.checks.registry import Check, Context

UNTOLD = Rule(
    "no-underlying-counts",
    "a table of means, sums, percentages or percentiles of groups without a count in it",
    "OpenSAFELY output checking: about 10 % of rejections are for this",
    "Add a column with the number of people in each group; a checker cannot judge the table without.",
)
_NEED = {Meaning.MEAN, Meaning.SUM, Meaning.PERCENT, Meaning.POSITION, Meaning.SPREAD}


class UnderlyingCounts(Check):
    name = "underlying-counts"
    title = "Statistics without counts"
    reads = frozenset({Form.TABLE})
    cannot_see = "counts given in another file or in the request's words"
    rules = (UNTOLD,)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        if part.origin not in (Origin.SHEET, Origin.BLOCK):
            return
        grid = grid_of(part)
        cells = [(row, j) for row in range(min(len(grid.cells), 200)) for j in grid.values]
        meanings = {grid.meaning(row, j) for row, j in cells if np.isfinite(grid.numbers[row, j])}
        if grid.labels and meanings & _NEED and not {Meaning.COUNT, Meaning.FREEDOM} & meanings:
            said = ", ".join(sorted(one.value for one in meanings & _NEED))
            yield UNTOLD.finding(part.place, f"It shows {said}, and no counts.")

    def example(self) -> Part:
        return table(("region", "mean_cost"), [("North", 410.5), ("South", 377.2)])


CHECK = UnderlyingCounts()

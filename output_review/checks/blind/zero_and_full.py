"""Empty cells, and categories that hold everybody of a group: what is known of one is known of all."""

from collections.abc import Iterator

import numpy as np

from output_review.checks.counts import PUBLISHED, counts, crosstab
from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.grids import Grid, grid_of
from output_review.checks.measures import is_margin
from output_review.checks.parts import Form, Part, table
from output_review.checks.registry import Check, Context

ZERO = Rule(
    "zero-cell",
    "n = 0",
    "ACRO: any zero cell is a class disclosure; CMS allows 0 where it is structural",
    "Say in the request if the combination cannot exist (no men in obstetrics); join categories otherwise.",
)
FULL = Rule(
    "full-cell",
    "X − x₁ = 0 in a row or column of a crosstab with total X > 0 and largest cell x₁",
    "HandbookSDC §4, group disclosure; OpenSAFELY: 0 % and 100 %",
    "Join categories, so that no group is all in one of them.",
    Severity.BLOCK,
)
WITHIN = Rule(
    "within-group",
    "0 < X − x₁ < t in a row of a crosstab whose largest cell is x₁, where X − x₁ is 1",
    "HandbookSDC §4: with n−1 of n in one category the one who is not learns about all others",
    "Join categories, so that more than one person of the group is outside the largest.",
)


class ZeroAndFull(Check):
    name = "zero-and-full-cells"
    title = "Empty cells and full rows"
    reads = frozenset({Form.TABLE})
    cannot_see = "which empty cells are structural; groups that are all alike in a variable that is not shown"
    rules = (ZERO, FULL, WITHIN)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        grid = grid_of(part)
        for one in counts(grid):
            called = grid.columns[one.column]
            if one.value == 0 and (one.sure or not called.strip(" 0") or is_margin(called)):
                yield ZERO.finding(
                    grid.place(one.row, one.column), f"{grid.name(one.row, one.column)} is empty.", 0, 1
                )
        yield from _full(grid)

    def example(self) -> Part:
        return table(("region", "smoker", "non-smoker"), [("North", 40, 71), ("South", 35, 0)])


def _full(grid: Grid) -> Iterator[Finding]:
    """Rows of a crosstab that are all, or all but one, in one category."""
    columns = [j for j in crosstab(grid) if not is_margin(grid.columns[j])]
    if len(columns) < 2 or grid.part.origin not in PUBLISHED:
        return
    for row in range(len(grid.cells)):
        cells = grid.numbers[row, columns]
        if not np.isfinite(cells).all() or not cells.sum():
            continue
        column, outside = columns[int(cells.argmax())], int(cells.sum() - cells.max())
        if outside == 0:
            yield FULL.finding(
                grid.place(row, column), f"All of “{grid.label(row)}” are “{grid.columns[column]}”.", 0, 1
            )
        elif outside == 1 and cells.max() > 1:
            message = f"All but one of “{grid.label(row)}” are “{grid.columns[column]}”."
            yield WITHIN.finding(grid.place(row, column), message, 1, 2)


CHECK = ZeroAndFull()

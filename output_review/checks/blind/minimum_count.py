"""Counts of fewer people than a cell may show."""

import re
from collections.abc import Iterator

from output_review.checks.counts import PUBLISHED, counts, rounding
from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.grids import Grid, grid_of
from output_review.checks.parts import Form, Part, table
from output_review.checks.registry import Check, Context
from output_review.places import Place

_SAYS = re.compile(r"(?<![\w.])[nN]\s?=\s?(\d{1,9})(?![\d.,%]\d|\d)")
SMALL = Rule(
    "minimum-count",
    "1 ≤ n < t, t = min_count of the strictest dataset",
    "SNDS practice: « aucune case ne doit concerner moins de 11 unités » (CASD, PMSI); ACRO, UK LLC, ADRF, ABS: 10;"
    " CMS: 1-10 forbidden, 0 allowed",
    "Join categories until each holds enough people, or suppress the cell together with a second one of its row and"
    " of its column, so that no total gives it back.",
    Severity.BLOCK,
)


class MinimumCount(Check):
    name = "minimum-count"
    title = "Counts of few people"
    reads = frozenset({Form.TABLE})
    cannot_see = (
        "how many people stand behind a mean, a sum or a percentage in a table that shows no counts; whether a"
        " count is one of people or of something else"
    )
    rules = (SMALL,)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        grid = grid_of(part)
        if part.origin in PUBLISHED:
            yield from self._named(grid, context.thresholds.min_count)
        found = list(counts(grid))
        base = rounding([int(one.value) for one in found])
        threshold = context.thresholds.min_count
        for one in found:
            if not 0 < one.value < threshold:
                continue
            severity = Severity.BLOCK if one.sure else Severity.REVIEW
            yield SMALL.finding(
                grid.place(one.row, one.column),
                self._said(grid, one.row, one.column, base),
                one.value,
                threshold,
                severity,
            )

    def _named(self, grid: Grid, threshold: int) -> Iterator[Finding]:
        """Counts that the name of a column or a row says: “Exposed (n = 7)”."""
        names: list[tuple[Place, str]] = [({"column": j + 1}, name) for j, name in enumerate(grid.columns)]
        for row in range(len(grid.cells)):
            texts = (grid.cells[row][j] for j in grid.labels)
            names += [(grid.place(row, 0), text) for text in texts if isinstance(text, str)]
        for where, name in names:
            said = _SAYS.search(name[:400])
            if said and 0 < int(said.group(1)) < threshold:
                message = f"“{name[:80]}” says a count of {int(said.group(1))}."
                yield SMALL.finding({**grid.part.place, **where}, message, int(said.group(1)), threshold)

    def _said(self, grid: Grid, row: int, column: int, base: int) -> str:
        value = int(grid.numbers[row, column])
        about = f" (all counts are rounded to {base}; this one still stands for few)" if base > 1 else ""
        return f"{grid.name(row, column)} counts {value}{about}."

    def example(self) -> Part:
        return table(("region", "n"), [("North", 412), ("South", 4)])


CHECK = MinimumCount()

"""A new table beside what was released before, by labels and numbers alone: where nothing is known of the
people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from output_review.checks.findings import Finding, Rule
from output_review.checks.grids import Grid, grid_of
from output_review.checks.microdata import released
from output_review.checks.microdata.traced import is_table
from output_review.checks.parts import Form, Part, table
from output_review.checks.registry import Check, Context, Need

_FEWEST = 3  # counts that two tables have to share
_EQUAL = 0.5  # so many of them have to be equal: two versions of one table, rather than two tables with one key
VERSIONS = Rule(
    "nearly-the-same-counts",
    "1 ≤ |new − old| < t for a count under the same labels, where at least half of the other counts are equal",
    "Handbook on SDC §5.2; CMS: no cell of 1-10 may be derivable",
    "If the tables are of nearly the same people, release only one of them, or make both of exactly the same.",
)
Label = tuple[str, ...]


class NearlyTheSame(Check):
    name = "nearly-the-same"
    title = "Two versions of one table"
    reads = frozenset({Form.TABLE})
    needs = frozenset({Need.EARLIER})
    cannot_see = "differences between tables whose labels, columns or rounding are not the same"
    rules = (VERSIONS,)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        if not is_table(part):
            return
        grid = grid_of(part)
        new = _counts(grid)
        for file in released.files(context):
            for other in released.tables_in(file):
                old = _counts(grid_of(other))
                yield from _versions(grid, new, old, file.name, context.thresholds.min_count)

    def example(self) -> Part:
        return table(("region", "n"), [("North", 412), ("South", 377), ("West", 95)])


@dataclass(frozen=True)
class _Count:
    value: int
    row: int
    column: int


def _counts(grid: Grid) -> dict[Label, _Count]:
    """Whole numbers by what they are called: the row's labels and the column."""
    found: dict[Label, _Count] = {}
    for column in (one for one in grid.values if grid.integers(one)):
        for row in np.flatnonzero(np.isfinite(grid.numbers[:, column])):
            label = (grid.columns[column].strip().lower(), grid.label(int(row)).strip().lower())
            found.setdefault(label, _Count(int(grid.numbers[row, column]), int(row), column))
    return found


def _versions(
    grid: Grid, new: Mapping[Label, _Count], old: Mapping[Label, _Count], file: str, least: int
) -> Iterator[Finding]:
    shared = [label for label in new if label in old]
    differ = [label for label in shared if new[label].value != old[label].value]
    if len(shared) < _FEWEST or len(differ) > (1 - _EQUAL) * len(shared):
        return
    for label in differ:
        by, row, column = abs(new[label].value - old[label].value), new[label].row, new[label].column
        if by < least:
            words = (
                f"{grid.name(row, column)} differs by {by} from the released {file}; most other counts are equal."
            )
            yield VERSIONS.finding(grid.place(row, column), words, by, least)


CHECK = NearlyTheSame()

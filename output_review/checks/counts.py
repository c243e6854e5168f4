"""Which cells of a grid are counts of people, and how sure that is. Pure.

A column or row that is called so is one (`n`, `count`, `effectif`). So is a crosstab: several columns of whole
numbers that are called after categories, not after measures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from output_review.checks.cells import number_of
from output_review.checks.grids import Grid
from output_review.checks.measures import STATISTICS, Meaning, counts_nobody, meaning_of
from output_review.checks.parts import Origin

# Only what was made to be read as a table is one of counts; the points of a figure or an array of weights is not.
PUBLISHED = (Origin.SHEET, Origin.BLOCK, Origin.CACHE, Origin.DATA)

_BASES = (5, 10)
_CHANCE = 0.01  # that unrounded counts look rounded: 5^-cells (each is a multiple of 5 with probability 1/5)


@dataclass(frozen=True)
class Count:
    """One cell with the count of a group; `sure` when its name, or its margins, say that it is one."""

    row: int
    column: int
    value: float
    sure: bool


def counts(grid: Grid) -> Iterator[Count]:
    """Every shown count of a published table, row by row."""
    if grid.part.origin not in PUBLISHED:
        return
    crossed = crosstab(grid)
    sure = len(crossed) > 1 and any(grid.columns[j].strip() for j in crossed)
    for row in range(len(grid.cells)):
        for column in grid.values:
            value = float(grid.numbers[row, column])
            if not np.isfinite(value) or value < 0 or value != int(value):
                continue
            meaning = grid.meaning(row, column)
            if meaning is Meaning.COUNT:
                yield Count(row, column, value, sure=True)
            elif column in crossed and meaning not in STATISTICS and not counts_nobody(grid.label(row)):
                yield Count(row, column, value, sure)


def crosstab(grid: Grid) -> tuple[int, ...]:
    """The columns of a crosstab of counts, margins included: whole numbers, under names of categories."""
    if not grid.labels or any(_statistic(grid, row) for row in range(min(len(grid.cells), 50))):
        return ()
    named = [j for j in grid.values if meaning_of(grid.columns[j]) in STATISTICS]
    free = [j for j in grid.values if j not in named and meaning_of(grid.columns[j]) is not Meaning.KEY]
    if not free or not all(grid.integers(j) for j in free):
        return ()
    if named and not all(meaning_of(grid.columns[j]) is Meaning.COUNT for j in named):
        return ()
    if percentiles([grid.columns[j] for j in free]):
        return ()
    if len(free) > 1 and grid.part.origin is Origin.DATA:
        return ()  # points; one number for each category is a bar
    if len(free) == 1 and (counts_nobody(grid.columns[free[0]]) or not _of_groups(grid, free[0])):
        return ()
    return tuple(free)


def _of_groups(grid: Grid, column: int) -> bool:
    """Whether one column of whole numbers may be counts, whatever it is called: rows are called by words, and the
    numbers do not number them."""
    labels = [grid.label(row) for row in range(len(grid.cells))]
    numbers = grid.numbers[:, column]
    known = numbers[np.isfinite(numbers)]
    worded = any(any(c.isalpha() for c in label) for label in labels)
    numbering = len(known) > 1 and bool((np.abs(np.diff(np.sort(known))) == 1).all())
    return worded and not numbering


def percentiles(names: Sequence[str]) -> bool:
    """Whether numbers name percentiles, as pandas writes them: 0.25, 0.5, 0.75; 0.05, 0.95."""
    shares = [number_of(name) for name in names]
    if len(shares) < 2 or not all(0 <= one <= 1 for one in shares) or sorted(set(shares)) != shares:
        return False
    return any(0 < one < 1 and any(abs(one + other - 1) < 1e-9 for other in shares) for one in shares)


def _statistic(grid: Grid, row: int) -> bool:
    """Whether a row is called after a measure other than a count."""
    labels = [grid.cells[row][j] for j in grid.labels]
    return any(
        isinstance(c, str) and meaning_of(c) in STATISTICS - {Meaning.COUNT, Meaning.PERCENT} for c in labels
    )


def rounding(values: list[int]) -> int:
    """The base that all counts are multiples of (10 or 5), 1 if they were not rounded; few counts tell nothing."""
    known = [value for value in values if value]
    for base in sorted(_BASES, reverse=True):
        if known and all(value % base == 0 for value in known) and base ** -len(known) < _CHANCE:
            return base
    return 1

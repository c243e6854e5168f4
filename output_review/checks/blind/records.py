"""Tables that look like records of people: no measure, and the same key in several rows."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from output_review.checks.counts import crosstab
from output_review.checks.findings import Finding, Rule
from output_review.checks.grids import Grid, grid_of
from output_review.checks.measures import STATISTICS, meaning_of
from output_review.checks.parts import Form, Origin, Part, table
from output_review.checks.registry import Check, Context

ROWS = Rule(
    "record-like",
    "at least 6 rows, no column called after a measure, and the words of a row come again, or none label it, or row"
    " numbers in no order do",
    "DISCLOSURE §3: a table of results has a row for each group and says what it measures",
    "Release a summary of groups. If the rows are groups, name the columns after what they measure.",
)
_FEWEST = 6
_TABLES = (Origin.SHEET, Origin.BLOCK, Origin.CACHE, Origin.DATA)


class Records(Check):
    name = "record-like"
    title = "Rows that look like people"
    reads = frozenset({Form.TABLE})
    cannot_see = "whether the rows are of the granted data: record detection does, with the data"
    rules = (ROWS,)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        if part.origin not in _TABLES:
            return
        grid = grid_of(part)
        rows, width = len(grid.cells), len(grid.columns)
        if rows < _FEWEST or width < 2 or _measured(grid):
            return
        told = _told(grid)
        again = sum(count for count in _keys(grid, told).values() if count > 1)
        if told and again >= 0.2 * rows:
            message = f"{again:,} of {rows:,} rows have the labels of another row, and no column is a measure."
            yield ROWS.finding(part.place, message, again, 0)
        elif not grid.values and sum(_again(grid, j) for j in told) >= max(len(told) - 1, min(len(told), 2)):
            yield ROWS.finding(part.place, f"{rows:,} rows of words that come again and again.", rows, 0)
        elif _drawn(grid):
            yield ROWS.finding(part.place, f"{rows:,} rows have the numbers of rows of a longer table.", rows, 0)
        elif not told and width >= 2 and not _matrix(grid):
            yield ROWS.finding(
                part.place, f"{rows:,} rows of {width} numbers without a label or a measure.", rows, 0
            )

    def example(self) -> Part:
        return table(("sex", "age", "cost"), [("FM"[k % 2], 30 + k % 7, 12.5 * k) for k in range(24)])


def _measured(grid: Grid) -> bool:
    """Whether a column, or a row's label, is called after a statistic; a crosstab is one of counts."""
    if any(meaning_of(name) in STATISTICS for name in grid.columns) or (crosstab(grid) and _once(grid)):
        return True
    return any(isinstance(c, str) and meaning_of(c) in STATISTICS for row in grid.cells[:50] for c in row)


def _told(grid: Grid) -> list[int]:
    """The columns that say which row it is, without a frame's own index."""
    return [j for j in grid.labels if grid.columns[j].strip() or not np.isfinite(grid.numbers[:, j]).all()]


def _keys(grid: Grid, columns: list[int]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(str(row[j]) for j in columns) for row in grid.cells)


def _once(grid: Grid) -> bool:
    """Whether each row has a label of its own. An index alone makes no label: rows of people have one too."""
    return len(_keys(grid, _told(grid) or list(grid.labels))) == len(grid.cells)


def _again(grid: Grid, column: int) -> bool:
    """Whether the words of a column are fewer than half its rows: levels, no names."""
    return len({str(row[column]) for row in grid.cells}) <= len(grid.cells) / 2


def _drawn(grid: Grid) -> bool:
    """Whether a frame's own index has numbers in no order: rows were drawn from more."""
    index = grid.numbers[:, 0]
    if grid.columns[0].strip() or not grid.integers(0) or not np.isfinite(index).all():
        return False
    return len(np.unique(index)) == len(index) and index.max() > 3 * len(index) and bool((np.diff(index) < 0).any())


def _matrix(grid: Grid) -> bool:
    """A square of numbers that is its own mirror: correlations, distances of groups."""
    square = grid.numbers
    return square.shape[0] == square.shape[1] and bool(np.allclose(square, square.T, equal_nan=True))


CHECK = Records()

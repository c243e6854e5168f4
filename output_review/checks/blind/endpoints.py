"""Minima, maxima and percentiles: values of single people."""

import re
from collections.abc import Iterator

import numpy as np

from output_review.checks.cells import number_of
from output_review.checks.counts import PUBLISHED, percentiles
from output_review.checks.findings import Finding, Rule
from output_review.checks.grids import Grid, grid_of
from output_review.checks.measures import Meaning, meaning_of
from output_review.checks.parts import Form, Part, table
from output_review.checks.registry import Check, Context

ENDPOINT = Rule(
    "endpoint",
    "a minimum or a maximum is shown",
    "OpenSAFELY, ADRF, CBS: not released by default, because it is the value of one person",
    "Leave it out, or show the 5th and the 95th percentile of a group that is large enough.",
)
POSITION = Rule(
    "percentile-of-few",
    "n · min(p, 1 − p) < t for a percentile p over n people; n < 2t for one whose p is not told",
    "ADRF: averages of p45 and p55 instead of medians; ACRO: cells of at least 10",
    "Show a percentile with enough people on both sides, or a mean.",
)
_OF_SHARE = re.compile(r"(\d{1,3}(?:\.\d+)?)")
_RANGE = re.compile(r"\d\s{0,3}(?:-|–|—|to|à|bis|,|;|\.\.)\s{0,3}[-+]?\d")
_ENDS = (Meaning.LOWEST, Meaning.HIGHEST)
_NAMED = {"median": 50.0, "mediane": 50.0, "q1": 25.0, "q2": 50.0, "q3": 75.0}


class Endpoints(Check):
    name = "endpoints"
    title = "Minima, maxima and percentiles"
    reads = frozenset({Form.TABLE})
    cannot_see = (
        "values that are an extreme without being called one; percentiles of groups whose size is not shown"
    )
    rules = (ENDPOINT, POSITION)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        grid = grid_of(part)
        if part.origin not in PUBLISHED or _intervals(grid):
            return
        yield from _ranges(grid)
        shares = _named_by_shares(grid)
        for row in range(len(grid.cells)):
            for column in grid.values:
                if not np.isfinite(grid.numbers[row, column]):
                    continue
                meaning, share = grid.meaning(row, column), shares.get((row, -1), shares.get((-1, column)))
                if share is not None and meaning is not Meaning.COUNT and (row, column) not in shares:
                    meaning = Meaning.POSITION
                elif meaning is Meaning.POSITION:
                    share = _share(grid, row, column)
                if meaning in _ENDS or share in (0.0, 100.0):
                    value = float(grid.numbers[row, column])
                    yield ENDPOINT.finding(
                        grid.place(row, column), f"{grid.name(row, column)} is {meaning}.", value
                    )
                elif meaning is Meaning.POSITION:
                    yield from _few(
                        grid, row, column, 50.0 if share is None else share, context.thresholds.min_count
                    )

    def example(self) -> Part:
        return table(("region", "n", "max_cost"), [("North", 412, 98213.55), ("South", 377, 45010.2)])


def _ranges(grid: Grid) -> Iterator[Finding]:
    """Cells with two ends in one: “26.3-78.4”, “51 (18 to 97)”."""
    labels = frozenset(grid.labels)
    for row in range(len(grid.cells)):
        for column in range(len(grid.columns)):
            cell = grid.cells[row][column]
            if column in labels and meaning_of(grid.columns[column]) not in _ENDS:
                continue
            if isinstance(cell, str) and not np.isfinite(grid.numbers[row, column]) and _RANGE.search(cell[:80]):
                meaning = grid.meaning(row, column)
                if meaning in _ENDS:
                    yield ENDPOINT.finding(
                        grid.place(row, column), f"{grid.name(row, column)} is {meaning}.", cell[:80]
                    )


def _few(grid: Grid, row: int, column: int, share: float, threshold: int) -> Iterator[Finding]:
    count = _people(grid, row, column)
    outside = None if count is None else count * min(share, 100 - share) / 100
    if outside is not None and outside < threshold:
        message = f"{grid.name(row, column)} has {outside:.3g} people on one side."
        yield POSITION.finding(grid.place(row, column), message, round(outside, 3), threshold)


def _people(grid: Grid, row: int, column: int) -> float | None:
    """The count shown for the same group: in its row, or in its column where the statistics are rows."""
    for j in grid.values:
        if meaning_of(grid.columns[j]) is Meaning.COUNT and np.isfinite(grid.numbers[row, j]):
            return float(grid.numbers[row, j])
    for i in range(len(grid.cells)):
        if grid.meaning(i, column) is Meaning.COUNT and np.isfinite(grid.numbers[i, column]):
            return float(grid.numbers[i, column])
    return None


def _share(grid: Grid, row: int, column: int) -> float | None:
    """Which percentile it is, 0 to 100, where its name says so."""
    for name in (grid.columns[column], *(str(grid.cells[row][j]) for j in grid.labels)):
        if meaning_of(name) is not Meaning.POSITION:
            continue
        said = next((share for word, share in _NAMED.items() if word in name.lower()), None)
        number = _OF_SHARE.search(name)
        if said is None and number:
            said = float(number.group(1))
            said = said * 100 if said < 1 and "." in number.group(1) else said
        return said if said is not None and 0 <= said <= 100 else None
    return None


def _named_by_shares(grid: Grid) -> dict[tuple[int, int], float]:
    """Percentiles of rows (row, -1) and of columns (-1, column) that numbers name, as pandas' `quantile` does; the
    cells of the column that names them are there too."""
    found: dict[tuple[int, int], float] = {}
    columns = [j for j in grid.values if number_of(grid.columns[j]) == number_of(grid.columns[j])]
    if percentiles([grid.columns[j] for j in columns]):
        found |= {(-1, j): 100 * number_of(grid.columns[j]) for j in columns}
    for j, name in enumerate(grid.columns):
        if (not name.strip() or meaning_of(name) is Meaning.POSITION) and len(grid.columns) > 1:
            texts = [str(row[j]) for row in grid.cells]
            if percentiles(texts):
                found |= {(i, -1): 100 * number_of(text) for i, text in enumerate(texts)}
                found |= {(i, j): 0.0 for i in range(len(texts))}
    return found


def _intervals(grid: Grid) -> bool:
    """Whether the minima and maxima are the bounds of intervals: each begins where the one before ends."""
    columns = {meaning_of(grid.columns[j]): j for j in range(len(grid.columns))}
    if not {Meaning.LOWEST, Meaning.HIGHEST} <= columns.keys() or len(grid.cells) < 2:
        return False
    low, high = grid.numbers[:, columns[Meaning.LOWEST]], grid.numbers[:, columns[Meaning.HIGHEST]]
    gaps = low[1:] - high[:-1]
    gaps = gaps[np.isfinite(gaps)]
    return bool(len(gaps)) and bool((gaps >= 0).all() and (gaps <= 1).all()) and len(set(gaps.tolist())) == 1


CHECK = Endpoints()

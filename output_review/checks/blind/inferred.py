"""Counts that are not shown, and can be worked out from what is.

A percentage of a shown count is a count; percentages with decimals have a common denominator; a sum over its mean,
and a spread over its standard error, are the number of people.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from output_review.checks.counts import PUBLISHED
from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.grids import Grid, grid_of
from output_review.checks.measures import Meaning, is_margin, meaning_of, of, words_of
from output_review.checks.parts import Cell, Form, Part, table
from output_review.checks.registry import Check, Context

OF_COUNT = Rule(
    "count-by-percentage",
    "k = p·n: 0 < k < t or 0 < n − k < t, for a percentage p beside the count n of its group",
    "HandbookSDC §4.2: a cell that can be worked out is shown",
    "Leave the percentage out where it stands for few, or join groups.",
)
HIDDEN = Rule(
    "suppressed-count-by-percentage",
    "n(i) = p(i)·N where n(i) is hidden, and p(j)/n(j) is the same for all counts shown",
    "CMS: none may be derivable; HandbookSDC §4.2",
    "Suppress the percentage together with its count.",
    Severity.BLOCK,
)
DENOMINATOR = Rule(
    "inferred-denominator",
    "least N with |p·N − k| within the rounding for all percentages p of a group; chance of another below 10⁻³;"
    " N < t or 0 < k < t",
    "HandbookSDC §4.2; OpenSAFELY: underlying counts are needed to judge a percentage",
    "Round percentages to whole numbers, or join groups until the counts behind them are large enough.",
)
RATIO = Rule(
    "inferred-count",
    "n = sum / mean, or n = (standard deviation / standard error)²; 0 < n < t",
    "Definition of the mean and of the standard error",
    "Show the mean or the sum of a group of few, not both; better neither.",
    Severity.BLOCK,
)
_MOST = 400  # denominators tried
_TOTAL = 3  # times what is shown of it: above, both readings of the shares are tried
_CHANCE = 1e-3


class Inferred(Check):
    name = "inferred-counts"
    title = "Counts that can be worked out"
    reads = frozenset({Form.TABLE})
    cannot_see = "counts worked out from two files; percentages rounded to whole numbers; denominators above 400"
    rules = (OF_COUNT, HIDDEN, DENOMINATOR, RATIO)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        grid, threshold = grid_of(part), context.thresholds.min_count
        if part.origin not in PUBLISHED:
            return
        shares = [j for j in grid.values if meaning_of(grid.columns[j]) is Meaning.PERCENT]
        shown = np.isfinite(grid.numbers).any(axis=0)
        sizes = [j for j in np.flatnonzero(shown).tolist() if meaning_of(grid.columns[j]) is Meaning.COUNT]
        if len(sizes) == 1:
            for column in shares:
                yield from _beside(grid, column, sizes[0], threshold)
        elif not sizes:
            yield from _alone(grid, shares, threshold)
        yield from _ratios(grid, threshold)

    def example(self) -> Part:
        return table(("ward", "n", "percent_died"), [("A", 95, 2.1), ("B", 310, 22.6)])


def _unit(values: npt.NDArray[np.float64], name: str = "") -> float:
    """1 for shares of 1, 100 for percentages; a name that says per cent is believed."""
    if "%" in name or {"percent", "percentage", "pct", "perc", "prozent", "pourcentage"} & set(words_of(name)):
        return 100.0
    known = values[np.isfinite(values)]
    return 1.0 if len(known) and known.max() <= 1 else 100.0


def _beside(grid: Grid, column: int, size: int, threshold: int) -> Iterator[Finding]:
    """Percentages in one column with counts in another: of the count itself, or the count's share of a total."""
    count, share = grid.numbers[:, size], grid.numbers[:, column]
    share = share / _unit(share, grid.columns[column])
    both = np.isfinite(count) & np.isfinite(share) & (count > 0) & (share > 0)
    ratio = share[both] / count[both]
    alike = len(ratio) > 1 and ratio.max() <= 1.1 * ratio.min()
    if alike:  # its share of the total: the total is 1/ratio
        whole = 1 / float(np.median(ratio))
        for row in np.flatnonzero(grid.hidden[:, size] & np.isfinite(share)).tolist():
            value = round(share[row] * whole)
            if 0 < value < threshold:
                message = f"{grid.name(row, size)} is hidden, but its percentage says about {value}."
                yield HIDDEN.finding(grid.place(row, size), message, value, threshold)
        if whole <= _TOTAL * count[both].sum():
            return  # of a larger total little would be shown: the shares may be alike by chance, and of the counts
    for row in np.flatnonzero(both & (share < 1)).tolist():
        part = share[row] * count[row]
        few = min(round(part), round(count[row] - part))
        if 0 < few < threshold:
            message = (
                f"{grid.name(row, column)} of {count[row]:g} people stands for {few} of them, or all but {few}."
            )
            yield OF_COUNT.finding(grid.place(row, column), message, few, threshold)


def _alone(grid: Grid, shares: Sequence[int], threshold: int) -> Iterator[Finding]:
    """Percentages without any count: several of a row are of one group; those of a column may be."""
    inner = [j for j in shares if not is_margin(grid.columns[j])]
    groups = [[(row, j) for j in inner] for row in range(len(grid.cells))]
    groups += [[(row, j) for row in range(len(grid.cells)) if not grid.margin_row(row)] for j in inner]
    for cells in groups:
        told = [(row, j) for row, j in cells if np.isfinite(grid.numbers[row, j])]
        if not told:
            continue
        unit = _unit(np.array([grid.numbers[row, j] for row, j in told]), grid.columns[cells[0][1]])
        values = [grid.numbers[row, j] / unit for row, j in told]
        found = denominator(values, [_rounding(grid.cells[row][j]) / unit for row, j in told])
        if found is None:
            continue
        for (row, j), value in zip(told, values, strict=True):
            people = round(value * found)
            if 0 < people < threshold or found < threshold:
                message = f"{grid.name(row, j)} is {people} of {found}: the percentages have this denominator."
                yield DENOMINATOR.finding(grid.place(row, j), message, min(people, found) or found, threshold)


def denominator(values: Sequence[float], errors: Sequence[float]) -> int | None:
    """The least N of which all values (0 to 1, each known within its error) are k/N; None if chance could do it.

    A value known within e is some k/N with chance at most 2·N·e; at least two have to be neither 0, 1/2 nor 1.
    """
    share, error = np.array(values), np.array(errors)
    telling = (share > 0) & (share < 1) & (np.abs(share - 0.5) > error)
    if telling.sum() < 2 or len({round(v, 6) for v in share[telling]}) < 2 or (share > 1).any():
        return None
    chance = 0.0
    for whole in range(2, _MOST):
        chance += float(np.minimum(1, 2 * whole * error[telling]).prod())
        if chance > _CHANCE:
            return None
        if (np.abs(share * whole - np.round(share * whole)) <= whole * error + 1e-9).all():
            return whole
    return None


def _rounding(cell: Cell) -> float:
    """Half of a unit of the last decimal that a number is written with."""
    text = str(cell).strip().removesuffix("%").strip().replace(",", ".")
    decimals = len(text.rpartition(".")[2]) if "." in text and "e" not in text.lower() else 0
    return 0.5 * 10.0 ** -min(decimals, 15)


def _ratios(grid: Grid, threshold: int) -> Iterator[Finding]:
    """A pair of columns of the same variable whose ratio is the number of people, in nearly every row whole."""
    for above, below, power in _pairs(grid):
        with np.errstate(divide="ignore", invalid="ignore"):
            people = (grid.numbers[:, above] / grid.numbers[:, below]) ** power
        rows = np.flatnonzero(np.isfinite(people) & (people > 0.5))
        whole = np.abs(people[rows] - np.round(people[rows])) < 0.02 + 0.002 * people[rows]
        if not len(rows) or whole.mean() < 0.8:
            continue
        for row in rows[whole].tolist():
            if 0 < round(people[row]) < threshold:
                name = grid.columns[above]
                message = (
                    f"{grid.name(row, below)}: with “{name}” beside it, it is one of {people[row]:.0f} people."
                )
                yield RATIO.finding(grid.place(row, below), message, round(people[row]), threshold)


def _pairs(grid: Grid) -> Iterator[tuple[int, int, int]]:
    """(sum, mean, 1) and (standard deviation, standard error, 2) of one variable: the same words otherwise."""
    errors = {"se", "sem", "stderr", "error"}
    for above in grid.values:
        for below in grid.values:
            first, second = set(words_of(grid.columns[above])), set(words_of(grid.columns[below]))
            meanings = meaning_of(grid.columns[above]), meaning_of(grid.columns[below])
            if not _of_one_variable(first, second):
                continue
            if meanings == (Meaning.SUM, Meaning.MEAN):
                yield above, below, 1
            elif meanings == (Meaning.SPREAD, Meaning.SPREAD) and second & errors and not first & errors:
                yield above, below, 2


_STATISTIC = of(
    "sum total mean avg average std sd stdev se sem stderr error standard of deviation somme moyenne dev"
)


def _of_one_variable(first: set[str], second: set[str]) -> bool:
    return first - _STATISTIC == second - _STATISTIC


CHECK = Inferred()

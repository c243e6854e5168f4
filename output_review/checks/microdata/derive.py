"""Which aggregate of the data is this table? Its groups, one filter, and a statistic that give its numbers again.

Once that is known, what stands behind a cell is known too, and rules that need contributors apply to a plain
file. For a filter every value of every column is tried at once: the counts of a group by value (a matrix) give `=
v` as its columns, `≤ v` as their running sums, and the opposite of both as what is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from output_review.checks.microdata.index import Column
from output_review.checks.microdata.layout import Groups, Layout

_AGREE = 0.95  # so many of the cells have to come out
_FEWEST = 2
_BITS = 20.0  # what the agreeing cells have to say together, the price of the filters tried added
_MANY = 50  # people whom two exact counts hold together do not come out by chance
_MOST_MATRIX = 8_000_000
_MOST_FILTERS = 100  # that fit some measure and are tried on all of them
_BASES = (5.0, 6.0, 10.0, 100.0)  # what counts are rounded to; 6: OpenSAFELY's midpoint, ⌈x/6⌉·6 − 3

_QUANTILES = (
    ("median", 0.5),
    ("minimum", 0.0),
    ("maximum", 1.0),
    ("25th percentile", 0.25),
    ("75th percentile", 0.75),
    ("5th percentile", 0.05),
    ("95th percentile", 0.95),
)


@dataclass(frozen=True, eq=False)
class Filter:
    """The people with `low` ≤ rank < `high` in a column, or all others with a value in it (`inside` False)."""

    column: Column
    low: int
    high: int
    inside: bool

    def keeps(self, people: np.ndarray) -> np.ndarray:
        codes = self.column.codes[people]
        within = (codes >= self.low) & (codes < self.high)
        return np.asarray(within if self.inside else ~within)


@dataclass(frozen=True, eq=False)
class Derivation:
    """How a table comes from the data: `measure` is the number of the layout's measure that came out as
    `statistic` of `column` (None: of people), rounded to `base` (0: as printed); `groups` are after the
    filter.
    """

    layout: Layout
    groups: Groups
    filter: Filter | None
    found: tuple[tuple[int, str, Column | None], ...]
    base: float
    off: np.ndarray

    def words(self) -> str:
        keys = ", ".join(pick.column.name for pick in self.layout.picks)
        what = ", ".join(f"{how} of {column.name if column else 'people'}" for _, how, column in self.found)
        kept = f", of some people by {self.filter.column.name}" if self.filter else ""
        return f"{what} by {keys}{kept}"


def derive(layout: Layout, groups: Groups) -> Derivation | None:
    """The aggregate of everybody that gives this table, None if none is found."""
    found, base, off = _measures(layout, groups)
    return Derivation(layout, groups, None, found, base, off) if found else None


def derive_filtered(layout: Layout, groups: Groups) -> Derivation | None:
    """The aggregate of some people, told by one column, that gives this table."""
    for one in islice(_filters(layout, groups), _MOST_FILTERS):
        kept = one.keeps(groups.people)
        fewer = Groups(groups.group, groups.people[kept], groups.of[kept], groups.count)
        found, base, off = _measures(layout, fewer)
        if found:
            return Derivation(layout, fewer, one, found, base, off)
    return None


def _measures(
    layout: Layout, groups: Groups
) -> tuple[tuple[tuple[int, str, Column | None], ...], float, np.ndarray]:
    """Each measure that comes out, the base that counts were rounded to, and the cells where one did not."""
    found: list[tuple[int, str, Column | None]] = []
    rounded = 0.0
    sizes = groups.sizes.astype(np.float64)
    left = []
    off = np.zeros(len(groups.group), dtype=bool)
    for at in range(layout.values.shape[1]):
        fit = _fit(layout.values[:, at], sizes, groups.group, (0.0, *_BASES))
        if fit is None:
            left.append(at)
        else:
            found.append((at, "number", None))
            rounded, off = max(rounded, fit[0]), off | fit[1]
    for column in layout.table.columns if left else ():
        if column.kind != "number" or any(pick.column is column for pick in layout.picks):
            continue
        for how, predicted in _statistics(column, groups):
            for at in list(left):
                if (fit := _fit(layout.values[:, at], predicted, groups.group, (0.0,))) is not None:
                    found.append((at, how, column))
                    left.remove(at)
                    off |= fit[1]
    return tuple(found), rounded, off


def _statistics(column: Column, groups: Groups) -> Iterator[tuple[str, np.ndarray]]:
    """Statistics of a column by group, the cheap ones first."""
    numbers = column.numbers[groups.people]
    known = np.isfinite(numbers)
    of, numbers = groups.of[known], numbers[known]
    with np.errstate(divide="ignore", invalid="ignore"):
        count = np.bincount(of, minlength=groups.count)
        total = np.bincount(of, numbers, groups.count)
        yield "number with a value", count.astype(np.float64)
        if column.values.tolist() != [0.0, 1.0]:  # the sum of an indicator counts people: the filter says which
            yield "sum", total
        yield "mean", total / count
        yield "percentage", 100 * total / count
        middle = (total / count)[of]
        spread = np.bincount(of, (numbers - middle) ** 2, groups.count)
        yield "standard deviation", np.sqrt(spread / (count - 1))
        yield "standard error", np.sqrt(spread / (count - 1) / count)
    yield from _orders(column.codes[groups.people][known], of, column, groups.count)


def _orders(codes: np.ndarray, of: np.ndarray, column: Column, count: int) -> Iterator[tuple[str, np.ndarray]]:
    order = np.argsort(of.astype(np.int64) * (column.distinct + 1) + codes)
    values = column.values[codes[order]]
    start = np.searchsorted(of[order], np.arange(count + 1))
    size = np.diff(start)
    there = size > 0

    def at(part: float) -> np.ndarray:
        place = start[:-1] + part * np.maximum(size - 1, 0)
        low = np.minimum(np.floor(place).astype(np.int64), len(values) - 1)
        high = np.minimum(np.ceil(place).astype(np.int64), len(values) - 1)
        return np.where(there, values[low] + (values[high] - values[low]) * (place - np.floor(place)), np.nan)

    if len(values):
        for name, part in _QUANTILES:
            yield name, at(part)


def _fit(
    values: np.ndarray, predicted: np.ndarray, group: np.ndarray, bases: tuple[float, ...]
) -> tuple[float, np.ndarray] | None:
    """The first base (0: as printed) with which nearly all cells come out, and those that do not; None if none
    is.
    """
    there = np.isfinite(values) & (group >= 0)
    there[there] = np.isfinite(predicted[group[there]])
    if there.sum() < _FEWEST:
        return None
    seen, meant = values[there], predicted[group[there]]
    if np.mean(np.abs(seen - meant) <= max(3.0, *bases) * (1 + 1e-9)) < _AGREE:
        return None  # nowhere near, however it was rounded
    for base in bases:
        shift = 3.0 if base == 6.0 else 0.0
        if base and np.any(np.mod(seen + shift, base) * (seen != 0)):
            continue
        half = max(0.5 * 10.0 ** -_decimals(seen), shift or base / 2)
        near = np.abs(seen - meant) <= half + 1e-9 * np.abs(meant)
        bits = np.log2(np.maximum(1.0, np.abs(meant - np.median(meant)) / half))[near].sum()
        counted = len(bases) > 1 and base == 0 and near.all() and meant.sum() >= _MANY
        if near.mean() >= _AGREE and (bits >= _BITS or counted):
            off = np.zeros(len(values), dtype=bool)
            off[np.flatnonzero(there)[~near]] = True
            return base, off
    return None


def _decimals(values: np.ndarray) -> int:
    return next(
        (d for d in range(12) if np.all(np.abs(np.round(values, d) - values) < 1e-9 * (1 + np.abs(values)))), 12
    )


def _filters(layout: Layout, groups: Groups) -> Iterator[Filter]:
    """Filters under which some measure is a count of people, or a mean of a column, in nearly all cells."""
    whole = [at for at in range(layout.values.shape[1]) if _decimals(_known(layout.values[:, at])) == 0]
    sizes = groups.sizes
    for column in layout.table.columns:
        width = column.distinct + 1
        if any(pick.column is column for pick in layout.picks) or groups.count * width > _MOST_MATRIX:
            continue
        matrix = np.bincount(groups.of * width + column.codes[groups.people], minlength=groups.count * width)
        matrix = matrix.reshape(groups.count, width)
        for at in whole:
            yield from _by_counts(column, matrix, sizes, layout.values[:, at], groups.group)
        if not whole:
            yield from _by_values(column, matrix, layout, groups)


def _known(values: np.ndarray) -> np.ndarray:
    return np.asarray(values[np.isfinite(values)])


def _candidates(column: Column, matrix: np.ndarray, whole: np.ndarray) -> Iterator[tuple[np.ndarray, bool, bool]]:
    """Sums over `= v`, `≤ v` for each v (as columns), and over all others: (matrix, running, inside)."""
    part = matrix[:, : column.distinct]
    running = np.cumsum(part, axis=1)
    for sums, is_running in ((part, False), (running, True)):
        if is_running and column.kind == "text":
            continue
        yield sums, is_running, True
        yield whole[:, None] - sums, is_running, False


def _by_counts(
    column: Column, matrix: np.ndarray, sizes: np.ndarray, values: np.ndarray, group: np.ndarray
) -> Iterator[Filter]:
    there = np.isfinite(values) & (group >= 0)
    if there.sum() < _FEWEST or values[there].sum() < _MANY:  # ones and zeros fit many a filter
        return
    tolerance = next((b / 2 for b in (100.0, 10.0, 5.0) if not np.any(np.mod(values[there], b))), 0.5)
    for sums, running, inside in _candidates(column, matrix, sizes):
        near = np.abs(sums[group[there]] - values[there][:, None]) <= max(tolerance, 0.5)
        for code in np.flatnonzero(near.mean(axis=0) >= _AGREE)[:3]:
            yield Filter(column, 0 if running else int(code), int(code) + 1, inside)


def _by_values(column: Column, matrix: np.ndarray, layout: Layout, groups: Groups) -> Iterator[Filter]:
    """Filters under which a measure is the mean or sum of a column of the data."""
    width = column.distinct + 1
    for measure in layout.table.columns:
        if measure.kind != "number" or measure is column:
            continue
        numbers = measure.numbers[groups.people]
        known = np.isfinite(numbers)
        place = groups.of[known] * width + column.codes[groups.people][known]
        size = groups.count * width
        total = np.bincount(place, numbers[known], size).reshape(groups.count, width)
        count = np.bincount(place, minlength=size).reshape(groups.count, width)
        pairs = zip(
            _candidates(column, total, total.sum(axis=1)),
            _candidates(column, count, count.sum(axis=1)),
            strict=True,
        )
        for (sums, running, inside), (counts, _, _) in pairs:
            with np.errstate(divide="ignore", invalid="ignore"):
                mean = sums / counts
            for at in range(layout.values.shape[1]):
                for predicted in (mean, sums):
                    for code in _columns_near(predicted, layout.values[:, at], groups.group):
                        yield Filter(column, 0 if running else code, code + 1, inside)


def _columns_near(predicted: np.ndarray, values: np.ndarray, group: np.ndarray) -> list[int]:
    """The columns of a matrix (groups × ranks) that give nearly all values, a few at most."""
    there = np.isfinite(values) & (group >= 0)
    if there.sum() < _FEWEST:
        return []
    seen = values[there]
    half = 0.5 * 10.0 ** -_decimals(seen) + 1e-9 * np.abs(seen)
    near = np.abs(predicted[group[there]] - seen[:, None]) <= half[:, None]
    return [int(code) for code in np.flatnonzero(near.mean(axis=0) >= _AGREE)[:3]]

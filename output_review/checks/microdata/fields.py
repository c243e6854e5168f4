"""The columns of a file under examination, read into arrays, and where their values stand in an index.

Each cell becomes an interval of ranks low ≤ rank < high in a column of the data: empty where the data has no such
value. What the file rounded, the interval covers: with two decimals in the file, all values that round to them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from output_review.checks.microdata.canonical import Reading, Span, year_span
from output_review.checks.microdata.index import Column

Digests = Callable[[list[str]], np.ndarray]
_FUZZ = 1e-10  # relative: what printing ten digits loses
_ROUNDED = 8  # decimals; a file that has more was not rounded
_SIGNIFICANT = 6  # a file that rounds to significant digits keeps at most so many
_BASES = (1000.0, 100.0, 50.0, 25.0, 10.0, 5.0)  # what counts are rounded to


@dataclass(frozen=True)
class Ranks:
    """For each cell of a field the ranks that it may stand for in a column of the data."""

    low: np.ndarray
    high: np.ndarray

    @property
    def hit(self) -> np.ndarray:
        return self.high > self.low


class Field:
    """A column of the file: its name and its cells (m rows)."""

    def __init__(self, name: str, readings: Sequence[Reading], digests: Digests) -> None:
        self.name, self.readings, self._digests = name, readings, digests

    def take(self, rows: np.ndarray) -> "Field":
        """The same for some of its rows."""
        return (
            self
            if len(rows) == len(self.readings)
            else Field(self.name, [self.readings[row] for row in rows], self._digests)
        )

    @cached_property
    def filled(self) -> np.ndarray:
        return np.array([bool(one.text) for one in self.readings], dtype=bool)

    @cached_property
    def numbers(self) -> np.ndarray:
        return np.array([np.nan if one.number is None else one.number for one in self.readings], dtype=np.float64)

    @cached_property
    def decimals(self) -> int:
        """The place of the last digit that any cell has."""
        return max((one.decimals for one in self.readings if one.number is not None), default=0)

    @cached_property
    def places(self) -> np.ndarray:
        """How many decimals each cell was drawn from, integers. Values that were not rounded, such as shares in a
        model, may be short by nature (1/2, 3/4), and are then no rarer than they look."""
        own = np.array([one.decimals for one in self.readings], dtype=np.int64)
        return own if self.decimals > _ROUNDED else np.full(len(own), self.decimals)

    @cached_property
    def texts(self) -> np.ndarray:
        """Digests of the cells as texts, uint64."""
        return self._digests([one.text for one in self.readings])

    def spans(self, moment: bool) -> list[Span | None]:
        if not moment:
            return [one.span for one in self.readings]
        return [one.moment or (year_span(one.number) if one.number is not None else None) for one in self.readings]

    def ranks(self, column: Column) -> Ranks:
        """Where the cells stand in a column of the data."""
        if column.kind == "text":
            return _exact(self.texts, self.filled, column)
        found = [_spanned(self.spans(column.kind == "moment"), column)]
        if column.kind == "number":
            found += [_windows(self.numbers, half, decimals, column) for half, decimals in self._roundings()]
        best = max(found, key=lambda one: int(one.hit.sum()))  # of equals the first: the finest
        return best if found[0] is best or not found[0].hit.any() else _either(found[0], best)

    def _roundings(self) -> list[tuple[np.ndarray, int | None]]:
        """How the file may have rounded, the finest first: half the width of each cell's interval."""
        numbers = self.numbers[~np.isnan(self.numbers)]
        if not len(numbers):
            return []
        fixed = np.full(len(self.numbers), 0.5 * 10.0**-self.decimals)
        found: list[tuple[np.ndarray, int | None]] = [(fixed, self.decimals)]
        with np.errstate(divide="ignore", invalid="ignore"):
            exponent = np.floor(np.log10(np.abs(self.numbers)))
        digits = _significant(numbers)
        if 2 <= digits <= _SIGNIFICANT:
            found.append((0.5 * 10.0 ** (np.nan_to_num(exponent, neginf=0) - digits + 1), None))
        if len(np.unique(numbers)) > 3:
            base = next((one for one in _BASES if not np.any(np.mod(numbers, one))), None)
            found += [(np.full(len(self.numbers), base / 2), None)] if base else []
        return found


def _significant(numbers: np.ndarray) -> int:
    """The fewest digits that all numbers can be written with, up to one more than matters."""
    return next(
        (n for n in range(1, _SIGNIFICANT + 1) if all(float(f"{x:.{n}g}") == x for x in numbers[:200])),
        _SIGNIFICANT + 1,
    )


def _exact(wanted: np.ndarray, filled: np.ndarray, column: Column) -> Ranks:
    low = np.searchsorted(column.values, wanted)
    there = filled & (low < column.distinct)
    there[there] = column.values[low[there]] == wanted[there]
    return Ranks(low, low + there)


def _spanned(spans: list[Span | None], column: Column) -> Ranks:
    low, high = np.zeros(len(spans), dtype=np.int64), np.zeros(len(spans), dtype=np.int64)
    for row, span in enumerate(spans):
        if span is not None:
            low[row] = np.searchsorted(column.values, span.low, "left" if span.low_closed else "right")
            high[row] = np.searchsorted(column.values, span.high, "right" if span.high_closed else "left")
    return Ranks(low, np.maximum(low, high))


def _windows(numbers: np.ndarray, half: np.ndarray, decimals: int | None, column: Column) -> Ranks:
    there = ~np.isnan(numbers)
    wanted = np.where(there, numbers, 0.0)
    fuzz = np.abs(wanted) * _FUZZ
    if decimals is None:
        lower, upper = _edges(wanted, half)
        low = np.searchsorted(column.values, lower - fuzz, "left")
        high = np.searchsorted(column.values, upper - fuzz, "left")
    else:
        low = np.searchsorted(column.values, wanted - half - fuzz, "left")
        high = np.searchsorted(column.values, wanted + half + fuzz, "right")
        low, high = _without_ends(wanted, low, high, decimals, column)
    high = np.where(there, np.maximum(low, high), low)
    return Ranks(low, high)


def _edges(wanted: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Intervals about the cells that meet and do not overlap: where they would, the finer one says where it
    ends.
    """
    numbers, first, inverse = np.unique(wanted, return_index=True, return_inverse=True)
    lower, upper = numbers - half[first], numbers + half[first]
    meet = np.where(half[first][:-1] <= half[first][1:], upper[:-1], lower[1:])
    overlap = upper[:-1] > lower[1:]
    upper[:-1][overlap] = lower[1:][overlap] = meet[overlap]
    return lower[inverse], upper[inverse]


def _without_ends(
    wanted: np.ndarray, low: np.ndarray, high: np.ndarray, decimals: int, column: Column
) -> tuple[np.ndarray, np.ndarray]:
    """A value half-way between two is in the interval of the one that it rounds to (half to even), and in no
    other.
    """
    values = column.values
    if not len(values):
        return low, high
    tolerance = 0.25 * 10.0**-decimals
    first = np.round(values[np.minimum(low, len(values) - 1)], decimals)
    low = low + ((low < high) & (np.abs(first - wanted) > tolerance))
    last = np.round(values[np.maximum(high - 1, 0)], decimals)
    high = high - ((low < high) & (np.abs(last - wanted) > tolerance))
    return low, high


def _either(one: Ranks, other: Ranks) -> Ranks:
    """Cell by cell what the first found, else the second: labels such as "80+" among plain numbers."""
    return Ranks(np.where(one.hit, one.low, other.low), np.where(one.hit, one.high, other.high))

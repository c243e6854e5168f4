"""How many people of the data have all of a row's values at once: f_D(row), for every row of a file in one pass.

A semi-join by ranks: column by column the data's rows are kept that agree with at least one row of the file on
all columns so far, and numbered by which. Intervals of one column must not overlap; those that do cannot be
counted so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from output_review.checks.microdata.fields import Ranks
from output_review.checks.microdata.index import Column

_DENSE = 20_000_000  # so many combinations are looked up in a plain array


class Overlapping(Exception):
    """Two different cells of one column stand for overlapping intervals, such as "<40" and "<50"."""


@dataclass(frozen=True)
class Pick:
    """A column of the file (by its number) matched with a column of the data. `empty` cells (of m) ask for rows
    without a value."""

    field: int
    column: Column
    ranks: Ranks
    empty: np.ndarray

    @cached_property
    def frequency(self) -> np.ndarray:
        """How many rows of the data have a cell's value, for each row of the file."""
        without = len(self.column.codes) - int(self.column.below[-1])
        return np.where(self.empty, without, self.column.count(self.ranks.low, self.ranks.high))

    @cached_property
    def intervals(self) -> tuple[np.ndarray, np.ndarray, int]:
        """For each rank of the data the number of the interval that it is in, for each row of the file the number
        of its own (-1 where there is none), and how many there are."""
        hit = self.ranks.hit & ~self.empty
        end = self.column.distinct + 1
        keys, inverse = np.unique(
            self.ranks.low[hit].astype(np.int64) * end + self.ranks.high[hit], return_inverse=True
        )
        low, high = keys // end, keys % end
        if np.any(low[1:] < high[:-1]):
            raise Overlapping(self.column.name)
        lookup = np.full(end, -1, dtype=np.int32)
        if len(low):
            number = np.searchsorted(low, np.arange(low[0], high[-1]), "right") - 1
            inside = np.arange(low[0], high[-1]) < high[number]
            lookup[low[0] : high[-1]] = np.where(inside, number, -1)
        wanted = np.full(len(hit), -1, dtype=np.int64)
        wanted[hit] = inverse
        lookup[-1] = wanted[self.empty] = len(low)
        return lookup, wanted, len(low) + 1

    def take(self, rows: np.ndarray) -> "Pick":
        """The same for some of the file's rows."""
        ranks = Ranks(self.ranks.low[rows], self.ranks.high[rows])
        return Pick(self.field, self.column, ranks, self.empty[rows])


@dataclass(frozen=True)
class Joint:
    """`group` numbers the file's rows (m) by their combination of values, -1 where one is unknown to the data;
    `people` are rows of the data and `of` the group that each belongs to."""

    group: np.ndarray
    people: np.ndarray
    of: np.ndarray

    @property
    def frequency(self) -> np.ndarray:
        """f_D(row) for each row of the file."""
        counts = np.bincount(self.of, minlength=int(self.group.max(initial=-1)) + 2)
        return np.where(self.group >= 0, counts[self.group], 0)


def join(picks: Sequence[Pick], rows: int, stride: int = 1) -> Joint:
    """The people that agree with each of the file's rows on all picks (at least one), looking at every
    `stride`-th of them; raise `Overlapping`."""
    ordered = sorted(picks, key=lambda one: int(one.frequency.sum()))
    group = np.zeros(rows, dtype=np.int64)
    people = of = np.zeros(0, dtype=np.int64)
    for step, pick in enumerate(ordered):
        lookup, wanted, width = pick.intervals
        codes = pick.column.codes[::stride] if step == 0 else pick.column.codes[people]
        found = lookup[codes]
        kept = np.flatnonzero(found >= 0)
        people = kept * stride if step == 0 else people[kept]
        have = found[kept] if step == 0 else of[kept] * width + found[kept]
        ask = np.where((group >= 0) & (wanted >= 0), group * width + wanted, -1)
        group, of, agree = _renumber(ask, have)
        people, of = people[agree], of[agree]
    return Joint(group, people, of)


def _renumber(ask: np.ndarray, have: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number anew the combinations that are asked for; and of those at hand, which are asked for, and their
    numbers.
    """
    wanted = np.unique(ask[ask >= 0])
    group = np.where(ask >= 0, np.searchsorted(wanted, ask), -1)
    highest = int(wanted[-1]) if len(wanted) else -1
    if highest < _DENSE:
        dense = np.full(highest + 2, -1, dtype=np.int64)
        dense[wanted] = np.arange(len(wanted))
        of = dense[np.minimum(have, highest + 1)]
    else:
        at = np.minimum(np.searchsorted(wanted, have), len(wanted) - 1)
        of = np.where(wanted[at] == have, at, -1)
    return group, of, of >= 0

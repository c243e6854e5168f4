"""How many people of the data have all of a row's values at once: f_D(row), for every row of a file in one pass.

A semi-join by ranks: column by column the data's rows are kept that agree with at least one row of the file on all
columns so far, and numbered by which. Intervals of one column must not overlap; those that do cannot be counted so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from output_review.checks.microdata.fields import Ranks
from output_review.checks.microdata.index import Column

_DENSE = 20_000_000  # so many combinations are looked up in a plain array


class Overlapping(Exception):
    """Two different cells of one column stand for overlapping intervals, such as "<40" and "<50"."""


@dataclass(frozen=True)
class Pick:
    """A column of the file matched with a column of the data. A cell that is not `asked` says nothing: any value
    will do."""

    field: int
    column: Column
    ranks: Ranks

    @property
    def frequency(self) -> np.ndarray:
        """How many rows of the data have a cell's value, for each row of the file."""
        return self.column.count(self.ranks.low, self.ranks.high)


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


def join(picks: Sequence[Pick], rows: int) -> Joint:
    """The people that agree with each of the file's rows on all picks (at least one); raise `Overlapping`."""
    ordered = sorted(picks, key=lambda one: int(one.frequency.sum()))
    group = np.zeros(rows, dtype=np.int64)
    people = of = np.zeros(0, dtype=np.int64)
    for step, pick in enumerate(ordered):
        lookup, wanted, width = _intervals(pick)
        codes = pick.column.codes if step == 0 else pick.column.codes[people]
        found = lookup[codes]
        kept = np.flatnonzero(found >= 0)
        people = kept if step == 0 else people[kept]
        have = found[kept] if step == 0 else of[kept] * width + found[kept]
        ask = np.where((group >= 0) & (wanted >= 0), group * width + wanted, -1)
        group, of, agree = _renumber(ask, have)
        people, of = people[agree], of[agree]
    return Joint(group, people, of)


def _intervals(pick: Pick) -> tuple[np.ndarray, np.ndarray, int]:
    """For each rank of the data the number of the interval that it is in, for each row of the file the number of its
    own, and how many there are."""
    hit = pick.ranks.hit
    pairs = np.stack([pick.ranks.low[hit], pick.ranks.high[hit]], axis=1)
    unique, inverse = np.unique(pairs, axis=0, return_inverse=True)
    if np.any(unique[1:, 0] < unique[:-1, 1]):
        raise Overlapping(pick.column.name)
    edges = np.zeros(pick.column.distinct + 2, dtype=np.int64)
    lookup = np.full(pick.column.distinct + 1, -1, dtype=np.int32)
    if len(unique):
        edges[unique[:, 0]] = 1
        number = np.cumsum(edges)[: pick.column.distinct + 1] - 1
        inside = number >= 0
        inside[inside] = np.flatnonzero(inside) < unique[number[inside], 1]
        lookup[inside] = number[inside]
    wanted = np.full(len(hit), -1, dtype=np.int64)
    wanted[hit] = inverse.reshape(-1)
    return lookup, wanted, max(1, len(unique))


def _renumber(ask: np.ndarray, have: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number anew the combinations that are asked for; and of those at hand, which are asked for, and their numbers."""
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

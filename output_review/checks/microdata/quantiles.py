"""Is a column of the file the same quantile of every row's group? The value of a median is the value of a person.

A group is all people who have the row's other values. If one quantile lies, for nearly every row, within the
ranks that the row's value has in its group, the column is that quantile; values picked from records have no such
order. Where a group is divided further by something that the data does not show (bands of age, a filter), a
median still stays in the middle of the larger group, where records lie anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from output_review.checks.microdata.joint import Joint, Pick, join

_FEWEST_ROWS = 3
_NEARLY = 0.9  # of the rows
_MIDDLE = 0.17  # mean distance from the middle; records: 1/4, with a standard deviation of 1/√48 for one row
_ENOUGH_PEOPLE, _FEWEST_SEEN = 1_000_000, 6
_NEAR = 50  # values on either side
_END = 0.02  # within so much of the smallest or largest it is an endpoint, which no group makes safe


@dataclass(frozen=True)
class Quantile:
    """The pick that is a quantile `at` (0..1) of the groups by the other picks."""

    pick: Pick
    at: float

    @property
    def endpoint(self) -> bool:
        return not _END < self.at < 1 - _END


def common_quantile(picks: Sequence[Pick], rows: np.ndarray, least: int) -> Quantile | None:
    """The first pick, from the rarest values on, that is one quantile of safe groups over these rows of the
    file.
    """
    ordered = sorted((one.take(rows) for one in picks), key=lambda one: int(one.frequency.sum()))
    for number, measure in enumerate(ordered):
        if measure.column.kind == "text":
            continue
        others = ordered[:number] + ordered[number + 1 :]
        fewer = [others[:one] + others[one + 1 :] for one in range(len(others))] if len(others) > 1 else []
        for keys in (others, *fewer):
            if (at := _quantile(measure, keys, least)) is not None:
                original = next(one for one in picks if one.field == measure.field)
                return Quantile(original, at)
    return None


def occupied(pick: Pick, decimals: np.ndarray) -> np.ndarray:
    """Around each cell, the part of the numbers with so many decimals that are somebody's: the chance that a
    number which has nothing to do with the data is one of its values."""
    values = pick.column.values
    step = (
        10.0 ** -decimals.astype(np.float64) if pick.column.kind == "number" else np.full(len(decimals), 86_400.0)
    )
    middle = (np.minimum(pick.ranks.low, max(0, len(values) - 1))).astype(np.int64)
    first, last = np.maximum(middle - _NEAR, 0), np.minimum(middle + _NEAR, len(values) - 1)
    width = np.maximum(values[last] - values[first], step)
    return np.asarray(np.minimum(1.0, (last - first + 1) * step / (width + step)))


def _quantile(measure: Pick, keys: Sequence[Pick], least: int) -> float | None:
    """Of many people every so-manieth is looked at; what that blurs is allowed for."""
    stride = max(1, len(measure.column.codes) // _ENOUGH_PEOPLE)
    joint = join(keys, len(measure.empty), stride) if keys else _everybody(measure)
    codes = measure.column.codes[joint.people]
    known = codes < measure.column.distinct
    order = np.lexsort((codes[known], joint.of[known]))
    of, codes = joint.of[known][order], codes[known][order]
    low, high = [], []
    for row, group in enumerate(joint.group):
        start, end = np.searchsorted(of, [group, group + 1])
        size = end - start
        if group < 0 or size < (least if stride == 1 else _FEWEST_SEEN):
            continue
        ranks = measure.ranks
        first, last = np.searchsorted(codes[start:end], [ranks.low[row], ranks.high[row]])
        blur = 0.5 if stride == 1 else np.sqrt(size)  # two standard deviations of a rank among those seen
        low.append((first - blur) / (size - 1))
        high.append((last - 1 + blur) / (size - 1) if stride > 1 else (last - 0.5) / (size - 1))
    return _shared(np.array(low), np.array(high), len(measure.empty))


def _everybody(measure: Pick) -> Joint:
    """One group of all people."""
    people = np.arange(len(measure.column.codes))
    return Joint(np.zeros(len(measure.empty), dtype=np.int64), people, np.zeros_like(people))


def _shared(low: np.ndarray, high: np.ndarray, rows: int) -> float | None:
    """A point that lies in nearly all of these intervals."""
    if len(low) < max(_FEWEST_ROWS, _NEARLY * rows):
        return None
    inside = [(np.sum((low <= point) & (point <= high)), -abs(point - 0.5), point) for point in (low + high) / 2]
    count, _, point = max(inside)
    if count >= _NEARLY * rows:
        return float(point)
    distance = float(np.abs((low + high) / 2 - 0.5).mean())
    return 0.5 if distance < min(_MIDDLE, 0.25 - 4 / np.sqrt(48 * len(low))) else None

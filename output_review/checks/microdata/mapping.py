"""Which column of the file may be which column of the data, whatever it is called and wherever it stands.

Two ways, because each misses what the other finds. By distribution: the assignment under which the file's values
are most likely draws from the data's columns (Hungarian method). By votes: rare values lead to candidate people,
and the columns in which a row agrees with its best candidate vote for each other; that finds few true rows among
many others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from output_review.checks.microdata.fields import Field, Ranks
from output_review.checks.microdata.index import Table
from output_review.checks.microdata.joint import Overlapping, Pick, join

_MOST_NUMBERS = 20_000_000  # of one array over fields, columns and rows or candidates
_COVERED = 0.5  # so many of a field's cells the data has to know, for the assignment by distribution
_SUPPORTED = 0.5  # so many of the best rows have to agree in a column, for the assignment by votes


@dataclass(frozen=True)
class Pairs:
    """All fields (k) against all columns (c): `low`, `high`, `share` are k × c × m, share the part of the data's
    rows that has a cell's value (0 where none)."""

    fields: Sequence[Field]
    table: Table
    low: np.ndarray
    high: np.ndarray
    share: np.ndarray
    empty: np.ndarray  # k × m

    def pick(self, field: int, column: int) -> Pick:
        ranks = Ranks(self.low[field, column], self.high[field, column])
        return Pick(field, self.table.columns[column], ranks, self.empty[field])

    @property
    def rows(self) -> int:
        return int(self.low.shape[2])


def pairs(fields: Sequence[Field], table: Table) -> Pairs:
    """Look every cell up in every column."""
    rows = len(fields[0].readings)
    shape = (len(fields), len(table.columns), rows)
    low, high = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    share = np.zeros(shape, dtype=np.float32)
    for f, field in enumerate(fields):
        for c, column in enumerate(table.columns):
            if not column.distinct:
                continue
            ranks = field.ranks(column)
            low[f, c], high[f, c] = ranks.low, ranks.high
            share[f, c] = column.count(ranks.low, ranks.high) / table.rows
    return Pairs(fields, table, low, high, share, np.stack([~field.filled for field in fields]))


def room(fields: int, table: Table) -> int:
    """How many rows can be looked at, given so many fields."""
    return max(1, _MOST_NUMBERS // max(1, fields * len(table.columns)))


def by_distribution(found: Pairs) -> list[Pick]:
    """The most likely assignment of fields to columns, of those whose cells the data knows."""
    least = np.log2(found.table.rows) + 6  # what a cell costs that the data does not know
    cost = np.where(found.share > 0, -np.log2(np.maximum(found.share, 1e-30)), least)
    cost = np.where(found.empty[:, None, :], 0.0, cost).sum(axis=2)
    known = (found.share > 0).sum(axis=2) / np.maximum(1, (~found.empty).sum(axis=1))[:, None]
    rows, columns = linear_sum_assignment(cost)
    return [found.pick(f, c) for f, c in zip(rows, columns, strict=True) if known[f, c] >= _COVERED]


def by_votes(found: Pairs) -> list[Pick]:
    """The assignment that people found through rare values speak for; empty if there are none."""
    rows, people = _candidates(found)
    if not len(rows):
        return []
    agree, bits = _agreement(found, rows, people)
    weight = agree * bits
    by_field = weight.max(axis=2)  # n × k
    score = by_field.sum(axis=1) - by_field.max(axis=1)  # what led to the candidate does not count for it
    best = _best(rows, score)
    if not len(best):
        return []
    votes = weight[best].sum(axis=0)
    f, c = linear_sum_assignment(votes, maximize=True)
    chosen = votes[f, c] > 0
    f, c = f[chosen], c[chosen]
    total = weight[best][:, f, c].sum(axis=1)
    good = total >= 0.7 * total.max(initial=0.0)
    support = agree[best][good][:, f, c].mean(axis=0)
    return [found.pick(int(a), int(b)) for a, b, part in zip(f, c, support, strict=True) if part >= _SUPPORTED]


def _candidates(found: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a row of the file and a row of the data that share a rare value: the two rarest of each row."""
    rare = max(2000, found.table.rows // 500) / found.table.rows
    k, c, _ = found.share.shape
    share = np.where((found.share > 0) & (found.share <= rare), found.share, np.inf)
    column = share.argmin(axis=1)  # k × m: of each field the column where it is rarest
    least = share.min(axis=1)
    order = np.argsort(least, axis=0)[:2]  # 2 × m: the two fields
    most = max(1000, _MOST_NUMBERS // (k * c))
    found_rows, found_people = [], []
    wanted = sorted(
        {
            (int(f), int(column[f, r]))
            for n in range(len(order))
            for r, f in enumerate(order[n])
            if least[f, r] < np.inf
        }
    )
    for f, d in wanted:
        rows = np.flatnonzero((order == f).any(axis=0) & (column[f] == d) & (least[f] < np.inf))
        r, p = _people(found.pick(f, d), rows)
        found_rows.append(r[: most // len(wanted) + 1])
        found_people.append(p[: most // len(wanted) + 1])
    none = np.zeros(0, dtype=np.int64)
    return np.concatenate([none, *found_rows]), np.concatenate([none, *found_people])


def _people(pick: Pick, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each of these rows of the file with each person who has its value, the rarest values first."""
    try:
        joint = join([pick.take(rows)], len(rows))
    except Overlapping:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    order = np.argsort(joint.of, kind="stable")
    people, of = joint.people[order], joint.of[order]
    start, end = np.searchsorted(of, joint.group, "left"), np.searchsorted(of, joint.group, "right")
    size = np.where(joint.group >= 0, end - start, 0)
    sequence = np.argsort(size, kind="stable")
    lengths = size[sequence]
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(rows[sequence], lengths), people[np.repeat(start[sequence], lengths) + within]


def _agreement(found: Pairs, rows: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each candidate (n) whether field and column agree, n × k × c, and the bits that says."""
    codes = np.stack([column.codes[people] for column in found.table.columns], axis=1).astype(np.int32)[:, None, :]
    low, high = found.low[:, :, rows].transpose(2, 0, 1), found.high[:, :, rows].transpose(2, 0, 1)
    share = found.share[:, :, rows].transpose(2, 0, 1)
    return (codes >= low) & (codes < high), -np.log2(np.maximum(share, 1e-30))


def _best(rows: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The candidate with the highest score for each row of the file that has any above nothing."""
    order = np.lexsort((-score, rows))
    first = np.unique(rows[order], return_index=True)[1]
    best = order[first]
    return np.asarray(best[score[best] > 0])

"""Does a file hold rows of the data? A test with a null hypothesis, and how many bits speak against it.

Under the null hypothesis a row of the file is an honest aggregate: some of its values (K, a safe group's key)
belong together because at least t people have all of them; the rest (a count, a mean) coincide with values of the
data by chance, each as often as the data has it. Then a person who has all values S of the row is to be found
with probability

    q(row) = max over K ⊆ S with f(K) ≥ t of min(1, f(K) · Π_{j ∉ K} f(j)/N)

where f counts people and N is all of them; K = ∅ gives N·Π f(j)/N, the λ of independent columns. Rows that are
found are compared with Σ q by Chernoff's bound for a sum of independent events, over all rows and over those with
the smallest q (few true rows among many others); what the choice of columns and of rows cost is taken off.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from output_review.checks.microdata import mapping
from output_review.checks.microdata.fields import Field
from output_review.checks.microdata.index import Table
from output_review.checks.microdata.joint import Overlapping, Pick, join
from output_review.checks.microdata.quantiles import common_quantile, occupied

SURE = 7.0  # bits left over: 1 in 128 for a file that is honest
_MOST_SUBSETS = 60
_ENOUGH_PEOPLE = 500_000  # counted; of more every so-manieth
_MOST_ROWS = 1000
_MOST_IN_ORDER = 200  # rows of which it is asked whether they are quantiles


@dataclass(frozen=True)
class Evidence:
    """Rows of the file (numbered from 0) that are rows of a table of the data, and by which columns."""

    table: Table
    picks: tuple[Pick, ...]
    rows: np.ndarray
    frequency: np.ndarray  # f_D of each of these rows on all picks
    bits: float
    endpoint: bool = False  # each group's smallest or largest value, rather than whole rows


def detect(fields: Sequence[Field], table: Table, least: int) -> Evidence | None:
    """The strongest evidence that a file with these columns holds rows of this table; None if there is none.

    `least` is the size t from which a group is safe. Of a long file a part is looked at.
    """
    chosen = _sample(len(fields[0].readings), mapping.room(len(fields), table))
    pairs = mapping.pairs([field.take(chosen) for field in fields], table)
    tried: dict[frozenset[tuple[int, str]], Evidence | None] = {}
    for picks in (mapping.by_votes(pairs), mapping.by_distribution(pairs)):
        key = frozenset((one.field, one.column.name) for one in picks)
        if key not in tried:
            tried[key] = _strongest(pairs, picks, least)
            for one in picks if _bare(pairs) else ():
                tried[frozenset({(one.field, one.column.name)})] = _single(pairs, one, least)
    found = [one for one in tried.values() if one is not None and one.bits > SURE]
    if not found:
        return None
    best = max(found, key=lambda one: one.bits)
    return replace(best, rows=chosen[best.rows])


def _sample(rows: int, most: int) -> np.ndarray:
    """Rows to look at: all, or the first ones and others spread evenly."""
    most = min(most, _MOST_ROWS)
    if rows <= most:
        return np.arange(rows)
    return np.unique(np.concatenate([np.arange(most // 4), np.linspace(0, rows - 1, most - most // 4).astype(int)]))


def _strongest(pairs: mapping.Pairs, picks: list[Pick], least: int) -> Evidence | None:
    """Test an assignment, without the columns that are the same in every row, and without those that are a
    quantile of the group in every row (a median is somebody's value, and yet safe)."""
    picks = [one for one in picks if pairs.rows == 1 or not _constant(one)]
    while len(picks) >= 2:
        evidence = _test(pairs, picks, least)
        if evidence is None or evidence.bits <= SURE:
            return evidence
        quantile = common_quantile(picks, _known(picks), least)
        if quantile is None or quantile.endpoint:
            return replace(evidence, endpoint=quantile is not None)
        picks = [one for one in picks if one is not quantile.pick]
    return None


def _known(picks: Sequence[Pick]) -> np.ndarray:
    """Rows of the file of which the data knows every value; of many the first."""
    return np.flatnonzero(np.stack([one.ranks.hit & ~one.empty for one in picks]).all(axis=0))[:_MOST_IN_ORDER]


def _bare(pairs: mapping.Pairs) -> bool:
    """A list of values with nothing beside it, but perhaps their number: no table that says what they are of."""
    said = [not np.isnan(one.numbers).all() or any(one.spans(moment=True)) for one in pairs.fields]
    return all(said) and len(said) <= 2


def _single(pairs: mapping.Pairs, pick: Pick, least: int) -> Evidence | None:
    """Test one column of numbers or dates: so many values that few people have, where most numbers are
    nobody's.
    """
    rows = _distinct([pick], np.flatnonzero(~pick.empty))
    if pick.column.kind == "text" or pairs.rows < 2 or len(rows) < 2:
        return None
    one = pick.take(rows)
    found = one.ranks.hit & (one.frequency < least)
    bits, few = _bits(found, occupied(one, pairs.fields[pick.field].places[rows]))
    bits -= _price(pairs, [pick]) + np.log2(len(rows))
    if bits <= SURE:
        return None
    quantile = common_quantile([one], few, least)
    if quantile is not None and not quantile.endpoint:
        return None
    return Evidence(pairs.table, (pick,), rows[few], one.frequency[few], bits)


def _constant(pick: Pick) -> bool:
    same = len(np.unique(pick.ranks.low[~pick.empty])) <= 1
    return same and bool(pick.empty.all() or not pick.empty.any())


def _test(pairs: mapping.Pairs, picks: list[Pick], least: int) -> Evidence | None:
    table = pairs.table
    share = np.stack([one.frequency for one in picks]) / table.rows  # s × m
    eligible = (share > 0).all(axis=0) & ~np.stack([one.empty for one in picks]).all(axis=0)
    distinct = _distinct(picks, np.flatnonzero(eligible))
    if not len(distinct):
        return None
    picks_here = [one.take(distinct) for one in picks]
    try:
        frequency = join(picks_here, len(distinct)).frequency
        chance = np.minimum(1.0, table.rows * share[:, distinct].prod(axis=0))
        price = _price(pairs, picks) + np.log2(len(distinct))
        explanations = _explanations(picks_here, share[:, distinct], table.rows, least)
        while (
            _bits(frequency > 0, chance)[0] - price > SURE and (explained := next(explanations, None)) is not None
        ):
            chance = np.maximum(chance, explained)
    except Overlapping:
        return None
    bits, few = _bits(frequency > 0, chance)
    found = distinct[few]
    return Evidence(table, tuple(picks), found, frequency[few], bits - price)


def _distinct(picks: Sequence[Pick], rows: np.ndarray) -> np.ndarray:
    """Of equal rows one."""
    values = np.stack([np.where(one.empty, -1, one.ranks.low)[rows] for one in picks], axis=1)
    return np.sort(rows[np.unique(values, axis=0, return_index=True)[1]]) if len(rows) else rows


def _price(pairs: mapping.Pairs, picks: Sequence[Pick]) -> float:
    """What it costs, in bits, that columns were chosen to fit: for each field, among those that know its cells
    half as well; nothing where the names say the same."""
    bits = 0.0
    for one in picks:
        if pairs.fields[one.field].name.strip().lower() != one.column.name.strip().lower():
            known = (pairs.share[one.field] > 0).sum(axis=1)
            bits += np.log2(max(1, int((known >= 0.5 * max(1, one.ranks.hit.sum())).sum())))
    return float(bits)


def _bits(found: np.ndarray, chance: np.ndarray) -> tuple[float, np.ndarray]:
    """Chernoff's bound, as bits: so many rows found, though each only with this chance; at the number of rows
    with the smallest chances where it says most, and which of those were found."""
    order = np.argsort(chance, kind="stable")
    observed, expected = np.cumsum(found[order]), np.maximum(np.cumsum(chance[order]), 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        says = observed * np.log2(observed / expected) - (observed - expected) / np.log(2)
    says = np.where(observed > expected, says, 0.0)
    most = int(np.argmax(says))
    few = order[: most + 1]
    return float(says[most]), np.sort(few[found[few]])


def _explanations(picks: Sequence[Pick], share: np.ndarray, people: int, least: int) -> Iterator[np.ndarray]:
    """For one group of columns K after the other the chance f(K) · Π share of the others, 0 where K is not safe.

    Groups grow column by column as long as one row's group is safe; of many columns the most frequent come first.
    Of many people every so-manieth is counted.
    """
    stride = max(1, people // _ENOUGH_PEOPLE)
    order = sorted(range(len(picks)), key=lambda one: -share[one].mean())
    safe: set[frozenset[int]] = {frozenset()}
    tested = 0
    for size in range(1, len(picks) + 1):
        grown = [frozenset(one) for one in combinations(order, size)]
        grown = [one for one in grown if any(one - {member} in safe for member in one)]
        safe = set()
        for group in grown[: max(0, _MOST_SUBSETS - tested)]:
            tested += 1
            frequency = stride * join([picks[one] for one in group], share.shape[1], stride).frequency
            others = [one for one in range(len(picks)) if one not in group]
            yield np.where(frequency >= least, np.minimum(1.0, frequency * share[others].prod(axis=0)), 0.0)
            if (frequency >= least).any():
                safe.add(group)

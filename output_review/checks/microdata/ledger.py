"""The ledger of releases: for each cell that was released the set of people behind it, and which cells are too
alike.

Two cells whose sets differ by 1 to t-1 people give those people away: the difference of the numbers is theirs
alone. The sets are roaring bitmaps of rows of the data. Beside a table's cells stand their sums over each of its
keys and over all, which anybody can form. Pure.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pyroaring import BitMap

from output_review.checks.microdata.derive import Derivation
from output_review.checks.microdata.index import Column
from output_review.checks.microdata.joint import Pick


@dataclass(frozen=True)
class Cell:
    """A cell: what it is called, where it is (`row` and `column` of its grid, from 0; -1: a sum over several),
    and the people behind it."""

    words: str
    row: int
    column: int
    people: BitMap
    shown: int = -1  # the count that it shows, -1 if it shows none that is exact
    off: bool = False  # it shows another number than these people give


@dataclass(frozen=True)
class Entry:
    """One released table: the file's name, the indexed table of the data, what it is, its cells."""

    file: str
    dataset: str
    table: str
    words: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Alike:
    """A new cell and a released one that differ by few people: `more` are only in the new one, `fewer` only in
    the old one."""

    new: Cell
    old: Cell
    more: int
    fewer: int


def entry(file: str, found: Derivation, unit: Column | None, names: Sequence[str]) -> Entry:
    """The entry of a table that was found again; `unit` says whose a row is (None: a row is a person), `names`
    what each cell is called."""
    layout, groups = found.layout, found.groups
    order = np.argsort(groups.of, kind="stable")
    people = (groups.people if unit is None else unit.codes[groups.people])[order].astype(np.uint32)
    start = np.searchsorted(groups.of[order], np.arange(groups.count + 1))
    sets = [BitMap(people[start[g] : start[g + 1]]) for g in range(groups.count)]
    shown = np.flatnonzero((groups.group >= 0) & np.isfinite(layout.values).any(axis=1))
    counts = next((layout.values[:, at] for at, how, _ in found.found if how == "number" and not found.base), None)
    cells = [
        Cell(
            names[at],
            int(layout.rows[at]),
            int(layout.columns[at, 0]),
            sets[groups.group[at]],
            -1 if counts is None or np.isnan(counts[at]) else int(counts[at]),
            bool(found.off[at]),
        )
        for at in map(int, shown)
    ]
    cells += _sums(layout.picks, groups.group, sets, shown, names)
    return Entry(file, layout.table.dataset, layout.table.name, found.words(), tuple(cells))


def _sums(
    picks: Sequence[Pick], group: np.ndarray, sets: Sequence[BitMap], shown: np.ndarray, names: Sequence[str]
) -> Iterator[Cell]:
    """The sums that anybody can form: over all cells, and for each value of one key over the others. Cells that
    are totals themselves are left out: they hold people of other cells."""
    known = np.stack([pick.ranks.hit for pick in picks])
    cells = shown[known[:, shown].all(axis=0)]
    if len(cells) > 1:
        yield Cell("the sum of all cells", -1, -1, BitMap.union(*(sets[group[at]] for at in cells)))
    for pick in picks if len(picks) > 1 else ():
        values = pick.ranks.low[cells]
        for value in np.unique(values):
            of = cells[values == value]
            if len(of) > 1:
                words = f"the sum of all with the same {pick.column.name} as {names[int(of[0])]}"
                yield Cell(words, -1, -1, BitMap.union(*(sets[group[at]] for at in of)))


def alike(new: Sequence[Cell], old: Sequence[Cell], least: int) -> list[Alike]:
    """Pairs of cells that differ by 1 to `least` - 1 people, both ways together.

    Cells that differ by so few share one of any `least` members of the new one; so only the old cells of those
    members are compared. A cell of fewer than `least` people is too small by itself, and is left to the rule on
    counts.
    """
    small = {cell.people.serialize() for cell in (*new, *old) if len(cell.people) < least}
    large = [cell for cell in new if len(cell.people) >= least]
    members = [np.array(cell.people[:least].to_array(), dtype=np.uint32) for cell in large]
    owners = _owners(old, BitMap(np.concatenate(members)) if members else BitMap())
    sizes = [len(one.people) for one in old]
    found = []
    for cell, some in zip(large, members, strict=True):
        for at in _holding(owners, some):
            if abs(len(cell.people) - sizes[at]) >= least:
                continue
            more, fewer = _differ(cell, old[at])
            unknown = not more + fewer and cell.off != old[at].off and min(cell.shown, old[at].shown) < 0
            few = 0 < more + fewer < least and (cell.people ^ old[at].people).serialize() not in small
            if few or (unknown and cell.people == old[at].people):
                found.append(Alike(cell, old[at], more, fewer))
    return found


def _differ(new: Cell, old: Cell) -> tuple[int, int]:
    """How many people are only in the new, and only in the old cell; by their counts where both say the same
    people and show different numbers."""
    if new.people == old.people and min(new.shown, old.shown) >= 0:
        return max(0, new.shown - old.shown), max(0, old.shown - new.shown)
    return new.people.difference_cardinality(old.people), old.people.difference_cardinality(new.people)


def _owners(cells: Sequence[Cell], wanted: BitMap) -> tuple[np.ndarray, np.ndarray]:
    """Of the people that are wanted, ascending, those in any cell, and for each the number of a cell that has
    them.
    """
    arrays = [np.array((cell.people & wanted).to_array(), dtype=np.uint32) for cell in cells]
    people = np.concatenate([np.zeros(0, dtype=np.uint32), *arrays])
    cell = np.repeat(np.arange(len(cells)), [len(one) for one in arrays])
    order = np.argsort(people, kind="stable")
    return people[order], cell[order]


def _holding(owners: tuple[np.ndarray, np.ndarray], some: np.ndarray) -> list[int]:
    people, cell = owners
    first, last = np.searchsorted(people, some, "left"), np.searchsorted(people, some, "right")
    return sorted({int(one) for a, b in zip(first, last, strict=True) for one in cell[a:b]})


def to_bytes(entries: Iterable[Entry]) -> bytes:
    """Entries as JSON, bitmaps in their portable format as base64; to be sealed before it is stored."""
    return json.dumps(
        [
            [one.file, one.dataset, one.table, one.words,
             [[c.words, c.row, c.column, b64encode(c.people.serialize()).decode(), c.shown, c.off]
              for c in one.cells]]
            for one in entries
        ]
    ).encode()  # fmt: skip


def from_bytes(data: bytes) -> tuple[Entry, ...]:
    """What `to_bytes` wrote."""
    return tuple(
        Entry(file, dataset, table, words, tuple(
            Cell(said, row, column, BitMap.deserialize(b64decode(people)), shown, off)
            for said, row, column, people, shown, off in cells
        ))
        for file, dataset, table, words, cells in json.loads(data)
    )  # fmt: skip

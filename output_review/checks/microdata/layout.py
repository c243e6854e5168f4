"""What the cells of a table are about: which columns are keys, found by their values in the data.

A table comes long (a row for each group, measures beside the keys) or wide (one key along the top, as a crosstab
has it). Each cell ends as a group: its values of the keys. A label that the data does not know ("Total", "All",
"Ensemble") stands for everybody, as long as most labels of its column are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from output_review.checks.grids import Grid
from output_review.checks.microdata.canonical import CODE, read
from output_review.checks.microdata.fields import Digests, Field
from output_review.checks.microdata.index import Column, Table
from output_review.checks.microdata.joint import Joint, Pick, join

_KNOWN = 0.5  # so many labels of a key column have to be known; the rest are totals
_READINGS = 5  # ways to read the keys that are tried
_ALL_KNOWN = 0.95  # the same for a column of plain numbers, which may be anything


@dataclass(frozen=True, eq=False)
class Layout:
    """Cells (c of them) of one table of the data: where each is in the grid, and its keys as picks over cells.

    `measures` are values (c) by what the columns call them; `sure` is whether the keys cannot be something else.
    """

    table: Table
    rows: np.ndarray
    columns: np.ndarray  # c × measures: the grid's column of each value
    picks: tuple[Pick, ...]
    measures: tuple[str, ...]
    values: np.ndarray  # c × measures
    sure: bool


@dataclass(frozen=True, eq=False)
class Groups:
    """`group` of each cell (-1: none); rows of the data (`people`) and the group each is in (`of`). Somebody who
    counts in a total as well is there twice."""

    group: np.ndarray
    people: np.ndarray
    of: np.ndarray
    count: int

    @property
    def sizes(self) -> np.ndarray:
        return np.bincount(self.of, minlength=self.count)


def layouts(grid: Grid, table: Table, digests: Digests) -> list[Layout]:
    """The ways in which a grid can be read as a table of this data, the likeliest first; empty if in none."""
    fields = [Field(name, [read(row[at]) for row in grid.cells], digests) for at, name in enumerate(grid.columns)]
    wide = _along_the_top(grid, table, digests)
    found = []
    for columns, top in [wide, ((), None)] if wide[0] else [((), None)]:
        keys = _keys(fields, columns, table)
        values = columns or tuple(
            at for at in range(len(fields)) if at not in {key.field for key in keys} and _numeric(fields[at])
        )
        if (keys or top) and values:
            found += [_laid_out(grid, table, one, values, top) for one in _read_otherwise(keys, fields, table)]
    return found


def _read_otherwise(keys: list[Pick], fields: Sequence[Field], table: Table) -> list[list[Pick]]:
    """The keys, and with one of them standing for another column of the data that knows its numbers or bands."""
    found = [keys]
    for at, key in enumerate(keys):
        if key.column.kind != "number" or _same(fields[key.field].name, key.column.name):
            continue
        others, taken = [*keys[:at], *keys[at + 1 :]], [one.column for one in keys]
        while len(found) < _READINGS and (
            other := _matched(key.field, fields[key.field], table, taken, _ALL_KNOWN)
        ):
            found.append([*others, *other])
            taken.append(other[0].column)
    return found


def _numeric(field: Field) -> bool:
    return bool(np.isfinite(field.numbers).any())


def _along_the_top(grid: Grid, table: Table, digests: Digests) -> tuple[tuple[int, ...], Pick | None]:
    """The grid's columns whose names are values of one column of the data, and that key with the names as
    cells.
    """
    best: tuple[tuple[int, ...], Pick | None] = ((), None)
    highest = (0, 0.0)
    names = Field("", [read(name) for name in grid.columns], digests)
    for column in table.columns:
        ranks = names.ranks(column)
        known = np.flatnonzero(ranks.hit & (column.count(ranks.low, ranks.high) < table.rows))
        known = np.array([at for at in known if np.isfinite(grid.numbers[:, at]).any()], dtype=np.int64)
        share = column.count(ranks.low, ranks.high)[known] / table.rows
        rank = (len(known), float(np.log(share).mean()) if len(known) else 0.0)
        if len(known) >= 2 and rank > highest:
            highest, best = rank, (_with_total(known, grid), Pick(-1, column, ranks, ~names.filled))
    return best


def _with_total(known: np.ndarray, grid: Grid) -> tuple[int, ...]:
    """A single further column of numbers beside those of one key is their total."""
    others = [at for at in grid.values if at not in known and at > known.min()]
    return tuple(sorted([*map(int, known), *(others if len(others) == 1 else [])]))


def _keys(fields: Sequence[Field], taken: Sequence[int], table: Table) -> list[Pick]:
    """Columns of words that the data knows; of numbers only what is needed to tell the rows apart."""
    keys: list[Pick] = []
    free = [at for at in range(len(fields)) if at not in taken]
    for at in free:
        if not _numeric(fields[at]) or _labelled(fields[at]) or _coded(fields[at]):
            keys += _matched(at, fields[at], table, [key.column for key in keys], _KNOWN)
    for at in free:
        if _tell_apart(keys, len(fields[0].readings)):
            break
        if all(at != key.field for key in keys) and not (keys and _counted(fields[at])):
            number = _matched(at, fields[at], table, [key.column for key in keys], _ALL_KNOWN)
            if not keys and not _ascending(fields[at]):
                break
            keys += number
    return keys


def _labelled(field: Field) -> bool:
    return any(one.span or one.moment for one in field.readings)


def _coded(field: Field) -> bool:
    """Whether a cell has letters with digits, as 2A among the numbers of départements."""
    return any(one.number is None and CODE.fullmatch(one.text) for one in field.readings)


def _counted(field: Field) -> bool:
    """Whether it is a frame's own index: nameless, 0, 1, 2, ..."""
    return not field.name.strip() and np.array_equal(field.numbers, np.arange(len(field.readings)))


def _ascending(field: Field) -> bool:
    return bool((np.diff(field.numbers[np.isfinite(field.numbers)]) >= 0).all())


def _tell_apart(keys: Sequence[Pick], rows: int) -> bool:
    if not keys:
        return False
    values = np.stack([key.ranks.low for key in keys], axis=1)
    return len(np.unique(values, axis=0)) >= 0.95 * rows


def _matched(at: int, field: Field, table: Table, taken: Sequence[Column], least: float) -> list[Pick]:
    """The column of the data that knows most of a field's cells: of equals the one of its name, else the
    likeliest.
    """
    best: tuple[float, bool, float] | None = None
    chosen: list[Pick] = []
    filled = max(1, int(field.filled.sum()))
    for column in table.columns:
        if any(one is column for one in taken) or not column.distinct:
            continue
        ranks = field.ranks(column)
        known = int(ranks.hit.sum()) / filled
        share = column.count(ranks.low, ranks.high)[ranks.hit] / table.rows
        rank = (
            round(known, 2),
            _same(field.name, column.name),
            float(np.log(share).mean()) if len(share) else -99.0,
        )
        if known >= least and (best is None or rank > best):
            best, chosen = rank, [Pick(at, column, ranks, np.zeros(len(field.filled), dtype=bool))]
    return chosen


def _same(one: str, other: str) -> bool:
    return one.strip().lower() == other.strip().lower()


def _laid_out(grid: Grid, table: Table, keys: list[Pick], values: Sequence[int], top: Pick | None) -> Layout:
    rows = np.arange(len(grid.cells))
    sure = all(key.column.kind != "number" or _same(grid.columns[key.field], key.column.name) for key in keys)
    if top is None:
        columns = np.tile(np.array(values), (len(rows), 1))
        return Layout(
            table,
            rows,
            columns,
            tuple(keys),
            tuple(grid.columns[at] for at in values),
            grid.numbers[:, values],
            sure,
        )
    many = len(values)
    repeated = np.repeat(rows, many)
    columns = np.tile(np.array(values), len(rows))
    picks = [key.take(repeated) for key in keys]
    along = top.take(columns)
    picks.append(replace(along, empty=np.zeros(len(columns), dtype=bool)))
    return Layout(
        table, repeated, columns[:, None], tuple(picks), ("",), grid.numbers[repeated, columns][:, None], sure
    )


def gather(layout: Layout) -> Groups:
    """The people behind each cell; raise `joint.Overlapping`. Cells with the same known keys are one pattern,
    joined at once; a cell without any known key is of everybody."""
    known = np.stack([pick.ranks.hit for pick in layout.picks])
    cells = known.shape[1]
    group = np.full(cells, -1, dtype=np.int64)
    people, of, count = [], [], 0
    for pattern in np.unique(known, axis=1).T:
        here = np.flatnonzero((known == pattern[:, None]).all(axis=0))
        asked = [pick.take(here) for pick, one in zip(layout.picks, pattern, strict=True) if one]
        joint = join(asked, len(here)) if asked else _everybody(layout.table, len(here))
        group[here] = np.where(joint.group >= 0, joint.group + count, -1)
        people.append(joint.people)
        of.append(joint.of + count)
        count += int(joint.group.max(initial=-1)) + 1
    return Groups(group, np.concatenate(people), np.concatenate(of), count)


def _everybody(table: Table, cells: int) -> Joint:
    people = np.arange(table.rows)
    return Joint(np.zeros(cells, dtype=np.int64), people, np.zeros_like(people))

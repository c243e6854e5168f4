"""What a run's checks share: the indexes of the granted datasets, and a part's cells as fields.

The key lies beside the indexes in `scratch`, which is the project's own and never leaves; without `prepare`, or
once the data has changed, there is no index, and what needs it is not checked.
"""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import duckdb
import numpy as np

from output_review.checks.microdata import sealed, sources
from output_review.checks.microdata.canonical import read
from output_review.checks.microdata.fields import Field
from output_review.checks.microdata.index import Table
from output_review.checks.parts import Cell, Sheet, Skipped
from output_review.checks.registry import Context

MOST_FIELDS = 200
_KEY = "index.key"


def prepare(context: Context) -> None:
    """Index every granted dataset, in `context.scratch`; what is there and fits is kept."""
    if context.scratch is None:
        return
    for name, folder in sorted(context.data.items()):
        sealed.tables(name, folder, context.scratch, key(context.scratch))


def tables(context: Context) -> tuple[Table, ...]:
    """The indexed tables of all granted datasets; raise `Skipped` if one is not indexed."""
    if context.scratch is None or not (context.scratch / _KEY).exists():
        raise Skipped("the granted data was not indexed")
    return _opened(tuple(sorted(context.data.items())), context.scratch)


@cache
def _opened(data: tuple[tuple[str, Path], ...], scratch: Path) -> tuple[Table, ...]:
    found: list[Table] = []
    for name, folder in data:
        try:
            held = sealed.made(name, folder, scratch, key(scratch))
        except sealed.Damaged as error:
            raise Skipped(f"the index of {name} cannot be used: {error}") from error
        if held is None:
            raise Skipped(f"the index of {name} is of another version of the data")
        found += [table for table in held if table.rows]
    return tuple(found)


def key(scratch: Path) -> bytes:
    """The project's key, made when it is first needed; its owner alone may read it."""
    path = scratch / _KEY
    if not path.exists():
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(os.urandom(32))
    return path.read_bytes()


def fields(names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[Field]:
    """The columns of a table; short rows are filled up with empty cells."""
    if len(names) > MOST_FIELDS:
        raise Skipped(f"it has {len(names):,} columns; {MOST_FIELDS} are looked through")
    columns = [[row[at] if at < len(row) else None for row in rows] for at in range(len(names))]
    return [
        Field(name, [read(cell) for cell in cells], digests) for name, cells in zip(names, columns, strict=True)
    ]


def digests(texts: list[str]) -> np.ndarray:
    """The digests of texts as they stand in an index."""
    return sources.digests(connection(), texts)


@cache
def connection() -> duckdb.DuckDBPyConnection:
    return sources.connect(memory="512MB", threads=1)


def some_rows(sheet: Sheet, most: int) -> Mapping[int, Sequence[Cell]]:
    """Rows of a sheet by their number from 0: all, or of a long one the first and blocks spread evenly."""
    count = sheet.count()
    if count <= most:
        return dict(enumerate(sheet.rows(0, count)))
    blocks, length = 10, most // 10
    starts = [(count - length) * one // (blocks - 1) for one in range(blocks)]
    return {start + at: row for start in starts for at, row in enumerate(sheet.rows(start, length))}

"""Parquet and Feather: read by Arrow, a batch of rows at a time, on this one thread.

What such a file carries beside its cells leaves with it, so it is given as sheets of its own: metadata (pandas
writes its types there, but anything may stand there), the minimum and maximum of each column, and the levels of a
category that no row uses: two exported rows of a pandas category can carry everybody's name.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import accumulate, islice
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from output_review.kinds import Form, Kind
from output_review.readers.arrow_cells import cells
from output_review.readers.tables import Listed, Row, Sheet
from output_review.readers.unreadable import Unreadable

_BATCH = 8192  # rows
# Written by pandas and Arrow themselves: which column is the index, of which type it was.
_USUAL = {b"pandas", b"ARROW:schema", b"PARQUET:field_id"}
_DAMAGE = (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, IndexError)


class _Source(ABC):
    """The parts of a file: record batches of a Feather file, row groups of a Parquet file."""

    schema: pa.Schema
    sizes: list[int]  # rows of each part

    @abstractmethod
    def batches(self, part: int) -> Iterator[pa.RecordBatch]:
        """The rows of a part, a bounded number at a time."""

    @abstractmethod
    def column(self, part: int, name: str) -> Iterator[pa.DictionaryArray]:
        """One column of a part."""

    def beside(self) -> list[Sheet]:
        return []


class _Feather(_Source):
    def __init__(self, file: BinaryIO) -> None:
        # From memory: Arrow reads other files on a thread of its own, and the child that examines may have none.
        held = pa.BufferReader(file.read())
        self._opened = pa.ipc.open_file(held, options=pa.ipc.IpcReadOptions(use_threads=False))
        self.schema = self._opened.schema
        self.sizes = [self._opened.get_batch(i).num_rows for i in range(self._opened.num_record_batches)]

    def batches(self, part: int) -> Iterator[pa.RecordBatch]:
        yield self._opened.get_batch(part)

    def column(self, part: int, name: str) -> Iterator[pa.DictionaryArray]:
        yield self._opened.get_batch(part).column(name)


class _Parquet(_Source):
    def __init__(self, file: BinaryIO) -> None:
        meta = pq.read_metadata(file)
        schema = meta.schema.to_arrow_schema()
        # Read as dictionaries, whatever the schema calls them, so that values without a row are seen too.
        texts = [field.name for field in schema if _is_text(field.type)]
        self._opened = pq.ParquetFile(file, metadata=meta, read_dictionary=texts, pre_buffer=False)
        self.schema, self._meta = self._opened.schema_arrow, meta
        self.sizes = [meta.row_group(i).num_rows for i in range(meta.num_row_groups)]

    def batches(self, part: int) -> Iterator[pa.RecordBatch]:
        yield from self._opened.iter_batches(_BATCH, row_groups=[part], use_threads=False)

    def column(self, part: int, name: str) -> Iterator[pa.DictionaryArray]:
        rows = max(1, self.sizes[part])
        for batch in self._opened.iter_batches(rows, row_groups=[part], columns=[name], use_threads=False):
            yield batch.column(0)

    def beside(self) -> list[Sheet]:
        groups = [self._meta.row_group(i) for i in range(self._meta.num_row_groups)]
        found: list[Row] = [
            (number, chunk.path_in_schema, *_bounds(chunk.statistics))
            for number, group in enumerate(groups, 1)
            for chunk in (group.column(i) for i in range(group.num_columns))
            if chunk.statistics is not None and chunk.statistics.has_min_max
        ]
        return [Listed("Statistics", ("row group", "column", "minimum", "maximum"), found)] if found else []


class Columnar(Sheet):
    """The rows of such a file."""

    def __init__(self, source: _Source) -> None:
        self.columns = tuple(str(name) for name in source.schema.names)
        self._source = source
        self._firsts = [0, *accumulate(source.sizes)]
        self._reading: Iterator[Row] = iter(())
        self._next = -1

    def rows(self, start: int, count: int) -> list[Row]:
        try:
            if start != self._next:
                self._reading = self._from(start)
            found = list(islice(self._reading, count))
        except _DAMAGE as error:
            raise Unreadable(f"It is damaged: {error}") from error
        self._next = start + len(found)
        return found

    def count(self) -> int:
        return self._firsts[-1]

    def _from(self, start: int) -> Iterator[Row]:
        for part, first in enumerate(self._firsts[:-1]):
            if self._firsts[part + 1] <= start:
                continue
            for batch in self._source.batches(part):
                skip = max(0, start - first)
                first += batch.num_rows
                if skip < batch.num_rows:
                    yield from cells(batch.slice(skip))


def read(file: BinaryIO, kind: Kind) -> tuple[Sheet, ...]:
    """The table, then what the file carries beside it; see `tables.sheets`. Reads the categories' columns whole."""
    file.seek(0)
    try:
        source = _Feather(file) if kind.form is Form.FEATHER else _Parquet(file)
        return (Columnar(source), *_metadata(source.schema), *source.beside(), *_unused(source))
    except _DAMAGE as error:
        raise Unreadable(f"It is damaged, or no {kind.words} that is read here: {error}") from error


def _metadata(schema: pa.Schema) -> list[Sheet]:
    told = [("the file", key, value) for key, value in (schema.metadata or {}).items()]
    told += [(field.name, key, value) for field in schema for key, value in (field.metadata or {}).items()]
    rows: list[Row] = [(where, _told(key), _told(value)) for where, key, value in told if key not in _USUAL]
    return [Listed("Metadata", ("of", "key", "value"), rows)] if rows else []


def _unused(source: _Source) -> list[Sheet]:
    """The values that a file keeps for a column and no row has."""
    names = [field.name for field in source.schema if pa.types.is_dictionary(field.type)]
    found: list[Sheet] = []
    for name in names:
        idle, used = set[Any](), set[Any]()
        for part in range(len(source.sizes)):
            for column in source.column(part, name):
                seen = np.zeros(len(column.dictionary), bool)
                seen[column.indices.drop_null().to_numpy()] = True
                idle.update(column.dictionary.filter(pa.array(~seen)).to_pylist())
                used.update(column.dictionary.filter(pa.array(seen)).to_pylist())
        if rows := [(_told(value),) for value in idle - used]:
            found.append(Listed(f"Unused levels of “{name}”", ("value",), sorted(rows)))
    return found


def _bounds(statistics: Any) -> tuple[str, str]:
    """The least and the greatest value; as they are stored if Python has no such value."""
    try:
        return _told(statistics.min), _told(statistics.max)
    except _DAMAGE:
        return str(statistics.min_raw), str(statistics.max_raw)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))


def _told(value: Any) -> str:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)

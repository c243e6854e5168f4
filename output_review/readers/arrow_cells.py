"""Arrow's values as the cells of a table."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pyarrow as pa

from output_review.readers.tables import Cell, Row

_PLAIN = (bool, int, float, str, date, time)


def cells(batch: pa.RecordBatch) -> Iterator[Row]:
    """The rows of a batch. What is no plain value (lists, records, bytes, decimals) becomes text."""
    columns = [_values(column) for column in batch.columns]
    return zip(*columns, strict=True) if columns else iter([()] * batch.num_rows)


def _values(column: pa.Array) -> list[Cell]:
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = _coarser(column, pa.timestamp("us", column.type.tz))
    if pa.types.is_float32(column.type):  # the shortest decimal that is the same number: 6.9, not 6.900000095
        return [None if value is None else float(value) for value in column.cast(pa.string()).to_pylist()]
    try:
        return [_cell(value) for value in column.to_pylist()]
    except (pa.ArrowException, ValueError, OverflowError, KeyError):  # no time that Python knows, or no such zone
        return [None if value is None else str(value) for value in _as_text(column).to_pylist()]


def _coarser(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """In microseconds, as Python counts; as text where that would lose something."""
    try:
        return column.cast(kind)
    except pa.ArrowInvalid:
        return _as_text(column)


def _as_text(column: pa.Array) -> pa.Array:
    """A moment whose zone nobody knows is given in UTC, as it is stored."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp(column.type.unit))
    return column.cast(pa.string())


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, _PLAIN):
        return value
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)

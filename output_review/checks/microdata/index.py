"""The index of a table: for each column its distinct values in order, and for each row the rank of its value.

From that follow how often a value occurs, which rows have values within an interval (rounding keeps order), and
any grouping, without reading the data again. A column's distinct values are float64 (numbers, seconds) or 64-bit
digests of canonical texts; ranks take as few bytes as they need. An index is personal data: `sealed` keeps it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np
import pyarrow as pa

from output_review.checks.microdata import sources

Arrays = Callable[[], tuple[np.ndarray, np.ndarray]]


class Column:
    """A column: `values` distinct and ascending (U), `codes` the rank of each row's value (N; U where it has
    none).

    `kind` is "number", "moment" (seconds since 1970, UTC) or "text".
    """

    def __init__(self, name: str, kind: str, distinct: int, arrays: Arrays) -> None:
        self.name, self.kind, self.distinct = name, kind, distinct
        self._arrays = arrays

    @cached_property
    def _both(self) -> tuple[np.ndarray, np.ndarray]:
        return self._arrays()

    @property
    def values(self) -> np.ndarray:
        return self._both[0]

    @property
    def codes(self) -> np.ndarray:
        return self._both[1]

    @cached_property
    def below(self) -> np.ndarray:
        """How many rows have a value of a lower rank, for ranks 0..U (U + 1 numbers; the last: all with a
        value).
        """
        counts = np.bincount(self.codes, minlength=self.distinct + 1)[: self.distinct]
        return np.concatenate(([0], np.cumsum(counts)))

    @cached_property
    def numbers(self) -> np.ndarray:
        """The value of each row as float64, not a number where there is none; only of what is no text."""
        return np.asarray(np.append(self.values, np.nan)[self.codes])

    def count(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """How many rows have a rank in low ≤ rank < high."""
        return np.asarray(self.below[high] - self.below[low])


@dataclass(frozen=True)
class Table:
    """One table of a dataset, indexed."""

    dataset: str
    name: str
    rows: int
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column | None:
        return next((one for one in self.columns if one.name == name), None)


def build(connection: duckdb.DuckDBPyConnection, source: sources.Source) -> Table:
    """Index a table; columns without plain values (lists, blobs) are left out."""
    columns = []
    for name in source.columns:
        read = sources.column(connection, source, name)
        if read is not None:
            columns.append(encode(name, read))
    return Table(source.dataset, source.name, source.rows, tuple(columns))


def encode(name: str, read: sources.Values) -> Column:
    """A column from the values of its rows."""
    array = pa.array(read.values, mask=~read.present).dictionary_encode()
    found = np.asarray(array.dictionary)
    order = np.argsort(found)
    distinct = len(found)
    rank = np.empty(distinct + 1, dtype=_smallest(distinct))
    rank[order] = np.arange(distinct)
    rank[distinct] = distinct
    codes = rank[np.asarray(array.indices.fill_null(distinct))]
    values = found[order]
    return Column(name, read.kind, distinct, lambda: (values, codes))


def _smallest(highest: int) -> np.dtype:
    return np.min_scalar_type(highest)

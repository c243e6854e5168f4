"""A table in text: fields between delimiters, read piece by piece, never whole."""

import csv
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from output_review.kinds import Kind
from output_review.readers.encoding import doubts
from output_review.readers.records import Stretch, records, stretches
from output_review.readers.tables import Row, Sheet

_BOM = b"\xef\xbb\xbf"
_LARGEST_FIELD = 1 << 30  # characters; memory bounds it earlier


class Delimited(Sheet):
    """The one sheet of a delimited text. Its header is the first record that is no blank line."""

    def __init__(self, file: BinaryIO, delimiter: str) -> None:
        csv.field_size_limit(_LARGEST_FIELD)
        file.seek(0)
        self._begin = len(_BOM) if file.read(len(_BOM)) == _BOM else 0
        self._file, self._delimiter = file, delimiter
        self._reading: Iterator[list[str]] = iter(())
        self._next = -1  # the record that `_reading` gives next, the header being number 0
        self._known: list[Stretch] = []
        self._firsts: list[int] = []  # the number of each stretch's first record
        self._uncounted = stretches(file, self._begin, delimiter)
        self.columns = tuple((self._records(0, 1) or [[]])[0])

    def rows(self, start: int, count: int) -> list[Row]:
        return [tuple(row) for row in self._records(start + 1, count)]

    def count(self) -> int:
        self._learn()
        return max(0, sum(stretch.count for stretch in self._known) - 1)

    def width(self) -> int:
        return max(self._widths(), default=0)

    @property
    def notes(self) -> tuple[str, ...]:
        """Reads the whole file: rows that differ in length, bytes that are no text, what cannot be seen."""
        widths = self._widths()
        found = doubts(self._file).notes
        if len(widths) > 1:
            found += (f"The rows are not equally long: between {min(widths)} and {max(widths):,} columns.",)
        return found

    def _widths(self) -> frozenset[int]:
        self._learn()
        return frozenset().union(*(stretch.widths for stretch in self._known))

    def _records(self, first: int, count: int) -> list[list[str]]:
        if first != self._next:
            self._seek(first)
        found = list(islice(self._reading, count))
        self._next = first + len(found)
        return found

    def _seek(self, first: int) -> None:
        """Let reading go on with the record `first`; no more of the file is counted than lies before it."""
        self._learn(first)
        at = max(0, bisect_right(self._firsts, first) - 1)
        offset, passed = (self._known[at].offset, self._firsts[at]) if self._known else (self._begin, 0)
        self._reading = records(self._file, offset, self._delimiter)
        next(islice(self._reading, first - passed, first - passed), None)

    def _learn(self, until: int | None = None) -> None:
        """Count records up to the number `until`, all if none is given."""
        self._next = -1  # counting moves in the file
        total = self._firsts[-1] + self._known[-1].count if self._known else 0
        while until is None or total <= until:
            stretch = next(self._uncounted, None)
            if stretch is None:
                return
            self._known.append(stretch)
            self._firsts.append(total)
            total += stretch.count


def read(file: BinaryIO, kind: Kind) -> tuple[Sheet, ...]:
    """The text's one sheet; see `tables.sheets`."""
    return (Delimited(file, kind.delimiter),)

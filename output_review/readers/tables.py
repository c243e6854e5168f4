"""A file of sheets: whatever form a table is written in, its cells are read through `Sheet`.

`sheets` gives what the file holds, in the file's order, hidden sheets and caches too. Workbooks are read whole by
it; of other files a sheet reads what it is asked for. A sheet keeps the file and moves in it: the file must stay
open, and one sheet is read at a time.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from importlib import import_module
from typing import BinaryIO, Literal

from output_review.kinds import Form, Kind
from output_review.readers.unreadable import Unreadable

Cell = None | bool | int | float | str | date | datetime | time
Row = tuple[Cell, ...]
Visibility = Literal["shown", "hidden", "very hidden"]

# Imported when such a file is there: a text need not wait for, nor trust, a library of spreadsheets.
_READERS = {
    Form.DELIMITED: "delimited",
    Form.EXCEL: "workbook",
    Form.ODS: "workbook",
    Form.PARQUET: "columnar",
    Form.FEATHER: "columnar",
}


@dataclass(frozen=True)
class Formula:
    """What a cell computes, as text: `row` from 0 after the header (-1 is the header), `column` from 0."""

    row: int
    column: int
    text: str


class Sheet(ABC):
    """One rectangle of cells under a header. Rows and columns are counted from 0, rows after the header.

    name: the sheet's own, empty where the form has none (delimited text, Parquet, Feather).
    visibility: "very hidden" for what no program's pages show, such as the cache of a pivot table.
    columns: the header's cells as text. A row may be longer or shorter than it in delimited text only.
    """

    name: str = ""
    visibility: Visibility = "shown"
    columns: tuple[str, ...] = ()

    @abstractmethod
    def rows(self, start: int, count: int) -> list[Row]:
        """At most `count` rows from `start`, fewer at the end; cheap if `start` is where the last call ended.

        Cells of delimited text are text as written, never guessed. Raise `Unreadable` for damage on the way.
        """

    @abstractmethod
    def count(self) -> int:
        """How many rows there are."""

    def width(self) -> int:
        """How many cells the longest row has."""
        return len(self.columns)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not read, or is not seen at first sight, in words for a person."""
        return ()

    @property
    def formulas(self) -> tuple[Formula, ...]:
        return ()

    @property
    def hidden_rows(self) -> frozenset[int]:
        """The numbers of the rows that the file hides."""
        return frozenset()

    @property
    def hidden_columns(self) -> frozenset[int]:
        return frozenset()


class Listed(Sheet):
    """A sheet whose rows are in memory: the small things that a file carries beside its tables."""

    def __init__(
        self, name: str, columns: Sequence[str], rows: Iterable[Row], visibility: Visibility = "very hidden"
    ) -> None:
        self.name, self.columns, self.visibility = name, tuple(columns), visibility
        self._rows = list(rows)

    def rows(self, start: int, count: int) -> list[Row]:
        return self._rows[start : start + count]

    def count(self) -> int:
        return len(self._rows)


def sheets(file: BinaryIO, kind: Kind) -> tuple[Sheet, ...]:
    """What a seekable file of this kind holds, at least one sheet; raise `Unreadable`."""
    if kind.form is None:
        raise Unreadable(f"{kind.words}: this is no table.")
    module = import_module(f"output_review.readers.{_READERS[kind.form]}")
    read: Callable[[BinaryIO, Kind], tuple[Sheet, ...]] = module.read
    return read(file, kind)

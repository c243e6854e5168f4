"""Excel (xlsx, xlsm) and OpenDocument workbooks: values by python-calamine, all else by reading the parts' markup.

Nothing is computed: a formula's last value is shown where the file keeps one, and the formula is said as text. What
a person does not see when the file is opened is in the notes: hidden rows and columns, comments, macros, links.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any, BinaryIO

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from output_review.kinds import Form, Kind
from output_review.readers.beside import beside
from output_review.readers.marks import Marks, marks_of_excel, marks_of_ods
from output_review.readers.packages import parts_of, repacked
from output_review.readers.tables import Cell, Formula, Row, Sheet, Visibility
from output_review.readers.unreadable import Unreadable

MOST_CELLS = 4_000_000  # of one sheet's rectangle: memory is taken for the empty ones too
_ENDINGS = (".xml", ".rels")
_VISIBILITY: tuple[tuple[SheetVisibleEnum, Visibility], ...] = (
    (SheetVisibleEnum.Visible, "shown"),
    (SheetVisibleEnum.Hidden, "hidden"),
    (SheetVisibleEnum.VeryHidden, "very hidden"),
)
_CARRIED = (
    (r"xl/vbaProject\.bin|Basic/.+|Scripts/.+", "macros: {} parts, never run, not read"),
    (r"xl/externalLinks/[^/]+\.xml", "links to other files: {}"),
    (r"xl/pivotCache/pivotCacheRecords[^/]*\.xml", "pivot tables' caches of their source rows: {}"),
    (r"xl/charts/chart[^/]*\.xml|Object [^/]+/content\.xml", "charts with cells kept of their source: {}"),
    (r"xl/(threadedC|c)omments/?[^/]*\.xml", "comments: {} parts"),
    (r"xl/media/.+|Pictures/.+", "pictures: {}, not looked at"),
    (r"xl/embeddings/.+|Object [^/]+", "embedded files: {}, not looked at"),
    (r"customXml/item\d+\.xml|docProps/custom\.xml", "custom data: {} parts"),
)


class WorkbookSheet(Sheet):
    """One sheet. Its header is row 1, so that row n of the table is row n + 1 of the sheet."""

    carried: tuple[str, ...] = ()  # what the workbook carries beside its sheets, said with the first of them

    def __init__(self, sheet: CalamineSheet, visibility: Visibility, marks: Marks) -> None:
        self.name, self.visibility = sheet.name, visibility
        self._sheet, self._marks = sheet, marks
        self._left = sheet.start[1] if sheet.start else 0
        self._reading: Iterator[Row] = iter(())
        self._next = -1
        header = self._lines(0, 1)
        self.columns = tuple("" if cell is None else str(cell) for cell in (header[0] if header else ()))

    def rows(self, start: int, count: int) -> list[Row]:
        return self._lines(start + 1, count)

    def count(self) -> int:
        return max(0, self._sheet.end[0]) if self._sheet.end else 0

    @property
    def notes(self) -> tuple[str, ...]:
        marks = self._marks
        said = (
            (marks.computed, "formula", ", shown as text with the value that the file keeps"),
            (len(marks.hidden_rows), "hidden row", ""),
            (len(marks.hidden_columns), "hidden column", ""),
            (marks.comments, "comment", ""),
        )
        found = (f"{count:,} {what}{'s' * (count > 1)}{more}." for count, what, more in said if count)
        return (*found, *self.carried)

    @property
    def formulas(self) -> tuple[Formula, ...]:
        return tuple(self._marks.formulas)

    @property
    def hidden_rows(self) -> frozenset[int]:
        return frozenset(row - 1 for row in self._marks.hidden_rows)

    @property
    def hidden_columns(self) -> frozenset[int]:
        return frozenset(self._marks.hidden_columns)

    def _lines(self, first: int, count: int) -> list[Row]:
        if first != self._next:
            self._reading = self._all()
            next(islice(self._reading, first, first), None)
        found = list(islice(self._reading, count))
        self._next = first + len(found)
        return found

    def _all(self) -> Iterator[Row]:
        before = (None,) * self._left
        for line in self._sheet.iter_rows() if self._sheet.start else ():
            yield before + tuple(map(_cell, line))


def read(file: BinaryIO, kind: Kind) -> tuple[Sheet, ...]:
    """The workbook's sheets in its own order, without charts that are a sheet, then what it carries beside them;
    see `tables.sheets`."""
    names, parts = parts_of(file, _ENDINGS)
    ods = kind.form is Form.ODS
    if ods:
        parts = {**parts, "mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}
    try:
        book = CalamineWorkbook.from_filelike(repacked(parts))
        known = [meta.name for meta in book.sheets_metadata]
        marks = _marks_of_ods(parts, known) if ods else _marks_of_excel(parts, known)
        found = [_sheet(book, number, one) for number, one in enumerate(marks) if one is not None]
        carried = [] if ods else list(beside(parts))
    except (CalamineError, DefusedXmlException, ElementTree.ParseError, KeyError, ValueError) as error:
        raise Unreadable(f"It is damaged, or no {kind.words} that is read here: {error!r}.") from error
    if not found:
        raise Unreadable("It holds no sheet.")
    found[0].carried = tuple(_carried(names))
    return (*found, *carried)


def _sheet(book: CalamineWorkbook, number: int, marks: Marks) -> WorkbookSheet:
    meta = book.sheets_metadata[number]
    if marks.height * marks.width > MOST_CELLS:
        raise Unreadable(
            f"Its sheet “{meta.name}” reaches over {marks.height:,} rows and {marks.width:,} columns:"
            f" at most {MOST_CELLS:,} cells are read."
        )
    visibility = next(ours for theirs, ours in _VISIBILITY if theirs == meta.visible)
    return WorkbookSheet(book.get_sheet_by_index(number), visibility, marks)


def _marks_of_ods(parts: Mapping[str, bytes], known: list[str]) -> list[Marks | None]:
    marks = marks_of_ods(parts["content.xml"])
    if [one.name for one in marks] != known:
        raise Unreadable("Its tables are not those that its reader found.")
    return list(marks)


def _marks_of_excel(parts: Mapping[str, bytes], known: list[str]) -> list[Marks | None]:
    """For each of the workbook's sheets; None for one that holds a chart only."""
    paths = {
        one.get("Id"): (one.get("Type", "").rpartition("/")[2], one.get("Target", ""))
        for one in ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    }
    found: list[Marks | None] = []
    names: list[str] = []
    for element in ElementTree.fromstring(parts["xl/workbook.xml"]).iter():
        if element.tag.rpartition("}")[2] == "sheet":
            link = next(value for name, value in element.attrib.items() if name.endswith("}id"))
            kind, target = paths[link]
            part = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
            found.append(marks_of_excel(parts[part]) if kind == "worksheet" else None)
            names.append(element.get("name", ""))
    if names != known:
        raise Unreadable("Its sheets are not those that its reader found.")
    return found


def _carried(names: tuple[str, ...]) -> Iterator[str]:
    for pattern, words in _CARRIED:
        if count := sum(1 for name in names if re.fullmatch(pattern, name)):
            yield words.format(count)


def _cell(value: Any) -> Cell:
    """Excel counts in floating point: a whole number is given as one. Durations become text."""
    if value == "":
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return str(value) if isinstance(value, timedelta) else value

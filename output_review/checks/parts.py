"""What a check is shown: one thing found at one place of a file. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Protocol

from output_review.places import Place

Cell = None | bool | int | float | str | date | datetime | time


class Form(StrEnum):
    """What a part is. A file's own form is the `kind` of its report."""

    DELIMITED = "delimited"  # CSV, TSV
    WORKBOOK = "workbook"  # Excel, OpenDocument
    COLUMNAR = "columnar"  # Parquet, Feather
    JSON = "json"
    TEXT = "text"
    NOTEBOOK = "notebook"
    IMAGE = "image"  # PNG, JPEG, TIFF, GIF
    SVG = "svg"
    PDF = "pdf"
    HTML = "html"
    PLOT = "plot"  # the JSON of plotly, bokeh, vega
    PICKLE = "pickle"  # joblib too
    SKOPS = "skops"
    ONNX = "onnx"
    ARCHIVE = "archive"
    UNKNOWN = "unknown"
    MODEL = "model"  # what is told of a model or another object in a file
    TABLE = "table"  # cells in rows and columns, wherever they were found


class Origin(StrEnum):
    """Where the cells of a table come from: a published table is judged otherwise than the points of a figure."""

    SHEET = "a table"
    BLOCK = "a table in a text"
    MARKS = "the points of a figure"
    DATA = "the data behind a figure"
    ARRAY = "an array inside"
    CACHE = "a cache that the file does not show"
    LEVELS = "the levels of a category"


class Skipped(Exception):
    """A check could not look at a part, and says why. The file goes to a person."""


class Sheet(Protocol):
    """Rows of cells under named columns; see `readers`. `rows` counts from 0, without the header."""

    @property
    def name(self) -> str: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    def rows(self, start: int, count: int) -> Sequence[tuple[Cell, ...]]: ...
    def count(self) -> int: ...


@dataclass(frozen=True)
class Rows:
    """A sheet whose rows are at hand."""

    columns: tuple[str, ...]
    cells: Sequence[tuple[Cell, ...]]
    name: str = ""
    notes: tuple[str, ...] = ()

    def rows(self, start: int, count: int) -> Sequence[tuple[Cell, ...]]:
        return self.cells[start : start + count]

    def count(self) -> int:
        return len(self.cells)


@dataclass(frozen=True, eq=False)
class Part:
    """`data` are the part's own bytes (empty for a table found in another part), `facts` what was told of it when
    it was unpacked: short words, such as the class names in a model."""

    form: Form
    name: str
    place: Mapping[str, int | str] = field(default_factory=dict)
    data: bytes = b""
    text: str = ""
    sheet: Sheet | None = None
    origin: Origin = Origin.SHEET
    facts: tuple[tuple[str, str], ...] = ()

    def at(self, **where: int) -> Place:
        """A place within this part: `row`, `column`, `page`, `cell`, counted from 1."""
        return {**self.place, **where}

    def told(self, what: str) -> tuple[str, ...]:
        return tuple(value for name, value in self.facts if name == what)


def table(columns: Sequence[str], cells: Iterable[Sequence[Cell]], **more: object) -> Part:
    """A table as a part, for examples and tests."""
    rows = Rows(tuple(columns), [tuple(row) for row in cells])
    return Part(Form.TABLE, "table", sheet=rows, **more)  # type: ignore[arg-type]

"""What a sheet's markup says beside its values: how far it reaches, what is hidden, what is computed.

Read as a stream of tags by expat, which knows no file and no network here; a document type (where entities would be
defined) is refused. The values themselves are python-calamine's to read.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from output_review.readers.tables import Formula
from output_review.readers.unreadable import Unreadable

MOST_FORMULAS = 100_000
_LETTERS = re.compile("[A-Z]{1,3}")
_FAR = 1 << 20


@dataclass
class Marks:
    """`height` and `width` reach to the last cell with a value; hidden rows and columns are numbered from 0."""

    name: str = ""
    height: int = 0
    width: int = 0
    computed: int = 0
    comments: int = 0
    formulas: list[Formula] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)

    def reach(self, row: int, column: int) -> None:
        self.height, self.width = max(self.height, row + 1), max(self.width, column + 1)

    def compute(self, row: int, column: int, text: str) -> None:
        self.computed += 1
        if len(self.formulas) < MOST_FORMULAS:
            self.formulas.append(Formula(row - 1, column, text))


Attributes = dict[str, str]


class _Handlers(dict[str, Any]):
    """The methods `start_x` or `end_x` of a reader by the tag x, whatever its prefix; found once for each tag."""

    def __init__(self, reader: "_Reader", moment: str) -> None:
        self._reader, self._moment = reader, moment

    def __missing__(self, tag: str) -> Any:
        name = f"{self._moment}_{tag.rpartition(':')[2].replace('-', '_')}"
        return self.setdefault(tag, getattr(self._reader, name, None))


class _Reader:
    """A stream of tags, each given to its handler."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        starts, ends = _Handlers(self, "start"), _Handlers(self, "end")

        def start(tag: str, attributes: Attributes) -> None:
            if handler := starts[tag]:
                handler(attributes)

        def end(tag: str) -> None:
            if handler := ends[tag]:
                handler()

        self._parser.StartElementHandler, self._parser.EndElementHandler = start, end
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.buffer_text = True

    def read(self, markup: bytes) -> None:
        try:
            self._parser.Parse(markup, True)
        except (expat.ExpatError, ValueError) as error:
            raise Unreadable(f"Its markup is damaged: {error}.") from error

    def _refuse(self, *_: Any) -> None:
        raise Unreadable("Its markup declares a document type, which could define what is not seen here.")


class _Excel(_Reader):
    """One worksheet (ECMA-376 part 1, 18.3): `row`, `c` with a value `v` or `is`, `f`, `col`."""

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks()
        self._row, self._column = -1, -1
        self._known: dict[str, int] = {}
        self._text: list[str] = []

    def start_row(self, attributes: Attributes) -> None:
        self._row = int(attributes.get("r", self._row + 2)) - 1
        self._column = -1
        if _true(attributes.get("hidden")):
            self.marks.hidden_rows.add(self._row)

    def start_c(self, attributes: Attributes) -> None:
        letters = attributes.get("r", "").rstrip("0123456789")
        if letters and letters not in self._known:
            self._known[letters] = _number(letters)
        self._column = self._known[letters] if letters else self._column + 1

    def start_v(self, _attributes: Attributes) -> None:
        if self._column >= self.marks.width or self._row >= self.marks.height:
            self.marks.reach(self._row, self._column)

    start_is = start_v

    def start_f(self, _attributes: Attributes) -> None:
        self._text = []
        self._parser.CharacterDataHandler = self._text.append

    def end_f(self) -> None:
        self._parser.CharacterDataHandler = None
        self.marks.compute(self._row, self._column, "=" + "".join(self._text))

    def start_col(self, attributes: Attributes) -> None:
        if _true(attributes.get("hidden")):
            first, last = int(attributes.get("min", 1)) - 1, int(attributes.get("max", 1))
            self.marks.hidden_columns.update(range(max(0, first), min(last, 1 << 14)))


class _Ods(_Reader):
    """All tables of a `content.xml` (OpenDocument 1.3 part 3, 9.1): rows, cells and columns may be repeated."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Marks] = []
        self._row = self._column = self._next_row = self._next_column = self._defined = 0

    def start_table(self, prefixed: Attributes) -> None:
        attributes = _local(prefixed)
        self.found.append(Marks(attributes.get("name", "")))
        self._row = self._next_row = self._defined = 0

    def start_table_column(self, prefixed: Attributes) -> None:
        attributes = _local(prefixed)
        count = _repeated(attributes, "number-columns-repeated")
        if attributes.get("visibility", "visible") != "visible" and self.found:
            self.found[-1].hidden_columns.update(range(self._defined, self._defined + min(count, 1 << 14)))
        self._defined += count

    def start_table_row(self, prefixed: Attributes) -> None:
        attributes = _local(prefixed)
        self._row, self._next_column = self._next_row, 0
        self._next_row += _repeated(attributes, "number-rows-repeated")
        if attributes.get("visibility", "visible") != "visible" and self.found:
            self.found[-1].hidden_rows.update(range(self._row, min(self._next_row, self._row + _FAR)))

    def start_table_cell(self, prefixed: Attributes) -> None:
        attributes = _local(prefixed)
        self._column = self._next_column
        self._next_column += _repeated(attributes, "number-columns-repeated")
        if "value-type" in attributes:
            self._reach()
        if "formula" in attributes and self.found:
            self.found[-1].compute(self._row, self._column, attributes["formula"])

    start_covered_table_cell = start_table_cell

    def start_p(self, _attributes: Attributes) -> None:
        self._reach()

    def start_annotation(self, _attributes: Attributes) -> None:
        if self.found:
            self.found[-1].comments += 1

    def _reach(self) -> None:
        if self.found:
            self.found[-1].reach(self._next_row - 1, self._next_column - 1)


def marks_of_excel(markup: bytes) -> Marks:
    """What a worksheet's part says; raise `Unreadable`."""
    reader = _Excel()
    reader.read(markup)
    return reader.marks


def marks_of_ods(markup: bytes) -> list[Marks]:
    """What `content.xml` says of each of its tables, in their order; raise `Unreadable`."""
    reader = _Ods()
    reader.read(markup)
    return reader.found


def _local(prefixed: Attributes) -> Attributes:
    return {name.rpartition(":")[2]: value for name, value in prefixed.items()}


def _true(value: str | None) -> bool:
    return value in ("1", "true")


def _repeated(attributes: Attributes, word: str) -> int:
    return max(1, int(attributes.get(word, 1)))


def _number(letters: str) -> int:
    """A column's number from 0: A is 0, XFD is 16 383."""
    if not _LETTERS.fullmatch(letters):
        raise Unreadable(f"“{letters[:20]}” names no column.")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1

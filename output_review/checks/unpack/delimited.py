"""Fields between delimiters: one table, read where rows are asked for."""

import io
import re
from collections.abc import Iterator

from output_review.checks.cells import number_of
from output_review.checks.parts import Form, Origin, Part, Rows
from output_review.checks.unpack.gaps import Gap
from output_review.checks.unpack.said import records, says_pairs
from output_review.checks.unpack.stacked import apart
from output_review.kinds import kind_of
from output_review.readers.tables import Sheet, sheets
from output_review.readers.unreadable import Unreadable

_HEAD = 4096
_LARGEST = 4 * 1024**2  # bytes of what is looked at as a text, too
_LIST = re.compile(r"^\s{0,20}[\w.]{1,60}\s{0,3}(?:=|<-|:)\s{0,3}[\w.(]{0,60}[\[(]")  # age = [54
_WORDS_AND_NUMBER = re.compile(r"[^\W\d]{2}\W{1,3}\d|\d\W{1,3}[^\W\d]{2}|[\[(]\s?\d|\d\s?[\])]")


def parts(part: Part) -> Iterator[Part | Gap]:
    file = io.BytesIO(part.data)
    try:
        (sheet,) = sheets(file, kind_of(file, part.name))
        if len(part.data) < _LARGEST and _sentences(sheet):
            text = part.data.decode(errors="replace")
            yield Part(Form.TEXT, f"{part.name}, as a text", part.place, text=text)
        yield from apart(Part(Form.TABLE, part.name, part.place, sheet=sheet))
    except Unreadable as reason:
        yield Gap(str(reason))
    if says_pairs(
        part.data[:_HEAD].partition(b"\n")[0].decode(errors="replace")
    ):  # a log with a comma in each line
        for line, names, rows in records(part.data.decode(errors="replace")):
            kept = Rows(tuple(names), [tuple(row) for row in rows], f"line {line}")
            yield Part(Form.TABLE, part.name, part.at(row=line), sheet=kept, origin=Origin.BLOCK)


def _sentences(sheet: Sheet) -> bool:
    """Whether the lines are no rows: they have one cell, or cells in which words and numbers stand together."""
    rows = sheet.rows(0, 50)
    if max(len(sheet.columns), *(len(row) for row in rows), 1) == 1:
        return True
    cells = [cell for row in rows for cell in row if isinstance(cell, str) and cell.strip()]
    if any(_LIST.match(cell) for cell in (*sheet.columns[:1], *cells)):
        return True
    both = [cell for cell in cells if _WORDS_AND_NUMBER.search(cell) and number_of(cell) != number_of(cell)]
    return len(both) > len(cells) / 2

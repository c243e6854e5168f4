"""A table in text: fields between delimiters."""

import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from output_review.examiner import limits
from output_review.examiner.heads import head_of
from output_review.examiner.visible import cut, text_of
from output_review.kinds import kind_of
from output_review.places import Place

MAX_ROWS = 200
MAX_COLUMNS = 50
MAX_CELL = 200


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """`header`, `rows`, and how many there are: `total_rows` (without the header), `total_columns`."""
    kind = kind_of(file, name)
    found = head_of(kind)
    text = text_of(file, found["notes"])
    return found | _table(text, kind.delimiter, found["notes"])


def _table(text: str, delimiter: str, notes: list[str]) -> dict[str, Any]:
    csv.field_size_limit(limits.LARGEST)
    shown: list[list[str]] = []
    rows = columns = 0
    widths: set[int] = set()
    for row in _rows(text, delimiter, notes):
        rows += 1
        columns = max(columns, len(row))
        widths.add(len(row))
        if rows <= MAX_ROWS + 1:
            shown.append([cut(cell, MAX_CELL) for cell in row[:MAX_COLUMNS]])
    if len(widths) > 1:
        notes.append(f"The rows are not equally long: between {min(widths)} and {columns} columns.")
    header, *body = shown or [[]]
    return {"header": header, "rows": body, "total_rows": max(rows - 1, 0), "total_columns": columns}


def _rows(text: str, delimiter: str, notes: list[str]) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from (row for row in reader if row)
    except csv.Error as error:
        notes.append(f"Reading the table stopped in line {reader.line_num}: {error}.")

"""Fields between delimiters: one table."""

import csv
import io
from collections.abc import Iterator

from output_review.checks.parts import Cell, Form, Part, Rows
from output_review.checks.unpack.gaps import Gap
from output_review.kinds import kind_of

_FIELD = 1024**2


def parts(part: Part) -> Iterator[Part | Gap]:
    delimiter = kind_of(io.BytesIO(part.data), part.name).delimiter or ","
    text = part.data.decode("utf-8-sig", errors="replace")
    csv.field_size_limit(_FIELD)
    try:
        rows: list[tuple[Cell, ...]] = [
            tuple(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row
        ]
    except csv.Error as error:
        yield Gap(f"reading the table stopped: {error}")
        return
    header = tuple(str(cell) for cell in rows[0]) if rows else ()
    yield Part(Form.TABLE, part.name, part.place, sheet=Rows(header, rows[1:]))

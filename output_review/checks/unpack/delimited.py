"""Fields between delimiters: one table, read where rows are asked for."""

import io
from collections.abc import Iterator

from output_review.checks.parts import Form, Origin, Part, Rows
from output_review.checks.unpack.gaps import Gap
from output_review.checks.unpack.said import records, says_pairs
from output_review.checks.unpack.stacked import apart
from output_review.kinds import kind_of
from output_review.readers.tables import sheets
from output_review.readers.unreadable import Unreadable

_HEAD = 4096


def parts(part: Part) -> Iterator[Part | Gap]:
    file = io.BytesIO(part.data)
    try:
        (sheet,) = sheets(file, kind_of(file, part.name))
        yield from apart(Part(Form.TABLE, part.name, part.place, sheet=sheet))
    except Unreadable as reason:
        yield Gap(str(reason))
    if says_pairs(
        part.data[:_HEAD].partition(b"\n")[0].decode(errors="replace")
    ):  # a log with a comma in each line
        for line, names, rows in records(part.data.decode(errors="replace")):
            kept = Rows(tuple(names), [tuple(row) for row in rows], f"line {line}")
            yield Part(Form.TABLE, part.name, part.at(row=line), sheet=kept, origin=Origin.BLOCK)

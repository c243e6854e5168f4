"""Fields between delimiters: one table, read where rows are asked for."""

import io
from collections.abc import Iterator

from output_review.checks.parts import Form, Part
from output_review.checks.unpack.gaps import Gap
from output_review.checks.unpack.stacked import apart
from output_review.kinds import kind_of
from output_review.readers.tables import sheets
from output_review.readers.unreadable import Unreadable


def parts(part: Part) -> Iterator[Part | Gap]:
    file = io.BytesIO(part.data)
    try:
        (sheet,) = sheets(file, kind_of(file, part.name))
        yield from apart(Part(Form.TABLE, part.name, part.place, sheet=sheet))
    except Unreadable as reason:
        yield Gap(str(reason))

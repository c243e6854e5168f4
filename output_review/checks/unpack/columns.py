"""Parquet and Feather: the rows, and what the reader gives as sheets of their own (levels that no row uses,
metadata, minima and maxima of each column)."""

import io
from collections.abc import Iterator

from output_review.checks.parts import Form, Origin, Part
from output_review.checks.unpack.gaps import Gap
from output_review.kinds import kind_of
from output_review.readers.tables import sheets
from output_review.readers.unreadable import Unreadable


def parts(part: Part) -> Iterator[Part | Gap]:
    file = io.BytesIO(part.data)
    try:
        for number, sheet in enumerate(sheets(file, kind_of(file, part.name)), start=1):
            origin = Origin.SHEET if number == 1 else Origin.LEVELS
            facts = (("carried", sheet.name),) if number > 1 else ()
            place = {**part.place, "sheet": number} if number > 1 else part.place
            name = f"{part.name}, {sheet.name}" if sheet.name else part.name
            yield Part(Form.TABLE, name, place, sheet=sheet, origin=origin, facts=facts)
    except Unreadable as reason:
        yield Gap(str(reason))

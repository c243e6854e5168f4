"""A table in whatever form: a window of one of its sheets, and what is said of all of them."""

from datetime import datetime
from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.visible import cut
from output_review.kinds import Family, kind_of
from output_review.places import Place, number
from output_review.readers.tables import Cell, Sheet, sheets
from output_review.readers.unreadable import Unreadable

MAX_ROWS = 200
MAX_COLUMNS = 50
MAX_CELL = 200


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """The window: `header`, `rows` from the number `first` on, of the sheet number `sheet` (both from 1) among
    `sheets` (`name`, `visibility`, `rows`, `columns`). How much there is of it: `total_rows` (without the header),
    `total_columns`."""
    kind = kind_of(file, name)
    found = head_of(kind)
    try:
        return found | _window(sheets(file, kind), place, found["notes"])
    except Unreadable as reason:
        found["notes"].append(str(reason))
        return found | {"family": Family.OTHER.value}


def _window(held: tuple[Sheet, ...], place: Place, notes: list[str]) -> dict[str, Any]:
    at = min(number(place, "sheet"), len(held))
    sheet = held[at - 1]
    notes += sheet.notes
    first = number(place, "row")
    return {
        "sheets": [
            {
                "name": cut(one.name, MAX_CELL),
                "visibility": one.visibility,
                "rows": one.count(),
                "columns": one.width(),
            }
            for one in held
        ],
        "sheet": at,
        "first": first,
        "header": [cut(cell, MAX_CELL) for cell in sheet.columns[:MAX_COLUMNS]],
        "rows": [[_text(cell) for cell in row[:MAX_COLUMNS]] for row in sheet.rows(first - 1, MAX_ROWS)],
        "total_rows": sheet.count(),
        "total_columns": sheet.width(),
    }


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell.isoformat(" ") if isinstance(cell, datetime) else cut(str(cell), MAX_CELL)

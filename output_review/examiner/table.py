"""A table in whatever form: a window of one of its sheets, and what is said of all of them.

A window begins at a multiple of its size, so that two places in it are one answer.
"""

from datetime import datetime
from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.visible import cut
from output_review.kinds import Family, kind_of
from output_review.places import Place, block, number
from output_review.readers.tables import Cell, Row, Sheet, sheets
from output_review.readers.unreadable import Unreadable

MAX_ROWS = 200
MAX_COLUMNS = 50
MAX_CELL = 200
MAX_WHOLE = 20_000  # characters of the one cell that is asked for


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """The window around the place: `header` and `rows` from the row `first` and the column `left` on, of the sheet
    number `sheet` (all from 1) among `sheets` (`name`, `visibility`, `rows`, `columns`).

    `total_rows` (without the header) and `total_columns` are the sheet's; `formulas` are texts by "row:column";
    `hidden_rows` and `hidden_columns` are numbers, those of the window. A place of a row and a column adds `cell`,
    the whole text of it.
    """
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
    top, left = block(place, "row", MAX_ROWS), block(place, "column", MAX_COLUMNS)
    down, across = range(top - 1, top - 1 + MAX_ROWS), range(left - 1, left - 1 + MAX_COLUMNS)
    rows = sheet.rows(down.start, MAX_ROWS)
    return {
        "sheets": [
            {"name": cut(x.name, MAX_CELL), "visibility": x.visibility, "rows": x.count(), "columns": x.width()}
            for x in held
        ],
        "sheet": at,
        "first": top,
        "left": left,
        "header": [cut(name, MAX_CELL) for name in _part(sheet.columns, across)],
        "rows": [[cut(cell_text(cell), MAX_CELL) for cell in _part(row, across)] for row in rows],
        "formulas": {
            f"{formula.row + 1}:{formula.column + 1}": cut(formula.text, MAX_CELL)
            for formula in sheet.formulas
            if formula.row in down and formula.column in across
        },
        "hidden_rows": sorted(row + 1 for row in sheet.hidden_rows if row in down),
        "hidden_columns": sorted(column + 1 for column in sheet.hidden_columns if column in across),
        "total_rows": sheet.count(),
        "total_columns": sheet.width(),
    } | _cell(rows, place, top)


def _cell(rows: list[Row], place: Place, top: int) -> dict[str, Any]:
    if not {"row", "column"} <= place.keys():
        return {}
    row = rows[number(place, "row") - top :][:1]
    cells = _part(row[0], range(number(place, "column") - 1, number(place, "column"))) if row else ()
    return {"cell": cut(cell_text(cells[0]), MAX_WHOLE)} if cells else {}


def _part(row: tuple[Any, ...], across: range) -> tuple[Any, ...]:
    return row[across.start : across.stop]


def cell_text(cell: Cell) -> str:
    """What stands in a cell; nothing for none."""
    if cell is None:
        return ""
    return cell.isoformat(" ") if isinstance(cell, datetime) else str(cell)

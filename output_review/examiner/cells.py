"""Which cells changed between two tables: sheets and columns paired by name, rows by what they hold.

Rows that stand between the same neighbours and are as many as before are paired in their order, and their cells
compared; others were removed or added. A cell is what the readers tell of it: quotes and blank lines are none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from typing import Any, BinaryIO

from output_review.examiner.table import cell_text
from output_review.examiner.visible import cut
from output_review.kinds import Kind
from output_review.readers.tables import Sheet, sheets

MOST_CELLS = 500_000  # of a sheet
SHOWN, SHOWN_CHARACTERS = 500, 200


@dataclass(frozen=True)
class _Grid:
    """A sheet's header and its rows, as texts."""

    header: list[str]
    rows: list[tuple[str, ...]]


def changes(before: tuple[BinaryIO, Kind], after: tuple[BinaryIO, Kind]) -> list[dict[str, Any]]:
    """For each sheet that changed its `name`, `notes`, and `changes`: each a `mark` (changed, added, removed), the
    `row` from 1 (of the table as it was, if it was removed), the `column`, and what the cell or row `was` and is
    `now`. Raise `Unreadable`."""
    old, new = ({sheet.name: sheet for sheet in sheets(*one)} for one in (before, after))
    if len(old) == len(new) == 1:
        old = dict(zip(new, old.values(), strict=True))
    gone = [_told(name, [f"The sheet {name} was removed."]) for name in old if name not in new]
    come = [_told(name, [f"The sheet {name} is new."]) for name in new if name not in old]
    both = [_compared(name, old[name], new[name]) for name in new if name in old]
    return [one for one in (*gone, *come, *both) if one["notes"] or one["changes"]]


def _told(name: str, notes: list[str], found: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    notes = [cut(note, SHOWN_CHARACTERS) for note in notes]
    return {"name": cut(name, SHOWN_CHARACTERS), "notes": notes, "changes": found or []}


def _compared(name: str, old: Sheet, new: Sheet) -> dict[str, Any]:
    if max(one.count() * one.width() for one in (old, new)) > MOST_CELLS:
        return _told(name, [f"Too large to be compared cell by cell: at most {MOST_CELLS:,} cells are."])
    notes = []
    if old.visibility != new.visibility:
        notes.append(f"The sheet is {new.visibility} now; it was {old.visibility}.")
    a, b = _grid(old), _grid(new)
    pairs, said = _columns(a.header, b.header)
    found = list(islice(_rows(a, b, pairs), SHOWN + 1))
    if len(found) > SHOWN:
        said.append(f"More changed than is shown here: these are the first {SHOWN:,}.")
    return _told(name, notes + said, found[:SHOWN])


def _grid(sheet: Sheet) -> _Grid:
    return _Grid(
        [cell_text(cell) for cell in sheet.columns],
        [tuple(cell_text(cell) for cell in row) for row in sheet.rows(0, sheet.count())],
    )


def _columns(old: list[str], new: list[str]) -> tuple[list[tuple[int, int]], list[str]]:
    """Which columns are the same, by their places from 0, and what is said of the others."""
    pairs: list[tuple[int, int]] = []
    said = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal" or b - a == d - c:
            pairs += zip(range(a, b), range(c, d), strict=True)
        if kind == "replace" and b - a == d - c:
            said += [f"The column {one} is now {two}." for one, two in zip(old[a:b], new[c:d], strict=True)]
        elif kind != "equal":
            said += [f"The column {one} was removed." for one in old[a:b]]
            said += [f"The column {two} is new: its cells are not listed." for two in new[c:d]]
    return pairs, said


def _rows(old: _Grid, new: _Grid, pairs: list[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    before = [tuple(row[i] if i < len(row) else "" for i, _ in pairs) for row in old.rows]
    after = [tuple(row[j] if j < len(row) else "" for _, j in pairs) for row in new.rows]
    for kind, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        if kind == "replace" and b - a == d - c:
            for place, (was, now) in enumerate(zip(before[a:b], after[c:d], strict=True), c + 1):
                yield from _cells(place, was, now, [new.header[j] for _, j in pairs])
        elif kind != "equal":
            yield from ({"mark": "removed", "row": i + 1, "was": _whole(old.rows[i])} for i in range(a, b))
            yield from ({"mark": "added", "row": i + 1, "now": _whole(new.rows[i])} for i in range(c, d))


def _cells(row: int, was: tuple[str, ...], now: tuple[str, ...], header: list[str]) -> Iterator[dict[str, Any]]:
    for column, one, two in zip(header, was, now, strict=True):
        if one != two:
            texts = {"column": column, "was": one, "now": two}
            yield {"mark": "changed", "row": row} | {
                key: cut(text, SHOWN_CHARACTERS) for key, text in texts.items()
            }


def _whole(row: tuple[str, ...]) -> str:
    return cut(" · ".join(row), 2 * SHOWN_CHARACTERS)

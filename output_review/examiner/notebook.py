"""A notebook, cell by cell: source as text, every part of an output as the kind that it is, nothing active."""

import io
from importlib import import_module
from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.lines import cut_lines, laid_out
from output_review.examiner.shown import data_uri
from output_review.examiner.visible import cut, hidden_in
from output_review.kinds import Family, kind_of
from output_review.places import Place, number
from output_review.readers.markup import embedded, tables
from output_review.readers.notebooks import Cell, Part, read, without_colours
from output_review.readers.pictures import picture
from output_review.readers.unreadable import Unreadable

MAX_CELLS = 100
MAX_PARTS = 30  # of one cell
MAX_PICTURES = 40  # of all cells shown
MAX_SOURCE, MAX_OUTPUT = 200, 100  # lines
_MARKUP = ("text/html", "image/svg+xml", "text/markdown", "application/xml", "text/xml", "application/xhtml+xml")


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """`cells` from the number `first` on (`number`, `sort`, `lines`, `total_lines`, `parts`, `notes`),
    `total_cells`, `widgets` (name and text of each)."""
    found = head_of(kind_of(file, name))
    held = read(file)
    first = number(place, "cell")
    pictures = _Pictures()
    found["notes"] += [cut(note, 300) for note in held.notes]
    return found | {
        "language": cut(held.language, 40),
        "first": first,
        "cells": [_cell(cell, pictures) for cell in held.cells[first - 1 :][:MAX_CELLS]],
        "total_cells": len(held.cells),
        "widgets": [(cut(name, 100), cut(state, 2000)) for name, state in held.widgets[:MAX_CELLS]],
        "total_widgets": len(held.widgets),
    }


class _Pictures:
    """How many may still be drawn."""

    def __init__(self) -> None:
        self._left = MAX_PICTURES

    def drawn(self, data: bytes, pdf: bool) -> tuple[str, list[str]]:
        """A data URI, and notes; raise `Unreadable`."""
        self._left -= 1
        if self._left < 0:
            raise Unreadable(f"Only {MAX_PICTURES} pictures are drawn.")
        if pdf:
            told = import_module("output_review.readers.documents").document(data)
            return data_uri(told.pages[0]), [f"The first of {told.total:,} pages.", *told.notes]
        shown = picture(data)
        return data_uri(shown.png), [*shown.notes, *(f"{name}: {text}" for name, text in shown.fields)]


def _cell(cell: Cell, pictures: _Pictures) -> dict[str, Any]:
    notes = [cut(note, 300) for note in cell.notes]
    if len(cell.parts) > MAX_PARTS:
        notes.append(f"It has {len(cell.parts):,} parts: only {MAX_PARTS} are shown.")
    return {
        "number": cell.number,
        "sort": cut(cell.sort, 20),
        **cut_lines(cell.source, MAX_SOURCE),
        "parts": [_part(part, pictures) for part in cell.parts[:MAX_PARTS]],
        "notes": notes,
    }


def _part(part: Part, pictures: _Pictures) -> dict[str, Any]:
    told: dict[str, Any] = {
        "sort": part.sort,
        "where": cut(part.where, 120),
        "mime": cut(part.mime, 80),
        "notes": [],
    }
    kind = kind_of(io.BytesIO(part.data), "")
    if kind.family in (Family.IMAGE, Family.PAGES):
        try:
            told["picture"], notes = pictures.drawn(part.data, kind.family is Family.PAGES)
        except Unreadable as reason:
            notes = [str(reason)]
        told["notes"] += [cut(note, 300) for note in notes]
    elif kind.family in (Family.MODEL, Family.ARCHIVE, Family.OTHER):
        told["notes"].append(f"{kind.words}, {len(part.data):,} bytes: not shown.")
    else:
        _text(part, told)
    return told


def _text(part: Part, told: dict[str, Any]) -> None:
    text = without_colours(part.data.decode(errors="replace"))
    if hidden := hidden_in(text):
        told["notes"].append(f"{hidden:,} characters that cannot be seen are shown as ⟨…⟩.")
    mime = part.mime.lower()
    if mime in _MARKUP or text.lstrip()[:1] == "<":
        inside = embedded(text)
        told["notes"] += [cut(note, 300) for note in inside.notes]
        told["tables"] = [[[cut(cell, 100) for cell in row] for row in table] for table in tables(text)]
    if "json" in mime:
        text = laid_out(text)
    told |= cut_lines(text, MAX_OUTPUT)

"""`report`: a file goes to the one module of its family."""

import io
from importlib import import_module
from typing import Any, BinaryIO

from output_review.examiner import limits
from output_review.examiner.heads import head_of
from output_review.kinds import Family, kind_of
from output_review.places import Place
from output_review.readers.encoding import in_utf8
from output_review.readers.unreadable import Unreadable

# Imported when a file of the family is there: a text need not wait for, nor trust, a library of spreadsheets.
_MODULES = {
    Family.TABLE: "table",
    Family.TEXT: "text",
    Family.JSON: "tree",
    Family.MARKUP: "markup",
    Family.IMAGE: "image",
    Family.PAGES: "pages",
    Family.NOTEBOOK: "notebook",
    Family.MODEL: "model",
    Family.ARCHIVE: "archive",
}
# What a reader refuses is still a text that can be read.
_TEXTUAL = (Family.JSON, Family.NOTEBOOK, Family.MARKUP)


def report(file: BinaryIO, name: str, place: Place, narrow: bool = False) -> dict[str, Any]:
    """What can safely be said and shown of a file at a place: plain JSON of bounded size.

    `narrow` lets the family's own limits begin, for good: only for a process that exists for this one file.
    """
    if file.seek(0, io.SEEK_END) > limits.LARGEST:
        return {"family": Family.OTHER.value, "kind": "Too big to be examined", "notes": []}
    file, read_as = in_utf8(file)
    found = _looked_at(file, name, place, narrow)
    return found | {"notes": [read_as, *found["notes"]]} if read_as else found


def _looked_at(file: BinaryIO, name: str, place: Place, narrow: bool) -> dict[str, Any]:
    kind = kind_of(file, name)
    if narrow:
        limits.narrow(kind.family)
    if kind.family not in _MODULES:
        return head_of(kind)
    try:
        return _by(kind.family, file, name, place)
    except Unreadable as reason:
        text = kind.family in _TEXTUAL
        found = _by(Family.TEXT, file, name, place) if text else head_of(kind)
        found["notes"].append(str(reason))
        return found | {"family": Family.TEXT.value if text else Family.OTHER.value}


def _by(family: Family, file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    file.seek(0)
    module = import_module(f"output_review.examiner.{_MODULES[family]}")
    found: dict[str, Any] = module.report(file, name, place)
    return found

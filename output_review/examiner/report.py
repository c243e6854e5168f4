"""`report`: a file goes to the one module of its family."""

import io
from importlib import import_module
from typing import Any, BinaryIO

from output_review.examiner import limits
from output_review.examiner.heads import head_of
from output_review.kinds import Family, kind_of
from output_review.places import Place

# Imported when a file of the family is there: a text need not wait for, nor trust, a library of spreadsheets.
_MODULES = {Family.TABLE: "table", Family.TEXT: "text"}


def report(file: BinaryIO, name: str, place: Place, narrow: bool = False) -> dict[str, Any]:
    """What can safely be said and shown of a file at a place: plain JSON of bounded size.

    `narrow` lets the family's own limits begin, for good: only for a process that exists for this one file.
    """
    if file.seek(0, io.SEEK_END) > limits.LARGEST:
        return {"family": Family.OTHER.value, "kind": "Too big to be examined", "notes": []}
    kind = kind_of(file, name)
    if narrow:
        limits.narrow(kind.family)
    if kind.family not in _MODULES:
        return head_of(kind)
    module = import_module(f"output_review.examiner.{_MODULES[kind.family]}")
    found: dict[str, Any] = module.report(file, name, place)
    return found

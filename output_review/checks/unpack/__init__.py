"""A file's parts: itself, and whatever is found in it, unpacked with bounds on depth, number and size.

Each form that holds others has one module here with `parts(part)`, a generator of parts and of `Gap`s (what it
could not read). A part with bytes of its own is given its form by its content, and unpacked in its turn.
"""

import io
from collections import deque
from dataclasses import dataclass, replace
from importlib import import_module

from output_review.checks.forms import form_of
from output_review.checks.parts import Form, Part
from output_review.checks.unpack.gaps import Gap
from output_review.readers.encoding import in_utf8

# Imported when a file of the form is there: a text need not wait for, nor trust, a library of spreadsheets.
_MODULES = {
    Form.DELIMITED: "delimited",
    Form.WORKBOOK: "workbooks",
    Form.COLUMNAR: "columns",
    Form.TEXT: "texts",
    Form.JSON: "jsons",
    Form.PLOT: "jsons",
    Form.NOTEBOOK: "notebooks",
    Form.HTML: "pages",
    Form.SVG: "vectors",
    Form.PDF: "documents",
    Form.IMAGE: "images",
    Form.ARCHIVE: "archives",
    Form.PICKLE: "pickled",
    Form.SKOPS: "skopses",
    Form.ONNX: "onnxes",
}
_WRITTEN = (Form.TEXT, Form.JSON, Form.HTML, Form.SVG, Form.PLOT)
MOST_PARTS = 2000
MOST_BYTES = 512 * 1024**2
DEEPEST = 6


@dataclass(frozen=True)
class Unpacked:
    """The file itself is the first part."""

    parts: tuple[Part, ...]
    gaps: tuple[str, ...]


def unpack(name: str, data: bytes) -> Unpacked:
    """All parts of a file. Whatever cannot be read is a gap; nothing is raised."""
    first = _formed(Part(Form.UNKNOWN, name, data=data))
    parts, size = [first], len(data)
    gaps: list[str] = []
    todo = deque([(first, 0)])
    while todo:
        holder, depth = todo.popleft()
        for found in _within(holder, depth, gaps):
            size += len(found.data)
            if len(parts) >= MOST_PARTS or size > MOST_BYTES:
                gaps.append(f"it holds more than is looked at: {len(parts):,} parts, {size:,} bytes were")
                return Unpacked(tuple(parts), tuple(gaps))
            parts.append(found)
            todo.append((found, depth + 1))
    return Unpacked(tuple(parts), tuple(dict.fromkeys(gaps)))


def _within(holder: Part, depth: int, gaps: list[str]) -> list[Part]:
    module = _MODULES.get(holder.form)
    if module is None:
        if holder.form not in (Form.TABLE, Form.MODEL):
            gaps.append(f"{holder.name}: no check reads this kind of file")
        return []
    if depth >= DEEPEST:
        gaps.append(f"{holder.name}: packed more than {DEEPEST} deep")
        return []
    found: list[Part] = []
    try:
        for one in import_module(f"{__name__}.{module}").parts(holder):
            if isinstance(one, Gap):
                gaps.append(f"{holder.name}: {one.why}")
            else:
                found.append(_formed(one))
    except MemoryError:
        gaps.append(f"{holder.name}: to unpack it takes too much memory")
    except Exception as error:  # hostile bytes break libraries in many ways; each of them leaves the rest unread
        gaps.append(f"{holder.name}: it could not be read as {holder.form} ({type(error).__name__})")
    return found


def _formed(part: Part) -> Part:
    """With its form, and with its text where it is one."""
    if part.form is Form.UNKNOWN and part.data:
        part = replace(part, form=form_of(part.data, part.name))
    if part.form is Form.UNKNOWN and part.data:  # a text perhaps, in UTF-16 or of an older program
        file, _ = in_utf8(io.BytesIO(part.data))
        data = file.read()
        part = replace(part, data=data, form=form_of(data, part.name)) if data != part.data else part
    if part.form in _WRITTEN and part.data and not part.text:
        part = replace(part, text=part.data.decode("utf-8-sig", errors="replace"))
    return part

"""A PDF's pages as pictures, and what it carries beside them. No script of it is run: the renderer has no engine.

Pages are drawn by pdfium without forms. Everything else is found by going through every object of the file, whether
or not a page refers to it, with pypdf.
"""

import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pypdf
import pypdfium2
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from output_review.readers.pictures import encoded
from output_review.readers.unreadable import Unreadable

MOST_PAGES, SIDE = 20, 1400  # shown at once; pixels on a page's longer side
_MOST_OBJECTS, _LONGEST, _MOST_FIELDS = 50_000, 300, 100
# Keys of an object's dictionary, and what it means that one is there.
_TELLS = {
    "/JS": "script", "/EF": "attached file", "/Launch": "command to start a program", "/RichMedia": "player",
    "/XFA": "form of its own language", "/URI": "link to another place", "/SubmitForm": "form that sends itself",
    "/ImportData": "command to read data", "/OpenAction": "action when it is opened", "/AA": "action on an event",
}  # fmt: skip


_STREAMS = {"/EmbeddedFile": "embedded stream", "/Image": "picture", "/Metadata": "XMP metadata"}
# Keys whose text is shown beside the pages.
_TEXTS = {"/URI": "link", "/JS": "script", "/UF": "attached file", "/Contents": "annotation", "/V": "form field"}


@dataclass(frozen=True)
class Document:
    """`pages`: PNGs of those from `first` on, at most `MOST_PAGES`; `fields`: (name, text) beside the pages."""

    total: int
    first: int
    pages: tuple[bytes, ...]
    fields: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def document(data: bytes, first: int = 1) -> Document:
    """Raise `Unreadable` for what is no PDF, damaged or encrypted."""
    total, pages = _pages(data, first)
    fields, notes = _beside(data)
    notes += _surroundings(data)
    return Document(total, first, pages, tuple(fields[:_MOST_FIELDS]), tuple(notes))


def _pages(data: bytes, first: int) -> tuple[int, tuple[bytes, ...]]:
    try:
        opened = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        said = "It is encrypted: nobody can look into it." if "assword" in str(error) else "Its PDF is damaged."
        raise Unreadable(said) from error
    with opened:
        numbers = range(first - 1, min(len(opened), first - 1 + MOST_PAGES))
        try:
            return len(opened), tuple(_page(opened, number) for number in numbers)
        except (pypdfium2.PdfiumError, MemoryError, ValueError) as error:
            raise Unreadable(f"A page of it cannot be drawn: {type(error).__name__}.") from error


def _page(opened: pypdfium2.PdfDocument, number: int) -> bytes:
    page = opened[number]
    width, height = page.get_size()
    scale = SIDE / max(width, height, 1)
    bitmap = page.render(scale=min(scale, 2), may_draw_forms=False, prefer_bgrx=True)
    image = bitmap.to_pil()
    png = encoded(image)
    bitmap.close()
    page.close()
    return png


def _beside(data: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """Never fails: a structure that pypdf cannot follow is said."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        fields = [(key.lstrip("/"), _short(value)) for key, value in (reader.metadata or {}).items()]
        found, more = _objects(reader)
        return fields + more, found
    except Exception as error:  # pypdf raises whatever a damaged part makes it stumble over
        said = f"its structure is damaged ({type(error).__name__})"
        return [], [f"Attachments, scripts, links and metadata were NOT looked for: {said}."]


def _objects(reader: pypdf.PdfReader) -> tuple[list[str], list[tuple[str, str]]]:
    counts: Counter[str] = Counter()
    fields: list[tuple[str, str]] = []
    numbers = [number for objects in reader.xref.values() for number in objects] + list(reader.xref_objStm)
    for number in numbers[:_MOST_OBJECTS]:
        _look(reader.get_object(number), counts, fields, 0)
    notes = [f"{count:,} × {what}." for what, count in counts.items()]
    if len(numbers) > _MOST_OBJECTS:
        notes.append(f"It has {len(numbers):,} objects: only {_MOST_OBJECTS:,} were looked into.")
    return notes, fields


def _look(value: Any, counts: Counter[str], fields: list[tuple[str, str]], depth: int) -> None:
    """One object with those directly inside it; what it refers to has its own number."""
    if depth > 20:
        return
    if isinstance(value, ArrayObject):
        for inner in list(value)[:_MOST_OBJECTS]:
            _look(inner, counts, fields, depth + 1)
    if not isinstance(value, DictionaryObject):
        return
    action = value.raw_get("/S") if "/S" in value else None
    counts.update(words for key, words in _TELLS.items() if key in value or (action == key and key not in value))
    if isinstance(value, StreamObject):
        sort = value.get("/Subtype") if value.get("/Subtype") == "/Image" else value.get("/Type")
        counts.update([_STREAMS[str(sort)]] if str(sort) in _STREAMS else [])
    texts = _TEXTS | ({"/F": "attached file"} if "/EF" in value else {})
    for key, name in texts.items():
        text = value.raw_get(key) if key in value else None
        if isinstance(text, (str, bytes)):
            fields.append((name, _short(text)))
    for inner in [value.raw_get(key) for key in value]:
        _look(inner, counts, fields, depth + 1)


def _surroundings(data: bytes) -> list[str]:
    notes = []
    ends = [match.end() for match in re.finditer(rb"%%EOF\s{0,2}", data)]
    if len(ends) > 1:
        notes.append(f"It was saved {len(ends)} times over: earlier versions are still in the file, not shown.")
    behind = len(data) - (ends[-1] if ends else len(data))
    if behind > 2:
        notes.append(f"{behind:,} bytes follow its end: they belong to something else.")
    return notes


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… (+{len(text) - _LONGEST:,} characters)"

"""What a file is by its content, never by its name alone. Pure; run by `examiner` on untrusted bytes."""

import codecs
import csv
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

import puremagic

_HEAD = 64 * 1024
_DELIMITERS = ",;\t|"
# What puremagic does not know or knows badly.
_SIGNATURES = (
    (b"PAR1", "Parquet file"),
    (b"ARROW1", "Arrow file"),
    (b"\x89HDF\r\n\x1a\n", "HDF5 file"),
    (b"SQLite format 3\x00", "SQLite database"),
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"%PDF-", "PDF document"),
    (b"PK\x03\x04", "ZIP archive, or a document packed as one (Excel, Word, NumPy, PyTorch)"),
    (b"\x1f\x8b", "gzip archive"),
    (b"\x93NUMPY", "NumPy array"),
    (b"\x80\x04", "Python pickle"),
    (b"\x80\x05", "Python pickle"),
)
# Never rendered, only ever shown as the text that it is.
_MARKUP = (
    (b"<!doctype html", "HTML page, shown as text"),
    (b"<html", "HTML page, shown as text"),
    (b"<svg", "SVG image, shown as text"),
    (b"<?xml", "XML document, shown as text"),
    (b"{\\rtf", "RTF document, shown as text"),
)
_ENDINGS = {"csv": ",", "tsv": "\t"}
_TEXTUAL = {"csv", "tsv", "txt", "md", "json", "html", "svg", "py", "r", "log"}


class Family(StrEnum):
    """How a file can be shown."""

    TABLE = "table"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True)
class Kind:
    """`words` say it to a person; `delimiter` is set for tables; `note` says when name and content disagree."""

    family: Family
    words: str
    delimiter: str = ""
    note: str = ""


def kind_of(file: BinaryIO, name: str) -> Kind:
    """The kind of a seekable file from its beginning and its name; the file is left at its beginning."""
    file.seek(0)
    data = file.read(_HEAD)
    file.seek(0)
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if not _is_text(data):
        words = _binary(data)
        note = f"Its name ends in .{ending}, but its content is not text." if ending in _TEXTUAL else ""
        return Kind(Family.OTHER, words, note=note)
    start = data[:512].lstrip(codecs.BOM_UTF8).lstrip().lower()
    for signature, words in _MARKUP:
        if start.startswith(signature):
            return Kind(Family.TEXT, words, note=_disagrees(ending, words))
    delimiter = _delimiter(data, ending)
    if delimiter:
        separated = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}[delimiter]
        return Kind(Family.TABLE, f"Table, separated by {separated}", delimiter)
    note = f"Its name ends in .{ending}, but no table was recognised." if ending in _ENDINGS else ""
    return Kind(Family.TEXT, "Plain text", note=note)


def _disagrees(ending: str, words: str) -> str:
    fitting = {"html", "htm", "svg", "xml", "rtf", "txt"}
    return "" if ending in fitting else f"Its name ends in .{ending}, but its content is: {words}."


def _is_text(data: bytes) -> bool:
    """UTF-8 without NUL and with few control characters, as far as the beginning goes."""
    if b"\x00" in data:
        return False
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data, final=False)
    except UnicodeDecodeError:
        return False
    odd = sum(1 for c in text if ord(c) < 32 and c not in "\t\n\r\f\x1b")
    return odd * 20 <= len(text)


def _binary(data: bytes) -> str:
    for signature, words in _SIGNATURES:
        if data.startswith(signature):
            return words
    try:
        found = puremagic.magic_string(data)
    except (puremagic.PureError, ValueError):
        found = []
    words = found[0].name if found and found[0].confidence >= 0.3 else ""
    return words or "Binary data of an unknown kind"


def _delimiter(head: bytes, ending: str) -> str:
    """The delimiter with which the first lines split into the same number of columns, at least two."""
    text = head.decode("utf-8", errors="ignore")
    lines = [line for line in text.split("\n")[:-1] if line.strip()][:20] or [text]
    wanted = _ENDINGS.get(ending)
    for delimiter in [wanted] if wanted else _DELIMITERS:
        try:
            widths = {len(row) for row in csv.reader(lines, delimiter=delimiter) if row}
        except csv.Error:
            continue
        if len(widths) == 1 and widths.pop() >= 2 and (wanted or len(lines) > 1):
            return delimiter
    if wanted and len(lines) >= 1 and wanted in text:
        return wanted  # a ragged table is still better read as one; the preview says that it is ragged
    return ""

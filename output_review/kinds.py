"""What a file is by its content, never by its name alone. Pure; run by `examiner` on untrusted bytes."""

import codecs
import csv
import io
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

import puremagic

_HEAD = 64 * 1024
_DELIMITERS = ",;\t|"
# What puremagic does not know or knows badly.
_SIGNATURES = (
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


_SHEET = "application/vnd.oasis.opendocument.spreadsheet"
_LARGEST_DIRECTORY = 1 << 20  # bytes; a document has tens of parts


class Form(StrEnum):
    """How a table is written."""

    DELIMITED = "delimited"
    EXCEL = "excel"
    ODS = "ods"
    PARQUET = "parquet"
    FEATHER = "feather"


class Family(StrEnum):
    """How a file can be shown."""

    TABLE = "table"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True)
class Kind:
    """`words` say it to a person; `form` is set for tables, `delimiter` for those in text; `note` says when name
    and content disagree."""

    family: Family
    words: str
    delimiter: str = ""
    note: str = ""
    form: Form | None = None


def kind_of(file: BinaryIO, name: str) -> Kind:
    """The kind of a seekable file from its beginning and its name; the file is left at its beginning."""
    file.seek(0)
    data = file.read(_HEAD)
    file.seek(0)
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if not _is_text(data):
        note = f"Its name ends in .{ending}, but its content is not text." if ending in _TEXTUAL else ""
        form, words = _packed(file, data)
        if form:
            return Kind(Family.TABLE, words, note=note, form=form)
        return Kind(Family.OTHER, _binary(data), note=note)
    start = data[:512].lstrip(codecs.BOM_UTF8).lstrip().lower()
    for signature, words in _MARKUP:
        if start.startswith(signature):
            return Kind(Family.TEXT, words, note=_disagrees(ending, words))
    delimiter = _delimiter(data, ending)
    if delimiter:
        separated = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}[delimiter]
        return Kind(Family.TABLE, f"Table, separated by {separated}", delimiter, form=Form.DELIMITED)
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


def _packed(file: BinaryIO, head: bytes) -> tuple[Form | None, str]:
    """How the table in binary data is written, if it is one, and the words for it."""
    if head.startswith(b"PAR1"):
        return Form.PARQUET, "Parquet table"
    if head.startswith(b"ARROW1"):
        return Form.FEATHER, "Feather table (Arrow)"
    if not head.startswith(b"PK\x03\x04"):
        return None, ""
    if head[30:].startswith(b"mimetype" + _SHEET.encode()):
        return Form.ODS, "OpenDocument spreadsheet"
    parts = _directory(file)
    if b"[Content_Types].xml" in parts and b"xl/workbook.xml" in parts:
        macros = b"vbaProject.bin" in parts
        return Form.EXCEL, "Excel workbook with macros" if macros else "Excel workbook"
    return None, ""


def _directory(file: BinaryIO) -> bytes:
    """The raw directory at the end of a ZIP file, which names its parts; empty if it is too large."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    parts = b""
    if 0 <= at <= len(tail) - 22:
        length, offset = struct.unpack("<II", tail[at + 12 : at + 20])
        if length <= _LARGEST_DIRECTORY and offset < size:
            file.seek(offset)
            parts = file.read(length)
    file.seek(0)
    return parts


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

"""What a file is by its content, never by its name alone. Pure; run by `examiner` on untrusted bytes."""

import codecs
import csv
import re
from typing import BinaryIO

from output_review.families import Family, Form, Kind
from output_review.signatures import begins, binary

__all__ = ["Family", "Form", "Kind", "kind_of"]

_HEAD = 64 * 1024
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# Never rendered, only ever shown as the text that it is.
_MARKUP = (
    (re.compile(rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!doctype svg[^>]*>\s*)*<svg[\s>]", re.S), "SVG image"),
    (re.compile(rb"<!doctype html|<html"), "HTML page"),
    (re.compile(rb"<\?xml|<!doctype"), "XML document"),
    (
        re.compile(rb"<!--|<(div|table|script|style|p|h\d|body|head|span|ul|img|iframe|a|b)[\s>/]"),
        "HTML, a part of a page",
    ),
)
_FITTING = {"html", "htm", "svg", "xml", "rtf", "txt", "md", "ipynb", "json"}
_ENDINGS = {"csv": ",", "tsv": "\t"}
_TEXTUAL = {"csv", "tsv", "txt", "md", "json", "html", "svg", "py", "r", "log", "ipynb"}
_NOTEBOOK = re.compile(rb'\{\s*"cells"\s*:|"nbformat"\s*:\s*\d')


def kind_of(file: BinaryIO, name: str) -> Kind:
    """The kind of a seekable file from its beginning and its name; the file is left at its beginning."""
    file.seek(0)
    data = file.read(_HEAD)
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    is_text = _is_text(data)
    known = begins(data) or (None if is_text else binary(file, data, ending))
    file.seek(0)
    if known:
        family, words, form = known
        note = f"Its name ends in .{ending}, but its content is not text." if ending in _TEXTUAL else ""
        return Kind(family, words, note=note, form=form)
    return _textual(data, ending)


def _textual(data: bytes, ending: str) -> Kind:
    start = data[:2048].lstrip(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith(b"{\\rtf"):
        return Kind(Family.TEXT, "RTF document, shown as text", note=_disagrees(ending, "RTF document"))
    for pattern, words in _MARKUP:
        if pattern.match(start):
            return Kind(Family.MARKUP, f"{words}, shown as text", note=_disagrees(ending, words))
    if start[:1] in (b"{", b"[") and ending not in _ENDINGS:
        notebook = start[:1] == b"{" and (ending == "ipynb" or _NOTEBOOK.search(data))
        return Kind(Family.NOTEBOOK, "Jupyter notebook") if notebook else Kind(Family.JSON, "JSON")
    if ending in ("pkl", "pickle", "joblib"):
        return Kind(Family.MODEL, "Python pickle")
    if ending == "md":
        return Kind(Family.MARKUP, "Markdown, shown as text")
    delimiter = _delimiter(data, ending)
    if delimiter:
        return Kind(Family.TABLE, f"Table, separated by {_DELIMITERS[delimiter]}", delimiter, form=Form.DELIMITED)
    note = f"Its name ends in .{ending}, but no table was recognised." if ending in _ENDINGS else ""
    return Kind(Family.TEXT, "Plain text", note=note)


def _disagrees(ending: str, words: str) -> str:
    return "" if ending in _FITTING else f"Its name ends in .{ending}, but its content is: {words}."


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


def _delimiter(head: bytes, ending: str) -> str:
    """The delimiter with which the first lines split into the same number of columns, at least two."""
    text = head.decode("utf-8", errors="ignore")
    lines = [line for line in text.split("\n")[:-1] if line.strip()][:20] or [text]
    wanted = _ENDINGS.get(ending)
    for delimiter in [wanted, *_DELIMITERS] if wanted else _DELIMITERS:  # a .csv may have semicolons
        try:
            widths = {len(row) for row in csv.reader(lines, delimiter=delimiter) if row}
        except csv.Error:
            continue
        if len(widths) == 1 and widths.pop() >= 2 and (delimiter == wanted or len(lines) > 1):
            return delimiter
    if wanted and len(lines) >= 1 and wanted in text:
        return wanted  # a ragged table is still better read as one; the preview says that it is ragged
    return ""

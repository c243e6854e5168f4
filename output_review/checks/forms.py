"""What a part is by its content, never by its name alone. Pure."""

import codecs
import io
import json
import re
import zipfile

from output_review.checks.parts import Form
from output_review.kinds import Family, kind_of

_SIGNATURES = (
    (b"PAR1", Form.COLUMNAR),
    (b"ARROW1", Form.COLUMNAR),
    (b"FEA1", Form.COLUMNAR),
    (b"\x89PNG\r\n\x1a\n", Form.IMAGE),
    (b"\xff\xd8\xff", Form.IMAGE),
    (b"GIF8", Form.IMAGE),
    (b"II*\x00", Form.IMAGE),
    (b"MM\x00*", Form.IMAGE),
    (b"\x1f\x8b", Form.ARCHIVE),
    (b"BZh", Form.ARCHIVE),
    (b"\xfd7zXZ\x00", Form.ARCHIVE),
    (b"\x80\x02", Form.PICKLE),
    (b"\x80\x03", Form.PICKLE),
    (b"\x80\x04", Form.PICKLE),
    (b"\x80\x05", Form.PICKLE),
    (b"\x93NUMPY", Form.PICKLE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Form.UNKNOWN),
)
# zlib streams, as joblib writes them with compress=N: first byte 0x78, the pair a multiple of 31.
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
# "BM" alone begins a table of BMIs, too.
_BITMAP = re.compile(rb"BM.{4}\0{4}|RIFF.{4}WEBP", re.DOTALL)
_HTML = re.compile(rb"<\s*(!doctype\s+html|html|body|table|div|script|head|style|iframe)\b", re.IGNORECASE)


def form_of(data: bytes, name: str) -> Form:
    """The form of what is in a file, a member, an output."""
    head = data[:4096]
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data)
    if b"%PDF-" in head[:1024]:
        return Form.PDF
    for signature, form in _SIGNATURES:
        if head.startswith(signature):
            return form
    if _BITMAP.match(head):
        return Form.IMAGE
    if head[257:262] == b"ustar":
        return Form.ARCHIVE
    if head[:2] in _ZLIB:
        return Form.PICKLE
    return _written(data, head, name)


def _written(data: bytes, head: bytes, name: str) -> Form:
    """The form of a text."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start[:1] in (b"{", b"["):
        return _json(data)
    if b"<svg" in head.lower() and start.startswith(b"<"):
        return Form.SVG
    if start.startswith(b"<") and _HTML.search(head):
        return Form.HTML
    return _other(data, name)


def _zipped(data: bytes) -> Form:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    # NotImplementedError is what zipfile says of a packing that it does not know
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return Form.ARCHIVE
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names or {"mimetype", "content.xml"} <= names:
        return Form.WORKBOOK
    return Form.SKOPS if "schema.json" in names else Form.ARCHIVE


def _json(data: bytes) -> Form:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return Form.JSON if json_lines(data) is not None else _other(data, "")
    if isinstance(value, dict):
        if "nbformat" in value and "cells" in value:
            return Form.NOTEBOOK
        if is_plot(value):
            return Form.PLOT
    return Form.JSON


def json_lines(data: bytes | str) -> list[object] | None:
    """The values of a text of which every line is an object or a list of JSON; None if a line is not."""
    found = []
    try:
        for line in data.splitlines():
            if line.strip():
                found.append(json.loads(line))
                if not isinstance(found[-1], dict | list):
                    return None
    except (ValueError, RecursionError):
        return None
    return found if len(found) > 1 else None


def is_plot(value: object) -> bool:
    """Whether a JSON value is a figure of plotly, bokeh or vega."""
    if not isinstance(value, dict):
        return False
    plotly = isinstance(value.get("data"), list) and isinstance(value.get("layout"), dict)
    vega = "vega" in str(value.get("$schema", ""))[:200]
    bokeh = bool({"roots", "docs_json", "root_id"} & value.keys()) or (
        isinstance(value.get("doc"), dict) and "roots" in value["doc"]
    )
    return plotly or vega or bokeh


def _other(data: bytes, name: str) -> Form:
    kind = kind_of(io.BytesIO(data), name)
    if kind.family is Family.TABLE:
        return Form.DELIMITED
    if kind.family in (Family.TEXT, Family.MARKUP, Family.JSON):
        return Form.TEXT
    return Form.ONNX if _is_onnx(data, name) else Form.UNKNOWN


def _is_onnx(data: bytes, name: str) -> bool:
    """ONNX has no signature: a protobuf message that begins with its version (field 1), then names its producer."""
    return data[:1] == b"\x08" and (name.lower().endswith(".onnx") or b"\x12" in data[2:4] or b"onnx" in data[:200])

"""Binary files by their first bytes, and ZIP files by what their directory names. Pure."""

import bz2
import io
import lzma
import struct
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import puremagic

from output_review.families import Family, Form

_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF87a", "GIF image"),
    (b"GIF89a", "GIF image"),
    (b"II*\x00", "TIFF image"),
    (b"MM\x00*", "TIFF image"),
)
_MODELS = (
    (b"\x80\x02", "Python pickle"),
    (b"\x80\x03", "Python pickle"),
    (b"\x80\x04", "Python pickle"),
    (b"\x80\x05", "Python pickle"),
    (b"\x93NUMPY", "NumPy array"),
)
# What puremagic does not know or knows badly.
_OTHERS = ((b"\x89HDF\r\n\x1a\n", "HDF5 file"), (b"SQLite format 3\x00", "SQLite database"))
_PACKINGS: tuple[tuple[bytes, str, Callable[[], Any]], ...] = (
    (b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(31)),
    (b"BZh", "bz2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, 1 << 27)),
    (b"\x5d\x00\x00", "lzma", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, 1 << 27)),
    *((b"\x78" + level, "zlib", lambda: zlib.decompressobj(15)) for level in (b"\x01", b"\x5e", b"\x9c", b"\xda")),
)
_PICKLED = ("pkl", "pickle", "joblib")
_SHEET = "application/vnd.oasis.opendocument.spreadsheet"
_LARGEST_DIRECTORY = 1 << 20  # bytes; a document has tens of parts

Found = tuple[Family, str, Form | None]


def begins(head: bytes) -> Found | None:
    """What is known by its first bytes whether or not they could be text."""
    if head.startswith(b"%PDF-"):
        return Family.PAGES, "PDF document", None
    for signatures, family in ((_IMAGES, Family.IMAGE), (_MODELS, Family.MODEL), (_OTHERS, Family.OTHER)):
        for signature, words in signatures:
            if head.startswith(signature):
                return family, words, None
    return None


def binary(file: BinaryIO, head: bytes, ending: str) -> Found:
    """What binary data is; `ending` decides only for pickles that have no signature."""
    if head.startswith(b"PK"):
        return _zip(file, head)
    if head.startswith((b"PAR1", b"ARROW1")):
        parquet = head.startswith(b"PAR1")
        return Family.TABLE, *(
            ("Parquet table", Form.PARQUET) if parquet else ("Feather table (Arrow)", Form.FEATHER)
        )
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Family.IMAGE, "WebP image", None
    if head.startswith(b"BM") and int.from_bytes(head[2:6], "little") == file.seek(0, io.SEEK_END):
        return Family.IMAGE, "BMP image", None
    if head[257:262] == b"ustar":
        return Family.ARCHIVE, "tar archive", None
    for signature, name, make in _PACKINGS:
        if head.startswith(signature):
            return _packed(name, make(), head, ending)
    if len(head) > 3 and head[0] == 8 and 3 <= head[1] <= 20 and head[2] in b"\x12\x1a\x22\x28\x32\x3a\x42":
        return Family.MODEL, "ONNX model", None
    if ending in _PICKLED:
        return Family.MODEL, "Python pickle", None
    return Family.OTHER, _guessed(head), None


def _packed(name: str, decompressor: Any, head: bytes, ending: str) -> Found:
    try:
        start = decompressor.decompress(head, 512)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        start = b""
    inside = begins(start)
    if (inside and inside[0] is Family.MODEL) or ending in _PICKLED:
        return Family.MODEL, f"{inside[1] if inside else 'Python pickle'}, compressed with {name}", None
    return (
        Family.ARCHIVE,
        f"tar archive, compressed with {name}" if start[257:262] == b"ustar" else f"{name} file",
        None,
    )


def _zip(file: BinaryIO, head: bytes) -> Found:
    if head[30:].startswith(b"mimetype" + _SHEET.encode()):
        return Family.TABLE, "OpenDocument spreadsheet", Form.ODS
    parts = _directory(file)
    if b"[Content_Types].xml" in parts and b"xl/workbook.xml" in parts:
        macros = b"vbaProject.bin" in parts
        return Family.TABLE, "Excel workbook with macros" if macros else "Excel workbook", Form.EXCEL
    if b"schema.json" in parts:
        return Family.MODEL, "skops model", None
    if b"/data.pkl" in parts:
        return Family.MODEL, "PyTorch model", None
    if parts.count(b"PK\x01\x02") == parts.count(b".npy") > 0:
        return Family.MODEL, "NumPy arrays (npz)", None
    document = b"[Content_Types].xml" in parts or head[30:].startswith(b"mimetype")
    return Family.ARCHIVE, "Document packed as a ZIP archive" if document else "ZIP archive", None


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
    return parts


def _guessed(head: bytes) -> str:
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        found = []
    words = found[0].name if found and found[0].confidence >= 0.3 else ""
    return words or "Binary data of an unknown kind"

"""Compressed bytes, decompressed piece by piece and no further than a bound.

`zlib`, `gzip`, `bz2`, `lzma` and `xz` by their first bytes, as joblib tells them apart (joblib 1.6,
`numpy_pickle_utils._detect_compressor`). Other ways of compressing (lz4, zstd) are refused by name.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from output_review.readers.unreadable import Unreadable

_PIECE = 1 << 16
_LZMA_MEMORY = 128 * 1024**2  # bytes; a stream names its own dictionary's size, up to 4 GB
_MORE_THAN = "More than {:,} bytes come out of it: not read."
# First bytes, what it is called, what decompresses it.
_WAYS: tuple[tuple[bytes, str, Callable[[], Any] | None], ...] = (
    (b"\x1f\x8b", "gzip", lambda: _Zlib(31)),
    (b"\x78\x01", "zlib", lambda: _Zlib(15)),
    (b"\x78\x5e", "zlib", lambda: _Zlib(15)),
    (b"\x78\x9c", "zlib", lambda: _Zlib(15)),
    (b"\x78\xda", "zlib", lambda: _Zlib(15)),
    (b"BZh", "bz2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _LZMA_MEMORY)),
    (b"\x5d\x00", "lzma", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _LZMA_MEMORY)),
    (b"\x04\x22\x4d\x18", "lz4", None),
    (b"\x28\xb5\x2f\xfd", "zstd", None),
)


class _Zlib:
    """zlib's decompressor with the manners of the others."""

    def __init__(self, wbits: int) -> None:
        self._inner = zlib.decompressobj(wbits)
        self._left = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._left

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._inner.decompress(self._left + data, max_length)
        self._left = self._inner.unconsumed_tail
        return out


class Inflated(io.RawIOBase):
    """What comes out of one compressed stream. Raises `Unreadable` when it breaks off or grows beyond `most`."""

    def __init__(self, file: BinaryIO, make: Callable[[], Any], most: int) -> None:
        self._file, self._make, self._decompressor = file, make, make()
        self._most, self._came, self._ended = most, 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the start of `buffer`; 0 at the end of the stream."""
        while True:
            piece = self._piece(len(buffer))
            if piece is None:
                return 0
            if piece:
                self._came += len(piece)
                if self._came > self._most:
                    raise Unreadable(_MORE_THAN.format(self._most))
                buffer[: len(piece)] = piece
                return len(piece)

    def _piece(self, most: int) -> bytes | None:
        if self._decompressor.eof and not self._ended:
            self._ended = not self._next_stream()
        if self._ended:
            return None
        fresh = self._file.read(_PIECE) if self._decompressor.needs_input else b""
        try:
            out: bytes = self._decompressor.decompress(fresh, most)
        except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
            raise Unreadable(f"Its compressed data is damaged: {error}.") from error
        if not out and not fresh and not self._decompressor.eof:
            raise Unreadable("Its compressed data breaks off.")
        return out

    def _next_stream(self) -> bool:
        """gzip, bz2 and xz files may hold several streams, one after another: all of them are read."""
        rest = self._decompressor.unused_data
        self._file.seek(-len(rest), io.SEEK_CUR)
        start = self._file.read(6)
        self._file.seek(-len(start), io.SEEK_CUR)
        again = bool(start) and any(start.startswith(magic) and make is self._make for magic, _, make in _WAYS)
        if again:
            self._decompressor = self._make()
        return again

    def behind(self) -> int:
        """How many bytes of the file follow the compressed data, once all of it was read."""
        here = self._file.tell()
        return self._file.seek(0, io.SEEK_END) - here


def compression(start: bytes) -> str:
    """The name of the compression that a file begins with, empty for none."""
    return next((name for magic, name, _ in _WAYS if start.startswith(magic)), "")


def inflated(file: BinaryIO, most: int) -> Inflated:
    """The decompressed stream of a seekable file; raise `Unreadable` for a compression that is not read here."""
    file.seek(0)
    start = file.read(6)
    file.seek(0)
    for magic, name, make in _WAYS:
        if start.startswith(magic):
            if make is None:
                raise Unreadable(f"It is compressed with {name}, which is not read here.")
            return Inflated(file, make, most)
    raise Unreadable("It is not compressed in a way that is read here.")

"""Whether bytes are text, in which encoding, and what in a text cannot be seen."""

import codecs
import io
from dataclasses import dataclass
from typing import BinaryIO

_PIECE = 1 << 20
_HEAD = 64 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MOSTLY = 0.85  # of the bytes of a text of Western Europe are ASCII; of compressed data a third is
_SEEN = bytes(range(0x20, 0x7F)) + b"\t\n\r"


@dataclass(frozen=True)
class Doubts:
    """`wrong`: bytes that are no UTF-8. `hidden`: characters that cannot be seen or that turn the writing, but line
    ends and tabs."""

    wrong: int
    hidden: int

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each doubt there is."""
        wrong = f"{self.wrong:,} bytes are no text (UTF-8) and are shown as ⟨DC80⟩ to ⟨DCFF⟩: what is this file?"
        hidden = f"{self.hidden:,} characters that cannot be seen, or that turn the writing, are shown as ⟨…⟩."
        return (wrong,) * bool(self.wrong) + (hidden,) * bool(self.hidden)


def doubts(file: BinaryIO) -> Doubts:
    """What a reader of this text should know; from its beginning, leaving the file at its end."""
    file.seek(0)
    if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:  # a mark at the beginning is expected there only
        file.seek(0)
    wrong = hidden = 0
    begun, ended = b"", False  # the bytes of a character that the next piece ends
    while not ended:
        piece = file.read(_PIECE)
        ended = not piece
        text, begun = _unplain(begun + piece, ended)
        odd = _odd(text)
        wrong += sum(count for c, count in odd.items() if _is_wrong(c))
        hidden += sum(count for c, count in odd.items() if not _is_wrong(c))
    return Doubts(wrong, hidden)


def _unplain(data: bytes, ended: bool) -> tuple[str, bytes]:
    """The text of these bytes, of which plain ASCII may be left out, and the bytes of a last, unended character."""
    try:
        used = len(data) if data.isascii() else codecs.utf_8_decode(data, "strict", ended)[1]
        return data[:used].translate(None, _SEEN).decode(), data[used:]
    except UnicodeDecodeError:
        text, used = codecs.utf_8_decode(data, "surrogateescape", ended)
        return text, data[used:]


def _odd(text: str) -> dict[str, int]:
    """How often each character stands there that cannot be shown as it is."""
    if text.isprintable():
        return {}
    return {c: text.count(c) for c in set(text) if not c.isprintable() and c not in "\n\r\t"}


def _is_wrong(c: str) -> bool:
    return "\udc80" <= c <= "\udcff"


def in_utf8(file: BinaryIO) -> tuple[BinaryIO, str]:
    """The file, or its text written anew as UTF-8, with a word on how it was read; empty if nothing was done.

    UTF-16 is told by its mark. Bytes that are no UTF-8, mostly ASCII and without control characters are taken for
    Windows-1252, which older programs of Western Europe write; that is a guess, and said to be one.
    """
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    if head.startswith(_UTF16):
        return _anew(file, "utf-16", "It is written in UTF-16 and was read so.")
    if _is_utf8(head) or head.translate(None, _SEEN + bytes(range(0x80, 0x100))):
        return file, ""
    if len(head.translate(None, _SEEN)) > (1 - _MOSTLY) * len(head):
        return file, ""
    return _anew(
        file, "cp1252", "It is not written in UTF-8. Read as Windows-1252, a guess: accented letters may be others."
    )


def _anew(file: BinaryIO, encoding: str, note: str) -> tuple[BinaryIO, str]:
    try:
        return io.BytesIO(file.read().decode(encoding).encode()), note
    except UnicodeError:
        file.seek(0)
        return file, ""


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=False)
    except UnicodeDecodeError:
        return False
    return True

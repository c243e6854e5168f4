"""Whether bytes are text, and what in a text cannot be seen: read in pieces, whatever the file's size."""

import codecs
from dataclasses import dataclass
from typing import BinaryIO

_PIECE = 1 << 20
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
    decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
    wrong = hidden = 0
    ended = False
    while not ended:
        piece = file.read(_PIECE)
        ended = not piece
        if piece.isascii() and decoder.getstate()[0] == b"":
            decoder.decode(piece[:3])  # a mark at the beginning is expected there only
            hidden += len(piece.translate(None, _SEEN))
            continue
        odd = _odd(decoder.decode(piece, final=ended))
        wrong += sum(count for c, count in odd.items() if _is_wrong(c))
        hidden += sum(count for c, count in odd.items() if not _is_wrong(c))
    return Doubts(wrong, hidden)


def _odd(text: str) -> dict[str, int]:
    """How often each character stands there that cannot be shown as it is."""
    if text.replace("\n", " ").replace("\r", " ").replace("\t", " ").isprintable():
        return {}
    return {c: text.count(c) for c in set(text) if not c.isprintable() and c not in "\n\r\t"}


def _is_wrong(c: str) -> bool:
    return "\udc80" <= c <= "\udcff"

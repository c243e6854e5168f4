"""The lines of a text, whatever its size: read in pieces, and of each line no more than is asked for."""

from dataclasses import dataclass
from typing import BinaryIO

_PIECE = 1 << 20
_CONTINUED = bytes(range(0x80, 0xC0))  # the second to fourth bytes of a character in UTF-8


@dataclass(frozen=True)
class Line:
    """`start` is its beginning; `characters` counts all of it, without the line end."""

    start: str
    characters: int


@dataclass(frozen=True)
class Lines:
    """Some lines of a text and how many it has."""

    lines: tuple[Line, ...]
    total: int


def lines_of(file: BinaryIO, first: int, count: int, most: int) -> Lines:
    """`count` lines from the number `first` (from 0) on, `most` characters of each; bytes that are no UTF-8 become
    surrogates. A line ends with a line feed, before which a carriage return is dropped."""
    file.seek(0)
    kept: dict[int, bytearray] = {}
    lengths: dict[int, int] = {}
    number, open_ = 0, False
    while piece := file.read(_PIECE):
        ends = piece.count(b"\n")
        if number <= first + count and number + ends >= first:
            _keep(piece.split(b"\n"), number, range(first, first + count), 4 * most + 4, kept, lengths)
        number += ends
        open_ = not piece.endswith(b"\n")
    total = number + open_
    return Lines(tuple(_line(bytes(kept[at]), lengths[at], at, most) for at in sorted(kept) if at < total), total)


def _keep(
    parts: list[bytes],
    number: int,
    wanted: range,
    most: int,
    kept: dict[int, bytearray],
    lengths: dict[int, int],
) -> None:
    """Add what the piece holds of the wanted lines; its first part belongs to the line `number`, begun before."""
    for at in range(max(wanted.start, number), min(wanted.stop, number + len(parts))):
        part = parts[at - number]
        line = kept.setdefault(at, bytearray())
        line += part[: max(0, most - len(line))]
        lengths[at] = lengths.get(at, 0) + len(part.translate(None, _CONTINUED))


def _line(start: bytes, characters: int, number: int, most: int) -> Line:
    text = start.decode("utf-8", errors="surrogateescape")
    if number == 0 and text.startswith("\ufeff"):
        text, characters = text[1:], characters - 1
    if text.endswith("\r") and len(text) >= characters:
        text, characters = text[:-1], characters - 1
    return Line(text[:most], max(len(text[:most]), characters))

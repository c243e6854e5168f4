"""The frames of a WebSocket (RFC 6455) as a server sends them, put together into messages. Pure.

Of a message that is longer than it may be only the beginning and the end are kept, so that one of any length
costs the same memory and can still be replaced by words. Frames are taken a few at a time: a million empty ones
hold nobody up.
"""

from collections.abc import Callable
from typing import NamedTuple

HEAD = 160 * 1024  # bytes kept of a message that is too long: its offsets and two headers
TAIL = 4 * 1024
AT_ONCE = 64  # frames
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class BadFrames(ValueError):
    """Not the frames of a server."""


class Message(NamedTuple):
    """One message; `tail` is its end where only its beginning is in `data`: it was too long, or the shelf full."""

    opcode: int
    data: bytes
    size: int
    tail: bytes = b""
    held: int = 0  # bytes of the shelf, until `Frames.sent`

    @property
    def whole(self) -> bool:
        return len(self.data) == self.size


class Shelf:
    """Room for the unfinished messages of all channels of one workspace together."""

    def __init__(self, size: int) -> None:
        self.left = size


class Frames:
    """Reads one direction. `limit` says how long a message may be; `shelf` is shared and may be full."""

    def __init__(self, limit: Callable[[], int], shelf: Shelf) -> None:
        self._limit = limit
        self._shelf = shelf
        self._rest = b""
        self.more = False  # whether `feed(b"")` would go on
        self._opcode = 0  # of the message that has begun; 0 for none
        self._left = 0  # bytes of the present frame that are still to come
        self._final = False
        self._size = 0
        self._parts: list[bytes] = []
        self._kept = 0
        self._cut = False
        self._tail = b""
        self._held = 0  # of messages that are whole and wait

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are whole now, of at most `AT_ONCE` frames; raise `BadFrames`."""
        data, self._rest, self.more = self._rest + data if self._rest else data, b"", False  # also if it is broken
        found: list[Message] = []
        at: int | None = 0
        here = 0
        for _ in range(AT_ONCE):
            at = self._fill(data, here, found) if self._left else self._next(data, here, found)
            if at is None:
                break
            here = at
        self.more = at is not None and here < len(data)
        self._rest = data[here:]
        return found

    def _fill(self, data: bytes, at: int, found: list[Message]) -> int | None:
        """More of the present frame; where it ends, None when all of `data` is taken."""
        taken = min(self._left, len(data) - at)
        if not taken:
            return None
        self._add(data[at : at + taken])
        self._left -= taken
        if not self._left and self._final:
            found.append(self._whole())
        return at + taken

    def _next(self, data: bytes, at: int, found: list[Message]) -> int | None:
        """The next frame's head, and its body where that is there; where they end, None when more is needed."""
        read = _head(data, at)
        if read is None:
            return None
        first, length, body = read
        opcode, final = first & 15, first > 127
        there = body + length <= len(data)
        if opcode > 7:
            if not final or length > 125 or opcode > PONG:
                raise BadFrames("a control frame that is none")
            if not there:
                return None
        elif not (final and there and opcode in (TEXT, BINARY) and not self._opcode and length <= self._limit()):
            self._begin(opcode, final, length)
            if not length and final:
                found.append(self._whole())
            return body
        found.append(Message(opcode, data[body : body + length], length))
        return body + length

    def _begin(self, opcode: int, final: bool, length: int) -> None:
        """A frame of a message that is not whole yet."""
        if opcode > BINARY or (opcode == CONTINUATION) is not (self._opcode != 0) or length >> 63:
            raise BadFrames("a frame out of order")
        self._opcode = self._opcode or opcode
        self._left, self._final = length, final
        if self._size + length > self._limit():
            self._shorten()

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if not self._cut and len(part) <= self._shelf.left:
            self._shelf.left -= len(part)
            self._kept += len(part)
            self._parts.append(part)
            return
        self._shorten()
        if self._kept < HEAD:
            self._parts.append(part[: HEAD - self._kept])
            self._kept += len(self._parts[-1])
            self._shelf.left -= len(self._parts[-1])
        self._tail = (self._tail + part[-TAIL:])[-TAIL:]

    def _shorten(self) -> None:
        if self._cut:
            return
        whole = b"".join(self._parts)
        self._cut, self._tail, self._parts = True, whole[-TAIL:], [whole[:HEAD]]
        self._shelf.left += self._kept - len(self._parts[0])
        self._kept = len(self._parts[0])

    def _whole(self) -> Message:
        tail = self._tail if self._cut else b""
        message = Message(self._opcode, b"".join(self._parts), self._size, tail, self._kept)
        self._held += self._kept
        self._kept = 0
        self._forget()
        return message

    def sent(self, message: Message) -> None:
        """A message is gone: its room is free."""
        self._held -= message.held
        self._shelf.left += message.held

    def drop(self) -> None:
        """Give back all room, also of what waits: nothing is fed or sent any more."""
        self._shelf.left += self._kept + self._held
        self._held = 0
        self._forget()

    def _forget(self) -> None:
        self._opcode = self._size = self._kept = self._left = 0
        self._parts, self._cut, self._tail, self._final = [], False, b"", False


def _head(data: bytes, at: int) -> tuple[int, int, int] | None:
    """(first byte, length, where the body begins) of a frame; None when more is needed."""
    body = at + 2
    if len(data) < body:
        return None
    first, length = data[at], data[at + 1]
    if first & 0x70 or length & 0x80:
        raise BadFrames("a mask or an extension that was not agreed on")
    if length > 125:
        body += 2 if length == 126 else 8
        if len(data) < body:
            return None
        length = int.from_bytes(data[at + 2 : body], "big")
    return first, length, body

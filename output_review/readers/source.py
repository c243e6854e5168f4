"""A stream that says how much of it may still be read, and believes no length that a file claims."""

from typing import IO

from output_review.readers.unreadable import Unreadable

_PIECE = 1 << 20


class Source:
    """Bytes of `file` from where it stands, `most` of them. Not seekable; has what pickletools and NumPy call."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._most, self.left = file, most, most
        self._ahead = b""

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, fewer only at the end; raise `Unreadable` for more than may be read."""
        if size < 0 or size > self.left:
            size = self.left + 1
        parts: list[bytes] = []
        while size > 0:
            part, self._ahead = self._ahead[:size], self._ahead[size:]
            part = part or self._file.read(min(size, _PIECE))
            if not part:
                break
            self._take(len(part))
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readline(self) -> bytes:
        """Up to and with the next line end."""
        line, found, rest = self._ahead.partition(b"\n")
        line, self._ahead = line + found, rest
        if not found:
            line += self._file.readline(self.left + 1)
        self._take(len(line))
        return line

    def peek(self, size: int) -> bytes:
        """The next bytes, left where they are."""
        while len(self._ahead) < size and (part := self._file.read(size - len(self._ahead))):
            self._ahead += part
        return self._ahead[:size]

    def _take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise Unreadable(f"More than {self._most:,} bytes are in it: not read.")

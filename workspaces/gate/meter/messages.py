"""Messages between browser and kernel, subprotocol `v1.kernel.websocket.jupyter.org`, read as far as needed. Pure.

    u64 count                  number of offsets that follow, all numbers little-endian
    u64 offset * count         from the message's first byte; the last is its length
    channel                    shell, iopub, stdin, control
    header, parent_header, metadata, content      JSON
    buffer ...                 any number

    >>> whole = write("iopub", b'{"msg_type":"status"}', b"{}", b"{}", b"{}")
    >>> read(whole, len(whole)).kind
    b'status'

`read` looks at the offsets and at the header; what a message says is never parsed, whatever its size. It raises
`Unreadable` for anything that two programs could read differently.
"""

import re
import struct
from typing import NamedTuple

SUBPROTOCOL = "v1.kernel.websocket.jupyter.org"
CHANNELS = frozenset({b"shell", b"iopub", b"stdin", b"control"})
LARGEST_HEADER = 64 * 1024  # bytes, and as many for the parent's header; real ones have 200
MOST_BUFFERS = 1024
_FIXED = 6  # offsets of a message without buffers
_NUMBERS = tuple(struct.Struct(f"<{count}Q") for count in range(_FIXED + MOST_BUFFERS + 1))
_KIND = re.compile(rb'"msg_type"\s*:\s*"([a-z_]{1,40})"')
_DISGUISED = re.compile(rb"\\u00(?:[2-6]|7[0-9a-eA-E])")  # a plain letter that no honest program writes like this


class Unreadable(ValueError):
    """Not a message of this protocol."""


class Read(NamedTuple):
    """The places of a message's parts, and its type."""

    offsets: tuple[int, ...]
    kind: bytes

    @property
    def buffers(self) -> int:
        """Bytes in buffers."""
        return self.offsets[-1] - self.offsets[5]


def read(data: bytes, size: int) -> Read:
    """Read a message of `size` bytes, of which at least offsets and headers are in `data`."""
    if len(data) < 8:
        raise Unreadable("shorter than its own number of parts")
    count = int.from_bytes(data[:8], "little")
    if not _FIXED <= count < len(_NUMBERS):
        raise Unreadable(f"{count} parts")
    start = 8 * (count + 1)
    if len(data) < start:
        raise Unreadable("shorter than its offsets")
    offsets = _NUMBERS[count].unpack_from(data, 8)
    if offsets[0] != start or offsets[-1] != size or list(offsets) != sorted(offsets):
        raise Unreadable("offsets that do not add up")
    header, parent, metadata = offsets[1:4]
    if parent - header > LARGEST_HEADER or metadata - parent > LARGEST_HEADER or metadata > len(data):
        raise Unreadable("a header that is too long")
    if data[start:header] not in CHANNELS:
        raise Unreadable("no such channel")
    found = _KIND.search(data, header, parent)
    if found is None:
        raise Unreadable("a header without a type")
    if _KIND.search(data, found.end(), parent) or _DISGUISED.search(data, header, parent):
        raise Unreadable("a header with two types, or one in disguise")
    return Read(offsets, found[1])


def write(channel: str, header: bytes, parent: bytes, metadata: bytes, content: bytes) -> bytes:
    """A message without buffers."""
    parts = (channel.encode(), header, parent, metadata, content)
    offsets, at = [], 8 * (len(parts) + 2)
    for part in parts:
        offsets.append(at)
        at += len(part)
    offsets.append(at)
    return b"".join((len(offsets).to_bytes(8, "little"), _NUMBERS[len(offsets)].pack(*offsets), *parts))

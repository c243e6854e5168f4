"""What a ZIP or tar archive holds, or one compressed file: names, sizes, links, the first bytes of each member.

Nothing is ever written: a member called `../x` or a link to `/etc/passwd` is words here. Encrypted archives are
refused. What stands in the file beside the members that its table of contents names is counted and said.
"""

import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO, BinaryIO, Literal

from output_review.readers import inflating
from output_review.readers.source import Source
from output_review.readers.unreadable import Unreadable


@dataclass(frozen=True)
class Limits:
    """`members` that are listed; `bytes` that may come out of an archive; `head`: bytes kept of each member."""

    members: int = 10_000
    bytes: int = 256 * 1024**2
    head: int = 4096


LIMITS = Limits()
Sort = Literal["file", "folder", "link", "other"]
_ENTRY = b"PK\x01\x02"  # begins each line of a ZIP archive's table of contents
_LOCAL = 30  # bytes of a member's own header, before its name and extra field
_DESCRIPTOR = 24  # bytes that may follow a member
_LONGEST_TARGET = 1000
# What zipfile and tarfile raise for such bytes: NotImplementedError for a packing that they do not know,
# RuntimeError for a member that is encrypted.
_DAMAGED = (
    zipfile.BadZipFile, zipfile.LargeZipFile, tarfile.TarError, zlib.error, NotImplementedError, RuntimeError,
    EOFError, OSError, ValueError, IndexError, OverflowError,
)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """`size` is what the archive claims, bytes; `target`: where a link leads; `head`: the first bytes of a file."""

    name: str
    size: int
    sort: Sort
    target: str = ""
    head: bytes = b""

    @property
    def leads_out(self) -> bool:
        """Whether unpacking it carelessly would write, or point, outside of the folder it is unpacked into."""
        return _leads_out(self.name) or (self.sort == "link" and _leads_out(self.target))


@dataclass(frozen=True)
class Archive:
    """`form`: `zip`, `tar`, the name of a compression for a single compressed file, or `tar, gzip` and so on."""

    form: str
    members: tuple[Member, ...]
    notes: tuple[str, ...] = ()


Read = Callable[[int], bytes]  # at most so many bytes of a member; good until the next one is asked for


class _Walk:
    """One pass through an archive."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self.file, self.limits, self.form = file, limits, ""
        self.notes: list[str] = []

    def __iter__(self) -> Iterator[tuple[Member, Read]]:
        for count, found in enumerate(self._opened()):
            if count == self.limits.members:
                raise Unreadable(f"More than {self.limits.members:,} members are in it: not read.")
            yield found

    def _opened(self) -> Iterator[tuple[Member, Read]]:
        self.file.seek(0)
        packed = inflating.compression(self.file.read(6))
        if packed:
            return self._packed(packed)
        if zipfile.is_zipfile(self.file):
            self.form = "zip"
            return self._zip()
        self.form = "tar"
        self.file.seek(0)
        return _tar(tarfile.open(fileobj=self.file, mode="r:"))  # closes nothing that is ours

    def _packed(self, packed: str) -> Iterator[tuple[Member, Read]]:
        stream = inflating.inflated(self.file, self.limits.bytes)
        opened = io.BufferedReader(stream)
        self.form = packed
        if _is_tar(opened.peek(512)):
            self.form = f"tar, {packed}"
            yield from _tar(tarfile.open(fileobj=opened, mode="r|"))  # noqa: SIM115
        else:
            size = sum(len(piece) for piece in iter(lambda: opened.read(1 << 16), b""))
            again = Source(io.BufferedReader(inflating.inflated(self.file, self.limits.bytes)), self.limits.bytes)
            yield Member("", size, "file"), again.read
            stream = inflating.inflated(self.file, self.limits.bytes)
            opened = io.BufferedReader(stream)
        while opened.read(1 << 16):
            pass
        if behind := stream.behind():
            self.notes.append(f"{behind:,} bytes follow the compressed data: not read.")

    def _zip(self) -> Iterator[tuple[Member, Read]]:
        if _count(self.file, _ENTRY) > 2 * self.limits.members:
            raise Unreadable(f"More than {self.limits.members:,} members are in it: not read.")
        with zipfile.ZipFile(self.file) as archive:
            entries = archive.infolist()
            if any(entry.flag_bits & 1 for entry in entries):
                raise Unreadable("It is encrypted: nobody can look into it.")
            if unclaimed := _unclaimed(self.file, entries, archive.start_dir):
                self.notes.append(f"{unclaimed:,} bytes in it belong to no member: not read.")
            if archive.comment:
                self.notes.append(f"A comment of {len(archive.comment):,} bytes is attached to it: not shown.")
            for entry in entries:
                yield _zipped(archive, entry)


def members(file: BinaryIO, limits: Limits = LIMITS) -> Archive:
    """The members of a seekable archive, in its order; raise `Unreadable`: encrypted, damaged, too much in it."""
    walk, left, found = _Walk(file, limits), limits.bytes, []
    with _damage_said():
        for one, read in walk:
            head = read(min(limits.head, left)) if one.sort == "file" else b""
            left -= len(head)
            found.append(replace(one, head=head))
    return Archive(walk.form, tuple(found), tuple(walk.notes))


def files(file: BinaryIO, limits: Limits = LIMITS) -> Iterator[tuple[Member, bytes]]:
    """Every member with its bytes, read in one walk: two of one name are two. Raise `Unreadable` as `members` does,
    and when more than `limits.bytes` come out of all of them together."""
    left = limits.bytes
    with _damage_said():
        for one, read in _Walk(file, limits):
            data = read(left + 1) if one.sort == "file" else b""
            left -= len(data)
            if left < 0:
                raise Unreadable(f"More than {limits.bytes:,} bytes come out of it: the rest is not read.")
            yield one, data


def member(file: BinaryIO, name: str, limits: Limits = LIMITS) -> bytes:
    """The bytes of the first file of this name; raise `Unreadable` if there is none, or it is too large."""
    with _damage_said():
        for one, read in _Walk(file, limits):
            if one.name == name and one.sort == "file":
                data = read(limits.bytes + 1)
                if len(data) > limits.bytes:
                    raise Unreadable(f"It is larger than {limits.bytes:,} bytes: not read.")
                return data
    raise Unreadable("There is no such member in it.")


@contextmanager
def _damage_said() -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise Unreadable(f"It is a damaged archive: {type(error).__name__}.") from error


def _zipped(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[Member, Read]:
    def read(most: int) -> bytes:
        with archive.open(entry) as opened:
            return opened.read(most)

    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        target = read(_LONGEST_TARGET).decode(errors="replace")
        return Member(entry.filename, entry.file_size, "link", target), read
    return Member(entry.filename, entry.file_size, "folder" if entry.is_dir() else "file"), read


def _tar(archive: tarfile.TarFile) -> Iterator[tuple[Member, Read]]:
    with archive:
        for entry in archive:
            sort: Sort = "other"
            if entry.isfile():
                sort = "file"
            elif entry.isdir():
                sort = "folder"
            elif entry.issym() or entry.islnk():
                sort = "link"
            opened = archive.extractfile(entry) if sort == "file" else None
            yield Member(entry.name, entry.size, sort, entry.linkname if sort == "link" else ""), _reader(opened)


def _reader(opened: IO[bytes] | None) -> Read:
    return (lambda most: opened.read(most)) if opened else (lambda _most: b"")


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head[:512], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _count(file: BinaryIO, what: bytes) -> int:
    file.seek(0)
    found, tail = 0, b""
    while piece := file.read(1 << 20):
        found += (tail + piece).count(what)
        tail = piece[-len(what) + 1 :]
    return found


def _unclaimed(file: BinaryIO, entries: list[zipfile.ZipInfo], end: int) -> int:
    """Bytes before, between and behind the members, up to the table of contents at `end`."""
    unclaimed = at = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        unclaimed += max(0, entry.header_offset - at)
        file.seek(entry.header_offset)
        header = file.read(_LOCAL)
        lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        described = _DESCRIPTOR if entry.flag_bits & 8 else 0
        at = entry.header_offset + _LOCAL + lengths + entry.compress_size + described
    return unclaimed + max(0, end - at)


def _leads_out(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return path.startswith(("/", "\\")) or ".." in parts or (len(path) > 1 and path[1] == ":")

"""Bytes on the desk's disk, by digest: `outputs/incoming/<random>/<n>` while they arrive, then
`outputs/objects/<2>/<sha256>`, mode 400, never changed again.

A row is only ever written for bytes that are already in their place. What a killed desk leaves is therefore bytes
without a row, never a row without bytes; `empty_incoming` and `collect` remove them at the next start.
"""

import hashlib
import os
import secrets
import shutil
import stat
import threading
from collections.abc import Set
from pathlib import Path
from typing import BinaryIO

from enclave.errors import BadInput, Refused
from enclave.layout import Layout
from enclave.names import Digest, digest

_READ_ONLY, _LENT = 0o400, 0o440
_CHUNK = 1 << 20
_LEAST_FREE = 512 * 1024**2
# Keeping a file and collecting its predecessor of the same digest must not cross.
_shelf = threading.Lock()


class Arrival:
    """One file on its way in: written and hashed chunk by chunk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        self._file: BinaryIO = path.open("xb")

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def close(self) -> None:
        self._file.close()

    def finish(self) -> Digest:
        """Bring the bytes to the disk; return their SHA-256."""
        self._file.flush()
        os.fchmod(self._file.fileno(), _READ_ONLY)
        os.fsync(self._file.fileno())
        self._file.close()
        return Digest(self._hash.hexdigest())


def new_incoming(layout: Layout) -> Path:
    """A fresh folder for one submission."""
    folder = layout.incoming / secrets.token_hex(12)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def make_sure_there_is_room(layout: Layout, size: int) -> None:
    """Raise `Refused` if `size` bytes would leave the desk without room to keep its records."""
    layout.incoming.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(layout.incoming).free - size < _LEAST_FREE:
        raise Refused("The review desk has no room for these files at present. Tell an admin; nothing was kept.")


def keep(layout: Layout, arrived: Path, sha256: Digest) -> None:
    """Move a finished file to its place. Bytes that are there under the same digest are replaced by these same
    bytes, so that a damaged copy is healed by a new submission."""
    place = layout.object(sha256)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _shelf:
        arrived.replace(place)
    for folder in (place.parent, layout.objects):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_object(layout: Layout, sha256: Digest) -> BinaryIO:
    """The stored bytes; raise `FileNotFoundError`. A link in the place of the file is refused by the kernel."""
    handle = os.open(layout.object(digest(sha256)), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    return os.fdopen(handle, "rb")


def lend(layout: Layout, sha256: Digest) -> bool:
    """Let the desk's group read a stored file, as a check's container does; False if it is gone."""
    try:
        with open_object(layout, sha256) as file:
            os.fchmod(file.fileno(), _LENT)
    except OSError:
        return False
    return True


def open_intact(layout: Layout, sha256: Digest, size: int) -> BinaryIO | None:
    """The stored bytes, hashed again and rewound, or None if they are gone or no longer what the digest says."""
    try:
        file = open_object(layout, sha256)
    except OSError:
        return None
    found, count = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        found.update(chunk)
        count += len(chunk)
    if found.hexdigest() != sha256 or count != size:
        file.close()
        return None
    file.seek(0)
    return file


def is_intact(layout: Layout, sha256: Digest, size: int) -> bool:
    """Whether the stored bytes still have this digest and size (bytes)."""
    file = open_intact(layout, sha256, size)
    if file is None:
        return False
    file.close()
    return True


def empty_incoming(layout: Layout, before: float) -> int:
    """Remove submissions that were still arriving when an earlier desk ended; `before` is this desk's start
    (seconds since 1970). Return how many."""
    count = 0
    for folder in _entries(layout.incoming):
        if folder.lstat().st_mtime < before:
            shutil.rmtree(folder)
            count += 1
    return count


def collect(layout: Layout, kept: Set[Digest], before: float) -> int:
    """Remove objects that no row names and that an earlier desk stored. Return how many."""
    count = 0
    for place in (place for shelf in _entries(layout.objects) for place in _entries(shelf)):
        with _shelf:
            try:
                named = digest(place.name) in kept
            except BadInput:
                named = False  # nothing of ours has such a name
            found = place.lstat()
            if not named and stat.S_ISREG(found.st_mode) and found.st_mtime < before:
                place.unlink()
                count += 1
    return count


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []

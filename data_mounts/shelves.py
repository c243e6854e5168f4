"""Putting a dataset version on the shelf, whole or not at all, and looking whether it is still what it was.

The source belongs to somebody else and may change or lie while it is read. So every folder is walked by descriptor
without following links, a file is opened with `O_NOFOLLOW` and judged by what was opened, and the digest is that of
our copy. A hard link is refused: its bytes have another name outside the source that nobody has looked at.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from data_mounts.manifest import MOST_FILES, ManifestFile, file_path
from enclave.errors import NotFound, Refused
from enclave.names import DatasetName, DatasetVersion, Digest

_FICLONE = 0x40049409  # share the source's blocks (btrfs, XFS): instant, and still a copy
_PIECE = 1 << 20
_DEEPEST = 64
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a pipe",
}
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """One entry below a folder: its path, its kind by `stat.S_IFMT`, its size in bytes, its number of names."""

    path: str
    kind: int
    size: int
    links: int


def ingest(
    source: Path, datasets: Path, name: DatasetName, version: DatasetVersion, tell: Tell
) -> list[ManifestFile]:
    """Copy `source` to the shelf; return its manifest. Raise `Refused` with nothing left behind."""
    with _opened(source) as folder:
        listed = [_acceptable(found) for found in walk(folder)]
        files = [found for found in listed if found.kind == stat.S_IFREG]
        if not 1 <= len(files) <= MOST_FILES:
            raise Refused(f"{source} holds {len(files)} files; 1 to {MOST_FILES} are expected.")
        tell(f"{len(files)} files, {sum(found.size for found in files)} bytes")
        with _shelf(datasets, name) as shelf:
            final = shelf / version
            if os.path.lexists(final):
                raise Refused(f"{name}@{version} is there already, and a version never changes. Use another one.")
            beside = shelf / f".incoming-{secrets.token_hex(8)}"
            try:
                beside.mkdir(mode=0o700)
                manifest = _copy(folder, listed, beside, tell)
                beside.rename(final)
                _sync(shelf)
            except BaseException:
                _discard(beside)
                raise
    return manifest


def verify(datasets: Path, name: DatasetName, version: DatasetVersion, manifest: list[ManifestFile]) -> list[str]:
    """What is no longer as registered, a line each: `changed: x`, `missing: y`, `added: z`; else empty."""
    expected = {file.path: file for file in manifest}
    wrong = []
    with _opened(datasets / name / version) as folder:
        for found in walk(folder):
            if found.kind == stat.S_IFDIR:
                continue
            file = expected.pop(found.path, None)
            if file is None:
                wrong.append(f"added: {found.path}")
            elif found.kind != stat.S_IFREG or _digest_of(folder, found.path) != (file.size, file.sha256):
                wrong.append(f"changed: {found.path}")
    return sorted(wrong + [f"missing: {path}" for path in expected])


def remove(datasets: Path, name: DatasetName, version: DatasetVersion) -> None:
    """Take a version off the shelf after its registration failed; raise `NotFound` if it is not there."""
    if not (datasets / name).is_dir():
        raise NotFound(f"There is no {name}@{version}.")
    with _shelf(datasets, name) as shelf:
        beside = shelf / f".removed-{secrets.token_hex(8)}"
        try:
            (shelf / version).rename(beside)
        except FileNotFoundError:
            raise NotFound(f"There is no {name}@{version}.") from None
        _discard(beside)
        _sync(shelf)


def walk(folder: int, path: str = "", depth: int = 0) -> Iterator[Found]:
    """Everything below an open folder, folders before what is in them; no link is ever followed."""
    if depth > _DEEPEST:
        raise Refused(f"{path[:200]} lies more than {_DEEPEST} folders deep.")
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        below = f"{path}/{name}" if path else name
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        yield Found(below, stat.S_IFMT(status.st_mode), status.st_size, status.st_nlink)
        if stat.S_ISDIR(status.st_mode):
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                yield from walk(inner, below, depth + 1)
            finally:
                os.close(inner)


def _acceptable(found: Found) -> Found:
    file_path(found.path)
    if found.kind in _KINDS:
        raise Refused(f"{found.path} is {_KINDS[found.kind]}; a dataset holds plain files and folders only.")
    if found.kind == stat.S_IFREG and found.links != 1:
        raise Refused(f"{found.path} is a hard link: its bytes have another name elsewhere. Copy it first.")
    return found


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise NotFound(f"The folder {folder} cannot be read: {error.strerror}.") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _shelf(datasets: Path, name: DatasetName) -> Iterator[Path]:
    """The folder of one dataset's versions, locked; what an interrupted run left in it is cleared away.

    Mode 700: the engine binds a version's folder as root, and nobody who merely has a login on the host reads it.
    """
    shelf = datasets / name
    with suppress(FileExistsError):
        shelf.mkdir(mode=0o700)
    with _opened(shelf) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for left in (*shelf.glob(".incoming-*"), *shelf.glob(".removed-*")):
            _discard(left)
        try:
            yield shelf
        finally:
            with suppress(OSError):  # an empty shelf is not a dataset
                shelf.rmdir()


def _copy(source: int, listed: list[Found], target: Path, tell: Tell) -> list[ManifestFile]:
    manifest: list[ManifestFile] = []
    folders = [target]
    for found in listed:
        if found.kind == stat.S_IFDIR:
            folders.append(target / found.path)
            folders[-1].mkdir(mode=0o700)
        else:
            manifest.append(_copy_file(source, found.path, target / found.path))
            tell(f"copied {len(manifest)}: {found.path}")
    for folder in reversed(folders):
        _own(folder, 0o555)
        _sync(folder)
    return manifest


def _copy_file(source: int, path: str, target: Path) -> ManifestFile:
    with _file(source, path) as original, target.open("x+b") as copy:
        before = os.fstat(original)
        if not stat.S_ISREG(before.st_mode) or before.st_nlink != 1:
            raise Refused(f"{path} was replaced while it was read. Make sure that nobody writes to the source.")
        try:
            fcntl.ioctl(copy.fileno(), _FICLONE, original)
        except OSError:
            while piece := os.read(original, _PIECE):
                copy.write(piece)
        copy.flush()
        after = os.fstat(original)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise Refused(f"{path} changed while it was read. Make sure that nobody writes to the source.")
        copy.seek(0)
        sha256 = hashlib.file_digest(copy, "sha256").hexdigest()
        size = os.fstat(copy.fileno()).st_size
        _own(target, 0o444)
        os.fsync(copy.fileno())
    return ManifestFile(path, size, Digest(sha256))


@contextmanager
def _file(folder: int, path: str) -> Iterator[int]:
    """Open `path` below an open folder, no part of it a link; a pipe or device does not make us wait."""
    *parents, name = path.split("/")
    opened = [os.dup(folder)]
    try:
        for parent in parents:
            opened.append(_open_below(opened[-1], parent, path, os.O_DIRECTORY))
        opened.append(_open_below(opened[-1], name, path, os.O_NONBLOCK))
        yield opened[-1]
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _open_below(folder: int, name: str, path: str, flag: int) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flag, dir_fd=folder)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None


def _digest_of(folder: int, path: str) -> tuple[int, str]:
    with _file(folder, path) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), sha256


def _own(path: Path, mode: int) -> None:
    if os.geteuid() == 0:
        os.chown(path, 0, 0, follow_symlinks=False)
    path.chmod(mode)


def _sync(folder: Path) -> None:
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


def _discard(folder: Path) -> None:
    for path, _folders, _files in os.walk(folder):
        Path(path).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)

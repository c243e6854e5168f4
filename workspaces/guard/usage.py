"""How much of the disk some folders use: allocated blocks and the number of files, whatever lies in them.

Workspaces write these folders while we look, so everything is reached through descriptors of its parent: no
link is followed, and a folder that is exchanged meanwhile leads nowhere else. A file with several names takes
its blocks once, and each name counts. A million small files take the time they take, but no more than half of a
processor, and after `MOST` names the answer is "at least". One descriptor is held for each level, so folders
below `DEEPEST` levels are not entered: a path cannot name them, and the answer says `too_deep`.
"""

import errno
import os
import resource
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from enclave.errors import Broken
from workspaces.disk import Space, Use, kept_bytes
from workspaces.guard.folders import open_folder

MOST = 5_000_000
DEEPEST = 2_048  # levels; a path of 4096 bytes names no deeper one
_SLICE = 500  # entries between two pauses
_BLOCK = 512  # bytes; the unit of st_blocks, whatever the file system's own
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def measure(root: Path, folders: Iterable[Path], most: int = MOST) -> Use:
    """The use of folders below `root` together; one that is not there uses nothing."""
    count = _Count(most)
    for folder in folders:
        try:
            with open_folder(root, folder) as descriptor:
                count.tree(descriptor)
        except Broken:
            continue  # not made yet, or no folder of ours
    return Use(count.bytes, count.files, count.complete, count.too_deep)


def space(folders: Iterable[Path], reserve: int | None) -> Space:
    """The file system that is nearest to its end, of those on which the folders lie."""
    found = [_space(os.statvfs(folder), reserve) for folder in folders]
    return min(found, key=lambda one: (not one.short, one.free_bytes - one.kept_bytes))


def _space(seen: os.statvfs_result, reserve: int | None) -> Space:
    """Some file systems have no end of files and say 0."""
    kept_files = seen.f_files // 50
    free_files = seen.f_favail if seen.f_files else 0
    return Space(
        seen.f_bavail * seen.f_frsize, kept_bytes(reserve, seen.f_blocks * seen.f_frsize), free_files, kept_files
    )


def allow_descriptors() -> None:
    """Let this process hold one descriptor for each level of the deepest folder."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * DEEPEST + 1_000
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


class _Count:
    """Adds up one measure."""

    def __init__(self, most: int) -> None:
        self.bytes = self.files = self._slice = 0
        self.complete, self.too_deep = True, False
        self._most = most
        self._linked: set[tuple[int, int]] = set()
        self._began = time.monotonic()

    def tree(self, top: int) -> None:
        """A folder with all that is below it; its descriptor stays the caller's."""
        self._add(os.fstat(top))
        levels: list[tuple[int, Iterator[str]]] = [(top, self._entries(top))]
        try:
            while levels and self.files < self._most:
                descriptor, below = levels[-1]
                name = next(below, None)
                if name is None:
                    levels.pop()
                    self._close(descriptor, top)
                elif len(levels) >= DEEPEST:
                    self.too_deep = True
                else:
                    self._enter(descriptor, name, levels)
            self.complete &= not levels
        finally:
            for descriptor, _below in levels:
                self._close(descriptor, top)

    def _enter(self, parent: int, name: str, levels: list[tuple[int, Iterator[str]]]) -> None:
        try:
            descriptor = os.open(name, _FOLDER, dir_fd=parent)
        except FileNotFoundError:
            return
        except OSError as error:  # a link or a file by now; or this process has no descriptor left
            self.complete = False
            self.too_deep |= error.errno == errno.EMFILE
            return
        levels.append((descriptor, iter(())))
        levels[-1] = (descriptor, self._entries(descriptor))

    def _entries(self, folder: int) -> Iterator[str]:
        """Count what lies in a folder; its sub-folders by name, which are counted here and entered later."""
        below = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if self.files >= self._most:
                        self.complete = False
                        break
                    try:
                        found = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    self._add(found)
                    if stat.S_ISDIR(found.st_mode):
                        below.append(entry.name)
        except OSError:
            self.complete = False
        return iter(below)

    def _add(self, found: os.stat_result) -> None:
        self.files += 1
        self._slice += 1
        key = found.st_dev, found.st_ino
        if key not in self._linked:
            self.bytes += found.st_blocks * _BLOCK
        if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
            self._linked.add(key)
        if self._slice >= _SLICE:
            self._slice = 0
            time.sleep(time.monotonic() - self._began)
            self._began = time.monotonic()

    @staticmethod
    def _close(descriptor: int, top: int) -> None:
        if descriptor != top:
            os.close(descriptor)

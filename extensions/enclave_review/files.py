"""From the paths that JupyterLab names to files that can be sent.

A path is JupyterLab's: relative to the server's root folder, parts divided by `/`. Links are followed, for
the root folder of a workspace is made of links (`project`, `home`, `data`) and because notebook code, which
runs as the same user, could read the target anyway: what may leave is decided by a person who sees the bytes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CHUNK = 256 * 1024  # bytes read at a time: the most of a file that is ever in memory


class CannotSend(Exception):
    """A file cannot be sent as it is; the text is one sentence for the researcher."""


@dataclass(frozen=True)
class File:
    """A regular file as it was when chosen: `size` in bytes, `identity` to notice any later change."""

    shown: str
    path: Path
    name: str
    size: int
    identity: tuple[int, int, int, int]

    def chunks(self) -> Iterator[bytes]:
        """Yield exactly `size` bytes.

        Raises CannotSend when the file is no longer the one chosen, before its last bytes are handed out,
        so that a receiver never holds a complete mixture of old and new.
        """
        with open(_open(self.shown, self.path), "rb", buffering=0) as handle:
            left = self.size
            while left:
                self._assert_unchanged(handle.fileno())
                chunk = handle.read(min(CHUNK, left))
                if not chunk:
                    raise self._changed()
                left -= len(chunk)
                if not left:
                    self._assert_unchanged(handle.fileno())
                yield chunk
            self._assert_unchanged(handle.fileno())

    def _assert_unchanged(self, descriptor: int) -> None:
        if _identity(os.fstat(descriptor)) != self.identity:
            raise self._changed()

    def _changed(self) -> CannotSend:
        return CannotSend(
            f"“{self.shown}” changed while it was being sent, so nothing was submitted. "
            "Wait until your code has finished writing it, then ask again."
        )


def choose(root: Path, paths: Sequence[str]) -> list[File]:
    """The files that `paths` name below `root`, in their order, each once.

    Raises CannotSend for anything that is not a readable regular file.
    """
    if not paths:
        raise CannotSend("No file was chosen: choose at least one file to release.")
    return [_choose(root, path) for path in dict.fromkeys(paths)]


def _choose(root: Path, shown: str) -> File:
    parts = shown.strip("/").split("/")
    if any(part in ("", ".", "..") for part in parts) or not shown.isprintable():
        raise CannotSend(
            f"“{_printable(shown)}” is not the path of a file in this workspace. "
            "Choose it in the file browser; a name with unusual characters has to be changed first."
        )
    path = root.joinpath(*parts)
    descriptor = _open(shown, path)
    try:
        found = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return File(shown, path, parts[-1], found.st_size, _identity(found))


def _open(shown: str, path: Path) -> int:
    """A descriptor of the regular file at `path`; waits for nobody (a pipe without a writer would block)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (FileNotFoundError, NotADirectoryError):
        raise CannotSend(f"“{shown}” is not there any more: refresh the file browser and choose again.") from None
    except PermissionError:
        raise CannotSend(f"“{shown}” cannot be read with your permissions in this workspace.") from None
    except (OSError, ValueError):
        raise CannotSend(f"“{shown}” cannot be opened: only ordinary files can be released.") from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise CannotSend(f"“{shown}” is a folder. Only files can be released: choose the files inside it.")
    raise CannotSend(f"“{shown}” is not an ordinary file (a pipe or a device), and only files can be released.")


def _identity(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in text)[:200]

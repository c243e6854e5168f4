"""Which notebook or script probably wrote a file: a guess that the researcher sees in the dialog and can change.

The newest one that names the file, among those that lie in the file's folder or in one of the two above it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

CODE = (".ipynb", ".py", ".r", ".rmd", ".qmd", ".jl", ".sql", ".do", ".sas")
LARGEST = 4 * 1024 * 1024  # bytes of code that the review desk takes
_MOST = 100  # notebooks and scripts of a folder that are read, the newest first
_ABOVE = 2


def candidates(root: Path, path: str) -> list[str]:
    """The notebooks and scripts that may have written the file at `path`, the newest first; JupyterLab's paths."""
    folder = path.strip("/").rpartition("/")[0]
    found: list[tuple[float, str]] = []
    for _ in range(_ABOVE + 1):
        found += sorted(_in_folder(root, folder), reverse=True)[:_MOST]
        if not folder:
            break
        folder = folder.rpartition("/")[0]
    return [name for _, name in sorted(found, reverse=True) if name != path.strip("/")]


def guess(root: Path, path: str, among: list[str]) -> str:
    """The first of these that names the file; an empty string if none does."""
    name = path.rpartition("/")[2]
    written = {name.encode(errors="replace"), json.dumps(name)[1:-1].encode()}
    return next((one for one in among if any(word in _bytes(root / one) for word in written)), "")


def _in_folder(root: Path, folder: str) -> Iterator[tuple[float, str]]:
    try:
        entries = list(os.scandir(root / folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or not entry.name.lower().endswith(CODE):
            continue
        try:
            if entry.is_file() and 0 < (found := entry.stat()).st_size <= LARGEST:
                yield found.st_mtime, f"{folder}/{entry.name}".lstrip("/")
        except OSError:
            continue


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except OSError:
        return b""

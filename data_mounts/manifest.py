"""What is in a dataset version, to the byte: a list of files with size and digest. Pure.

As text it is a JSON list of {"path", "size", "sha256"}, as `librarian` prints it. Its name is the SHA-256 of

    UTF-8 of that list sorted by path, keys sorted, no spaces, no escaping of non-ASCII characters
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from enclave.errors import BadInput
from enclave.names import Digest, digest

MOST_FILES = 1_000_000


@dataclass(frozen=True)
class ManifestFile:
    """One file of a dataset version: its path below the version's folder, its size in bytes, its digest."""

    path: str
    size: int
    sha256: Digest


def canonical(files: Sequence[ManifestFile]) -> bytes:
    """The bytes whose SHA-256 names a manifest."""
    listed = [{"path": f.path, "sha256": f.sha256, "size": f.size} for f in sorted(files, key=lambda f: f.path)]
    return json.dumps(listed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse_manifest(text: str) -> list[ManifestFile]:
    """The files that a manifest lists, by path; raise `BadInput` for anything that `librarian` would not print."""
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("The manifest is not JSON. Give what the librarian printed.") from None
    if isinstance(listed, dict):  # what `enclave dataset show --json` prints has it as one of its values
        listed = listed.get("manifest")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_FILES:
        raise BadInput(f"The manifest must be a list of 1 to {MOST_FILES} files.")
    files = sorted((_file(entry) for entry in listed), key=lambda file: file.path)
    if len({file.path for file in files}) != len(files):
        raise BadInput("The manifest lists a file twice.")
    return files


def _file(entry: Any) -> ManifestFile:
    if not isinstance(entry, dict) or set(entry) != {"path", "size", "sha256"}:
        raise BadInput("Each file of the manifest has exactly a path, a size and a sha256.")
    path, size, sha256 = entry["path"], entry["size"], entry["sha256"]
    if type(size) is not int or not 0 <= size < 2**63 or not isinstance(sha256, str):
        raise BadInput("A size in the manifest is not a number of bytes, or a sha256 is not text.")
    return ManifestFile(file_path(path), size, digest(sha256))


def file_path(path: object) -> str:
    """A relative path as a dataset's file may have it: plain, without `..`, braces or unprintable characters."""
    if not isinstance(path, str) or not path or not path.isprintable() or set(path) & set("{}\\"):
        raise BadInput(f"{str(path)[:80]!r} cannot be a file of a dataset: its name holds a forbidden character.")
    parts = path.split("/")
    if str(PurePosixPath(path)) != path or path.startswith("/") or set(parts) & {"", ".", ".."}:
        raise BadInput(f"{path[:80]!r} cannot be a file of a dataset: a plain relative path is expected.")
    if len(path.encode()) > 4000 or max(len(part.encode()) for part in parts) > 255:
        raise BadInput(f"{path[:80]!r} cannot be a file of a dataset: its name is too long.")
    return path

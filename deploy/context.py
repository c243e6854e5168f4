"""What an image is made of: its build context as a tar archive, and the digest that names its inputs.

The same inputs give the same bytes (sorted names, no times, no owners), so the digest decides whether an image
has to be built again. The host's certificates travel along but are no input: they change nothing in the result.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from deploy import say

REPOSITORY = Path(__file__).resolve().parent.parent
_CERTIFICATES = "images/certs"
# These may be missing: most hosts have no certificates of their own, and a wheel is there once it is built.
MAY_BE_MISSING = {_CERTIFICATES, "extensions/dist"}
_SKIPPED_FOLDERS = {"__pycache__", "node_modules"}


class Part(NamedTuple):
    """A file or folder of the repository, and where it stands in the build context."""

    source: str
    target: str


class Context(NamedTuple):
    """The archive for `docker build -`, and the digest of the inputs."""

    archive: bytes
    digest: str


def make(parts: Sequence[Part], parent: str, repository: Path = REPOSITORY) -> Context:
    """Pack `parts`; the digest also covers `parent`, the digest of the image it is built upon."""
    hashed = hashlib.sha256(f"enclave image inputs v1\n{parent}\n".encode())
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for target, file in sorted(_files(parts, repository)):
            content = file.read_bytes()
            mode = 0o755 if file.stat().st_mode & 0o100 else 0o644
            archive.addfile(_entry(target, mode, len(content)), io.BytesIO(content))
            if not target.startswith(_CERTIFICATES):
                hashed.update(f"{target}\n{mode:o} {hashlib.sha256(content).hexdigest()}\n".encode())
        for part in parts:  # COPY of a folder without files must work too
            if not (repository / part.source).is_file():
                folder = tarfile.TarInfo(part.target)
                folder.type, folder.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(folder)
    return Context(buffer.getvalue(), hashed.hexdigest()[:32])


def _files(parts: Sequence[Part], repository: Path) -> Iterator[tuple[str, Path]]:
    for part in parts:
        source = repository / part.source
        if not source.exists() and part.source not in MAY_BE_MISSING:
            raise say.Stop(
                f"{source} is missing: an image is made from it. Is this clone complete? See git status."
            )
        if source.is_file():
            yield part.target, source
            continue
        for file in source.rglob("*"):
            inner = file.relative_to(source)
            if file.is_file() and not _skipped(inner):
                yield f"{part.target}/{inner.as_posix()}", file


def _skipped(path: Path) -> bool:
    return bool(_SKIPPED_FOLDERS & set(path.parts)) or path.suffix == ".pyc" or ".egg-info" in str(path)


def _entry(name: str, mode: int, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.size = mode, size
    return entry

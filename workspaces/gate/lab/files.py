"""The files of JupyterLab that the gate serves: read once, found by name in a table, sent from memory.

A name that is not in the table does not exist, so no path is ever looked for on a disk. What a file is follows from
its suffix (`paths.ASSET_TYPES`); others are left out, documents among them.
"""

import gzip
import hashlib
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from enclave.errors import Broken, NotFound
from workspaces.gate.paths import ASSET_TYPES, asset_type

FIRST = "static/enclave/first.js"
_OURS = Path(__file__).parent / "static"
# Most names hold a digest of the content: `1014.073326ef5d98db5e.js`, `0031b1860ea4ad75.woff`.
_FIXED = re.compile(r"(?:.*[./])?[0-9a-f]{16,32}\.[a-z0-9]+", re.ASCII)
_WORTH = 1024  # bytes; below that packing gains nothing
_LOGO = re.compile(r"kernelspecs/[^/]+/(logo-[a-z0-9]+\.(?:png|svg))", re.ASCII)


@dataclass(frozen=True)
class File:
    """One file, and whether its name changes with its content."""

    name: str
    type: str
    body: bytes
    digest: str
    fixed: bool


@dataclass(frozen=True)
class Files:
    """The table, by path below a workspace's base."""

    table: Mapping[str, File]
    _packed: dict[str, bytes] = field(default_factory=dict)

    def find(self, path: str) -> File:
        """Raise `NotFound` for a name that is not in the table. Every kernel has the one logo that we have."""
        logo = _LOGO.fullmatch(path)
        found = self.table.get(f"kernelspecs/{logo[1]}" if logo else path)
        if found is None:
            raise NotFound("There is no such file.")
        return found

    def pack(self) -> None:
        """Compress what is worth it, in a thread of its own; until it is done, files are sent as they are."""
        threading.Thread(target=self._pack, name="pack", daemon=True).start()

    def _pack(self) -> None:
        for file in self.table.values():
            if len(file.body) >= _WORTH and file.type.startswith(("text/", "image/svg")):
                self._packed[file.name] = gzip.compress(file.body, 6, mtime=0)

    def send(self, request: web.BaseRequest, file: File, lines: Mapping[str, str]) -> web.Response:
        """The file, or 304 for who has it; `lines` are the headers of its kind."""
        packed = self._packed.get(file.name) if "gzip" in request.headers.get("Accept-Encoding", "") else None
        headers = {**lines, "Content-Type": file.type, "ETag": f'"{file.digest}"', "Vary": "Accept-Encoding"}
        if file.digest in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        if packed is not None:
            headers["Content-Encoding"] = "gzip"
            headers["ETag"] = f'"{file.digest}-gzip"'
        return web.Response(body=file.body if packed is None else packed, headers=headers)


def load(share: Path) -> Files:
    """The files below `<prefix>/share/jupyter`; raise `Broken` when they are not there."""
    lab = share / "lab"
    if not (lab / "static" / "index.html").is_file():
        raise Broken(f"{lab} holds no JupyterLab: the platform's image has a copy, made from locks/lab.txt")
    table = {file.name: file for file in _all(share, lab)}
    return Files(table)


def _all(share: Path, lab: Path) -> Iterator[File]:
    yield _file(FIRST, _OURS / "first.js")
    yield from _below(lab / "static", "static/lab/")
    yield from _below(lab / "themes", "lab/api/themes/")
    for extension in (share / "labextensions").glob("**/static"):
        name = extension.parent.relative_to(share / "labextensions").as_posix()
        yield from _below(extension, f"lab/extensions/{name}/static/")
    yield from _below(share / "kernels" / "python3", "kernelspecs/")


def _below(folder: Path, prefix: str) -> Iterator[File]:
    for path in sorted(folder.rglob("*")):
        if path.suffix[1:].lower() in ASSET_TYPES and path.is_file() and not path.is_symlink():
            yield _file(prefix + path.relative_to(folder).as_posix(), path)


def _file(name: str, path: Path) -> File:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:32]
    return File(name, asset_type(name), body, digest, _FIXED.fullmatch(name) is not None)

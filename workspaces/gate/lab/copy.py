"""The gate's copy of JupyterLab as a whole: the document, the files, the small answers, the settings."""

import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from aiohttp import web

from enclave.errors import NotFound
from workspaces.gate.headers import security_lines
from workspaces.gate.lab import files
from workspaces.gate.lab.files import Files
from workspaces.gate.lab.page import Features, Page
from workspaces.gate.lab.settings import Schemas
from workspaces.gate.paths import Kind

SHARE = Path(sys.prefix) / "share" / "jupyter"
_TRANSLATIONS = b'{"data": {"en": {"displayName": "English", "nativeName": "English"}}, "message": ""}'
_NO_PACK = b'{"data": {}, "message": ""}'


@dataclass(frozen=True)
class Copy:
    """Everything that the gate answers itself below a workspace's base."""

    page: Page
    files: Files
    schemas: Schemas
    origin: str  # of the workspaces
    pages_url: str

    def document(self, base: str, path: str, features: Features) -> web.Response:
        lines = {**self._lines(Kind.DOCUMENT, base), "Content-Type": "text/html; charset=utf-8"}
        return web.Response(body=self.page.render(base, path, features), headers=lines)

    def asset(self, request: web.BaseRequest, base: str, path: str) -> web.Response:
        """Raise `NotFound` for a file that is not ours."""
        file = self.files.find(path)
        return self.files.send(request, file, self._lines(Kind.ASSET, base, file.fixed))

    def reply(self, base: str, path: str) -> web.Response:
        """One of the answers that are always the same."""
        if path == "api/nbconvert":
            return self.json(base, b"{}")
        if path.rstrip("/") == "lab/api/translations":
            return self.json(base, _TRANSLATIONS)
        if path.startswith("lab/api/translations/"):
            return self.json(base, _NO_PACK)
        raise NotFound("There is no such page in this workspace.")

    def json(self, base: str, body: bytes) -> web.Response:
        lines = {**self._lines(Kind.REPLY, base), "Content-Type": "application/json"}
        return web.Response(body=body, headers=lines)

    def _lines(self, kind: Kind, base: str, fixed: bool = False) -> dict[str, str]:
        return dict(security_lines(kind, self.origin + base.rstrip("/"), self.pages_url, fixed))


def open_copy(origin: str, pages_url: str) -> Copy:
    """The copy for these two origins; raise `Broken` when there is none. The files are read once a process."""
    return Copy(Page(SHARE, pages_url), _files(SHARE), _schemas(SHARE), origin, pages_url)


@lru_cache(maxsize=1)
def _files(share: Path) -> Files:
    found = files.load(share)
    found.pack()
    return found


@lru_cache(maxsize=1)
def _schemas(share: Path) -> Schemas:
    return Schemas(share)

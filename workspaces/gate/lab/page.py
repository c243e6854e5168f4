"""The document that JupyterLab starts from: its own `index.html`, with a configuration made here.

The script in that file that takes a token out of the address is left out (there is none, and no inline script
runs), ours is put before all others, and the icons that a frame never shows are left out too.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jinja2 import DictLoader, Environment

from enclave.errors import Broken
from workspaces.gate.lab.files import FIRST
from workspaces.gate.lab.plugins import COMMANDS, disabled

SERVER_VERSION = "[2, 21, 1]"  # of jupyter-server in the workspace's image; a test compares them
_INLINE = re.compile(r"<script>.*?</script>", re.DOTALL)
_PATH = re.compile(r"lab(?:/workspaces/([A-Za-z0-9_-]+))?(?:/tree/(.*))?/?")
_TEMPLATE = (
    '{% extends "index.html" %}{% block favicon %}'
    f'<script src="{{{{ base_url | escape }}}}{FIRST}"></script>'
    "{% endblock %}"
)
# Messages that JupyterLab does not count as work of a kernel; as Jupyter Server says it.
_UNTRACKED = re.split(
    r"\s",
    "comm_info_request comm_info_reply kernel_info_request kernel_info_reply shutdown_request shutdown_reply "
    "interrupt_request interrupt_reply debug_request debug_reply stream display_data update_display_data "
    "execute_input execute_result error status clear_output debug_event input_request input_reply",
)


@dataclass(frozen=True)
class Features:
    """What the project's policy lets the page offer."""

    uploads: bool = True
    terminals: bool = False


class Page:
    """Renders the document. `share` is `<prefix>/share/jupyter`; `parent` the origin of our page around it."""

    def __init__(self, share: Path, parent: str) -> None:
        static = share / "lab" / "static"
        index, left_out = _INLINE.subn("", (static / "index.html").read_text())
        if left_out != 1 or "{% block favicon %}" not in index:
            raise Broken(f"{static}/index.html is not the page of a JupyterLab that we know")
        loader = DictLoader({"index.html": index, "page.html": _TEMPLATE})
        self._template = Environment(loader=loader, autoescape=True).get_template("page.html")
        self._extensions = _federated(share / "labextensions")
        self._version = json.loads((static / "package.json").read_text())["jupyterlab"]["version"]
        self._parent = parent
        self.render = lru_cache(maxsize=256)(self._render)

    def _render(self, base: str, path: str, features: Features) -> bytes:
        """The document for `path` below `base` (`/user/<person>/<project>/`)."""
        values = self.config(base, path, features)
        return self._template.render(page_config=values, base_url=base, ws_url="").encode()

    def config(self, base: str, path: str, features: Features) -> dict[str, Any]:
        """JupyterLab's `PageConfig`: what Jupyter Server would say, less what a browser need not know."""
        found = _PATH.fullmatch(path)
        workspace, tree = (found[1], found[2]) if found else (None, None)
        return {
            **_urls(base),
            "appName": "JupyterLab",
            "appNamespace": "lab",
            "appVersion": self._version,
            "baseUrl": base,
            "wsUrl": "",
            "token": "",
            "mode": "multiple-document",
            "workspace": workspace or "default",
            "treePath": unquote(tree or ""),
            "federated_extensions": self._extensions,
            "disabledExtensions": disabled(features.terminals),
            "enclaveForbiddenCommands": [line.name for line in COMMANDS],
            "enclaveParentOrigin": self._parent,
            "enclaveUploads": features.uploads,
            "terminalsAvailable": features.terminals,
            "allow_hidden_files": False,
            "buildAvailable": False,
            "buildCheck": False,
            "cacheFiles": True,
            "copyAbsolutePath": False,
            "delete_to_trash": False,
            "devMode": False,
            "exposeAppInBrowser": False,
            "ignorePlugins": [],
            "news": {"disabled": True},
            "notebookStartsKernel": True,
            "notebookVersion": SERVER_VERSION,
            "preferredPath": "project",
            "quitButton": False,
            "rootUri": "file:///workspace",
            "serverRoot": "/workspace",
            "store_id": 0,
            "untracked_message_types": _UNTRACKED,
        }


def _urls(base: str) -> dict[str, str]:
    full = {
        "App": "lab",
        "Labextensions": "lab/extensions",
        "Licenses": "lab/api/licenses",
        "Listings": "lab/api/listings",
        "Settings": "lab/api/settings",
        "Static": "static/lab",
        "Themes": "lab/api/themes",
        "TranslationsApi": "lab/api/translations",
        "Tree": "lab/tree",
        "WorkspacesApi": "lab/api/workspaces",
    }
    urls = {f"full{name}Url": base + path for name, path in full.items()}
    for name, path in full.items():
        urls[f"{name[0].lower()}{name[1:]}Url"] = f"/{path}"
    return {**urls, "fullMathjaxUrl": "", "mathjaxConfig": ""}


def _federated(folder: Path) -> list[Mapping[str, Any]]:
    """What JupyterLab has to know of each prebuilt extension to load it."""
    found: list[Mapping[str, Any]] = []
    for path in sorted([*folder.glob("*/package.json"), *folder.glob("@*/*/package.json")]):
        package = json.loads(path.read_text())
        build = package["jupyterlab"]["_build"]
        kept = {key: build[key] for key in ("load", "extension", "mimeExtension", "style") if key in build}
        found.append({"name": package["name"], **kept, "entrypoints": None})
    return found

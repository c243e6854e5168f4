"""JupyterLab's settings: schemas from our own copy, the person's own values from their workspace.

A schema says what stands in menus, toolbars and under which keys, so it is not the workspace's to give. What the
person has set is text (JSON with comments) that JupyterLab parses and checks against the schema.
"""

import json
from pathlib import Path
from typing import Any

from enclave.errors import NotFound
from workspaces.gate.errors import BadReply
from workspaces.gate.lab.plugins import DEFAULTS

LARGEST = 4 * 1024 * 1024  # bytes of a workspace's answer; an honest one is a twentieth of it
_LARGEST_RAW = 64 * 1024  # characters of one plugin's settings
_TIME = 40  # characters


class Schemas:
    """All schemas, by plugin."""

    def __init__(self, share: Path) -> None:
        self._heads: dict[str, str] = {}
        for folder in (share / "lab" / "schemas", *sorted((share / "labextensions").glob("**/schemas"))):
            for path in sorted(folder.rglob("*.json")):
                if path.name == "package.json":
                    continue
                name = f"{path.parent.relative_to(folder).as_posix()}:{path.stem}"
                self._heads[name] = _head(name, path)

    @property
    def names(self) -> list[str]:
        return sorted(self._heads)

    def ids(self) -> bytes:
        """The answer to `?ids_only=true`."""
        return json.dumps({"settings": [{"id": name} for name in reversed(self.names)]}).encode()

    def one(self, name: str, body: bytes) -> bytes:
        """The answer for one plugin, with what `body` (a workspace's answer to the same question) says is set."""
        if name not in self._heads:
            raise NotFound("There are no such settings.")
        return self._entry(name, _parsed(body)).encode()

    def all(self, body: bytes) -> bytes:
        """The answer for all plugins."""
        told = _parsed(body).get("settings")
        entries = told if isinstance(told, list) else []
        known = {str(one.get("id")): one for one in entries if isinstance(one, dict)}
        listed = ",".join(self._entry(name, known.get(name, {})) for name in reversed(self.names))
        return f'{{"settings":[{listed}]}}'.encode()

    def _entry(self, name: str, told: dict[str, Any]) -> str:
        raw = told.get("raw")
        if not isinstance(raw, str) or len(raw) > _LARGEST_RAW:
            raw = "{}"
        own: dict[str, Any] = {
            "raw": raw,
            "settings": {},
            "last_modified": _time(told, "last_modified"),
            "created": _time(told, "created"),
        }
        return self._heads[name] + json.dumps(own)[1:]


def _head(name: str, path: Path) -> str:
    """The beginning of an entry, as text, up to where the person's values follow."""
    schema = json.loads(path.read_text())
    for key, value in DEFAULTS.get(name, {}).items():
        schema["properties"][key]["default"] = value
    return json.dumps({"id": name, "schema": schema, "version": "N/A"})[:-1] + ","


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise BadReply("The workspace answered with something else than data.")
    return told


def _time(told: dict[str, Any], key: str) -> str | None:
    value = told.get(key)
    return value if isinstance(value, str) and len(value) <= _TIME else None

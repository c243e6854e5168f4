"""What the page asks to send: texts, and of each file where it lies, what it is for, and what wrote it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from enclave_review.files import CannotSend

TEXTS = ("what", "how", "controls")
_MOST = 1000  # paths of one question

UNREADABLE = "The request could not be read: expected the texts “what”, “how”, “controls” and a list “files”."


@dataclass(frozen=True)
class Asked:
    """`texts` go to the desk as they are; `said` tells of each file, by its path; `code` are the paths of what
    wrote them, each once."""

    texts: dict[str, Any]
    said: dict[str, dict[str, Any]]
    code: list[str]


def read(body: bytes) -> Asked:
    """Raises CannotSend when the page sent anything else."""
    try:
        asked = json.loads(body)
        texts = {name: asked[name] for name in TEXTS}
        texts |= {name: asked.get(name, []) for name in ("statements", "groups")}
        files = [
            (one["path"], one.get("role", "output"), one.get("group", 0), one.get("code", ""))
            for one in asked["files"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CannotSend(UNREADABLE) from None
    if not all(isinstance(texts[name], str) for name in TEXTS) or not all(
        isinstance(path, str) and isinstance(role, str) and isinstance(code, str) for path, role, _, code in files
    ):
        raise CannotSend(UNREADABLE)
    code = list(dict.fromkeys(code for *_, code in files if code))
    said = {
        path: {"path": path, "role": role, "group": group, "code": code.index(wrote) + 1 if wrote else 0}
        for path, role, group, wrote in files
    }
    return Asked(texts, said, code)


def read_paths(body: bytes) -> list[str]:
    """The paths that the page asks about. Raises CannotSend."""
    try:
        paths = json.loads(body)["paths"]
    except (ValueError, KeyError, TypeError):
        paths = None
    if not isinstance(paths, list) or len(paths) > _MOST or not all(isinstance(path, str) for path in paths):
        raise CannotSend("The question could not be read: expected a list “paths”.")
    return paths


def read_path(body: bytes) -> str:
    """The one path that the page asks about. Raises CannotSend."""
    try:
        path = json.loads(body)["path"]
    except (ValueError, KeyError, TypeError):
        path = None
    if not isinstance(path, str):
        raise CannotSend("The question could not be read: expected a “path”.")
    return path

"""Which paths of a workspace a browser may reach: a table; everything else does not exist.

`refuse_tricks` comes first, on the bytes as they arrived: a path that two programs could read differently is
refused before anything is matched. The table is matched below the workspace's base, `/user/<person>/<project>/`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from enclave.errors import BadInput

_PLAIN = re.compile(r"/[\x21-\x7e]*", re.ASCII)
_TRICK = re.compile(
    r"//"  # an empty segment: some servers fold it
    r"|/\.{1,2}(?:/|$)"  # . and .. are resolved by whoever likes to
    r"|[\\#]"  # a backslash is a slash to some; a fragment is never sent
    r"|%(?:2f|5c|2e|[01][0-9a-f]|7f)"  # slash, backslash, dot, control characters in disguise
    r"|%(?![0-9a-f]{2})",  # not an encoding at all
    re.ASCII | re.IGNORECASE,
)


def refuse_tricks(path: str) -> None:
    """Raise `BadInput` unless `path` (without the query, as it arrived) has exactly one reading."""
    if not _PLAIN.fullmatch(path) or _TRICK.search(path):
        raise BadInput("This address is not accepted: it has an empty, a dotted or a disguised part.")


class Kind(StrEnum):
    """What the answer is; the gate sets the content type by it, whatever the workspace says."""

    DOCUMENT = "document"
    ASSET = "asset"
    DATA = "data"
    CHANNEL = "channel"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Rule:
    """One line of the table: a pattern for the whole path, the methods, the kind of answer, and why."""

    pattern: str
    methods: frozenset[str]
    kind: Kind
    why: str

    def matches(self, path: str) -> bool:
        return re.fullmatch(self.pattern, path, re.ASCII) is not None


def _rule(pattern: str, methods: str, kind: Kind, why: str) -> Rule:
    return Rule(pattern, frozenset(methods.split()), kind, why)


RULES: tuple[Rule, ...] = (
    _rule(r"lab/?", "GET HEAD", Kind.DOCUMENT, "JupyterLab's page"),
    _rule(r"lab/tree(/.*)?", "GET HEAD", Kind.DOCUMENT, "JupyterLab opening a file or folder"),
    _rule(r"lab/workspaces/[^/]+(/tree(/.*)?)?", "GET HEAD", Kind.DOCUMENT, "a saved window layout"),
    _rule(r"static/.+", "GET HEAD", Kind.ASSET, "JupyterLab's program, styles, fonts and icons"),
    _rule(r"lab/extensions/.+", "GET HEAD", Kind.ASSET, "prebuilt extensions, ours among them"),
    _rule(r"lab/api/themes/.+", "GET HEAD", Kind.ASSET, "style sheets of the themes"),
    _rule(r"kernelspecs/.+", "GET HEAD", Kind.ASSET, "logos of the kernels"),
    _rule(r"lab/api/settings(/.*)?", "GET PUT", Kind.DATA, "the person's own settings"),
    _rule(r"lab/api/workspaces(/.*)?", "GET PUT POST DELETE", Kind.DATA, "window layouts"),
    _rule(r"lab/api/translations(/.*)?", "GET", Kind.DATA, "texts of the interface"),
    _rule(r"lab/api/listings(/.*)?", "GET", Kind.DATA, "the list of forbidden extensions"),
    _rule(r"lab/api/build", "GET", Kind.DATA, "JupyterLab asks whether it must be built anew; it may not do it"),
    _rule(r"api", "GET", Kind.DATA, "the server's version; JupyterLab asks whether it lives"),
    _rule(r"api/(me|status)", "GET", Kind.DATA, "who and how busy"),
    _rule(r"api/contents(/.*)?", "GET POST PUT PATCH DELETE", Kind.DATA, "notebooks and files, as JSON only"),
    _rule(r"api/sessions(/[^/]+)?", "GET POST PATCH DELETE", Kind.DATA, "which notebook uses which kernel"),
    _rule(r"api/kernels(/[^/]+)?", "GET POST DELETE", Kind.DATA, "start, list and stop kernels"),
    _rule(r"api/kernels/[^/]+/(interrupt|restart)", "POST", Kind.DATA, "interrupt and restart a kernel"),
    _rule(r"api/kernels/[^/]+/channels", "GET", Kind.CHANNEL, "messages from and to a kernel"),
    _rule(r"api/kernelspecs(/[^/]+)?", "GET", Kind.DATA, "which kernels there are"),
    _rule(r"api/events/subscribe", "GET", Kind.CHANNEL, "notices of Jupyter Server; JupyterLab insists on it"),
    _rule(r"api/nbconvert", "GET", Kind.NOTHING, "no exporters: an empty list keeps JupyterLab quiet"),
    _rule(r"enclave(/.*)?", "GET POST DELETE", Kind.DATA, "our extension: requests for release"),
)


@lru_cache(maxsize=4096)
def rule_for(path: str, method: str) -> Rule | None:
    """The line that allows `method` on `path` (below the base, no leading slash); None if there is none."""
    for rule in RULES:
        if method in rule.methods and rule.matches(path):
            return rule
    return None


# By suffix, because the workspace's own word is not taken for it.
ASSET_TYPES: dict[str, str] = {
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "ico": "image/x-icon",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "eot": "application/vnd.ms-fontobject",
    "wasm": "application/wasm",
    "txt": "text/plain; charset=utf-8",
}


def asset_type(path: str) -> str:
    """The content type of a static file, by its suffix; one that no browser runs or shows for any other."""
    return ASSET_TYPES.get(path.rpartition(".")[2].lower(), "application/octet-stream")

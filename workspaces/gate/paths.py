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
    """What the answer is and who makes it; type, headers and the destinations that may ask follow from it."""

    DOCUMENT = "document"
    ASSET = "asset"
    REPLY = "reply"
    SETTINGS = "settings"
    REPORT = "report"
    DATA = "data"
    CHANNEL = "channel"


MADE_BY: dict[Kind, str] = {
    Kind.DOCUMENT: "the gate, from its own copy of JupyterLab",
    Kind.ASSET: "the gate, from its own copy of JupyterLab",
    Kind.REPLY: "the gate",
    Kind.SETTINGS: "the gate; the person's own values, as text, from the workspace",
    Kind.REPORT: "the gate, nothing",
    Kind.DATA: "the workspace, JSON only",
    Kind.CHANNEL: "the workspace, a WebSocket",
}
# What a browser may want the answer for (`Sec-Fetch-Dest`); absent where a program asks, or an old browser.
DESTINATIONS: dict[Kind, frozenset[str]] = {
    Kind.DOCUMENT: frozenset({"", "iframe"}),
    Kind.ASSET: frozenset({"", "empty", "script", "style", "font", "image", "worker"}),
    Kind.REPLY: frozenset({"", "empty"}),
    Kind.SETTINGS: frozenset({"", "empty"}),
    Kind.REPORT: frozenset({"", "empty", "report"}),
    Kind.DATA: frozenset({"", "empty"}),
    Kind.CHANNEL: frozenset({"", "empty", "websocket"}),
}


@dataclass(frozen=True)
class Rule:
    """One line of the table: a pattern for the whole path, the methods, the kind of answer, and why. `needs` names
    what the project's policy has to allow before the line counts."""

    pattern: str
    methods: frozenset[str]
    kind: Kind
    why: str
    needs: str = ""

    def matches(self, path: str) -> bool:
        return re.fullmatch(self.pattern, path, re.ASCII) is not None


def _rule(pattern: str, methods: str, kind: Kind, why: str, needs: str = "") -> Rule:
    return Rule(pattern, frozenset(methods.split()), kind, why, needs)


_ID = r"[A-Za-z0-9_-]+"  # of a kernel, a session, a terminal
_NUMBER = r"[0-9]{1,18}"
TERMINALS = "terminals"
REPORTS = "policy-report"
RULES: tuple[Rule, ...] = (
    _rule(r"lab/?", "GET HEAD", Kind.DOCUMENT, "JupyterLab's page"),
    _rule(r"lab/tree(/.*)?", "GET HEAD", Kind.DOCUMENT, "JupyterLab opening a file or folder"),
    _rule(rf"lab/workspaces/{_ID}(/tree(/.*)?)?", "GET HEAD", Kind.DOCUMENT, "a saved window layout"),
    _rule(r"static/.+", "GET HEAD", Kind.ASSET, "JupyterLab's program, styles, fonts and icons"),
    _rule(r"lab/extensions/.+", "GET HEAD", Kind.ASSET, "prebuilt extensions, ours among them"),
    _rule(r"lab/api/themes/.+", "GET HEAD", Kind.ASSET, "style sheets of the themes"),
    _rule(r"kernelspecs/.+", "GET HEAD", Kind.ASSET, "logos of the kernels"),
    _rule(r"lab/api/translations(/.*)?", "GET", Kind.REPLY, "texts of the interface: English"),
    _rule(r"api/nbconvert", "GET", Kind.REPLY, "no exporters: an empty list keeps JupyterLab quiet"),
    _rule(REPORTS, "POST", Kind.REPORT, "what the policy stopped, told by the browser"),
    _rule(r"lab/api/settings(/.*)?", "GET", Kind.SETTINGS, "the person's own settings"),
    _rule(r"lab/api/settings/.+", "PUT", Kind.DATA, "a setting is changed"),
    _rule(r"lab/api/workspaces(/.*)?", "GET PUT POST DELETE", Kind.DATA, "window layouts"),
    _rule(r"api", "GET", Kind.DATA, "the server's version; JupyterLab asks whether it lives"),
    _rule(r"api/(me|status)", "GET", Kind.DATA, "who and how busy"),
    _rule(r"api/resolvePath", "GET", Kind.DATA, "where a path in an output lies, so that it can be opened"),
    _rule(r"api/contents(/.*)?", "GET POST PUT PATCH DELETE", Kind.DATA, "notebooks and files, as JSON only"),
    _rule(rf"api/sessions(/{_ID})?", "GET POST PATCH DELETE", Kind.DATA, "which notebook uses which kernel"),
    _rule(rf"api/kernels(/{_ID})?", "GET POST DELETE", Kind.DATA, "start, list and stop kernels"),
    _rule(rf"api/kernels/{_ID}/(interrupt|restart)", "POST", Kind.DATA, "interrupt and restart a kernel"),
    _rule(rf"api/kernels/{_ID}/channels", "GET", Kind.CHANNEL, "messages from and to a kernel"),
    _rule(r"api/kernelspecs(/[^/]+)?", "GET", Kind.DATA, "which kernels there are"),
    _rule(r"api/events/subscribe", "GET", Kind.CHANNEL, "notices of Jupyter Server; JupyterLab insists on it"),
    _rule(rf"api/terminals(/{_ID})?", "GET POST DELETE", Kind.DATA, "start, list and stop terminals", TERMINALS),
    _rule(rf"terminals/websocket/{_ID}", "GET", Kind.CHANNEL, "what is typed and shown", TERMINALS),
    _rule(r"enclave/(policy|requests|sending)", "GET", Kind.DATA, "our extension: limits, requests for release"),
    _rule(r"enclave/requests", "POST", Kind.DATA, "a release is asked for"),
    _rule(rf"enclave/requests/{_NUMBER}/(resubmit|withdraw)", "POST", Kind.DATA, "its next round, or its end"),
    _rule(rf"enclave/requests/{_NUMBER}/files/{_NUMBER}/withdraw", "POST", Kind.DATA, "one file is taken back"),
    _rule(r"enclave/written-by", "POST", Kind.DATA, "a guess at which notebook wrote a file"),
    _rule(r"enclave/checks", "GET POST DELETE", Kind.DATA, "begin, follow and end the checks before asking"),
    _rule(rf"enclave/checks/{_NUMBER}/{_NUMBER}", "GET", Kind.DATA, "what they found in one file: words"),
    _rule(r"enclave/stripped-copy", "POST", Kind.DATA, "a notebook's copy without outputs; the answer is its path"),
)


@lru_cache(maxsize=4096)
def rule_for(path: str, method: str) -> Rule | None:
    """The line that allows `method` on `path` (below the base, no leading slash); None if there is none."""
    for rule in RULES:
        if method in rule.methods and rule.matches(path):
            return rule
    return None


# Of our own copy's files and our pages', by suffix; a file with another one is not served.
ASSET_TYPES: dict[str, str] = {
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
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

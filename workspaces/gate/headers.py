"""What is stripped both ways and what is set: tables, a reason per line.

Towards a workspace and back the lists say what may pass; towards the Hub and the desk, which are ours, they say
what may not. Names are compared in lower case.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from multidict import CIMultiDict, CIMultiDictProxy, istr

from enclave.web.render import PAGE_HEADERS, PAGE_POLICY
from workspaces.gate.paths import REPORTS, Kind

Headers = CIMultiDict[str] | CIMultiDictProxy[str]

HOP_BY_HOP = frozenset(  # RFC 9110, 7.6.1: they speak of one connection, not of the message
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "expect",  # this end answers 100-continue itself
    }
)

TO_WORKSPACE = MappingProxyType(
    {
        "accept": "which kind of answer is wanted",
        "accept-language": "translations",
        "cache-control": "a forced reload",
        "content-type": "JSON, mostly",
        "content-length": "so that the body needs no chunks",
        "if-none-match": "what has not changed is not sent twice",
        "user-agent": "shown in Jupyter's own log",
    }
)
FROM_WORKSPACE = MappingProxyType(
    {
        "content-length": "progress of large answers",
        "etag": "what has not changed is not sent twice",
        "last-modified": "JupyterLab compares it for files",
    }
)
NOT_TO_OURS = MappingProxyType(
    {
        "authorization": "no token is accepted from outside: browsers have a session, programs of ours a socket",
        "forwarded": "only the gate knows where a request came from",
        "x-real-ip": "the same",
        "x-scheme": "the same",
    }
)
_NOT_TO_OURS_PREFIXES = ("x-enclave-", "x-forwarded-", "x-scheme")
NOT_FROM_OURS = MappingProxyType(
    {
        "server": "which program answers is nobody's business",
        "date": "set here",
        "x-content-type-options": "set here, the same for every page",
        "referrer-policy": "the same",
        "cross-origin-opener-policy": "the same",
        "cross-origin-resource-policy": "the same",
        "permissions-policy": "the same",
        "strict-transport-security": "the same",
    }
)


@dataclass(frozen=True)
class Line:
    """One header that the gate sets, and why."""

    name: str
    value: str
    why: str


WORKSPACE_LINES: tuple[Line, ...] = (
    Line("X-Content-Type-Options", "nosniff", "the content type is the gate's, not the browser's guess"),
    Line("Referrer-Policy", "no-referrer", "paths hold file names; nobody else is told"),
    Line("Cross-Origin-Opener-Policy", "same-origin", "no window of another origin keeps a handle"),
    Line("Cross-Origin-Resource-Policy", "same-origin", "no other origin loads a file of the workspace"),
    Line("Origin-Agent-Cluster", "?1", "no shared memory or document.domain with our pages"),
    Line("X-DNS-Prefetch-Control", "off", "a name in an output must not be looked up"),
    Line(
        "Permissions-Policy",
        "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), midi=()",
        "analysis needs no device",
    ),
)
_FRAME = "allow-scripts allow-same-origin allow-forms allow-modals"
_DATA_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
_FIXED_SECONDS = 86_400  # a file whose name changes with its content; a day, because the policy travels with it


def workspace_policy(base: str, pages_url: str) -> str:
    """The content security policy of a workspace's documents. `base` is its absolute address without a slash at
    the end; every source is below it, never `'self'`: one person's workspaces share an origin."""
    channel = "ws" + base.removeprefix("http")
    return "; ".join(
        (
            "default-src 'none'",
            # 'unsafe-eval': JupyterLab's settings are checked by Ajv, which compiles each schema into a function.
            f"script-src {base}/static/ {base}/lab/extensions/ 'unsafe-eval'",
            f"style-src {base}/static/ {base}/lab/ 'unsafe-inline'",
            f"img-src {base}/static/ {base}/lab/ {base}/kernelspecs/ data: blob:",
            f"font-src {base}/static/ {base}/lab/ data:",
            f"connect-src {base}/ {channel}/",
            f"worker-src {base}/static/ blob:",
            "frame-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
            # Text becomes markup or an address of a script only by way of our own script, `lab/static/first.js`.
            "require-trusted-types-for 'script'",
            "trusted-types default dompurify fast-html",
            f"frame-ancestors {pages_url}",
            f"sandbox {_FRAME}",
            f"report-uri {base}/{REPORTS}",
        )
    )


@lru_cache(maxsize=1024)
def security_lines(kind: Kind, base: str, pages_url: str, fixed: bool = False) -> CIMultiDictProxy[str]:
    """The headers of every answer below a workspace's base; `fixed` for a file that never changes."""
    lines = {line.name: line.value for line in WORKSPACE_LINES}
    runs = kind in (Kind.DOCUMENT, Kind.ASSET)  # a worker obeys the policy that its own file came with
    lines["Content-Security-Policy"] = workspace_policy(base, pages_url) if runs else _DATA_POLICY
    if kind is Kind.ASSET:
        lines["Cache-Control"] = f"private, max-age={_FIXED_SECONDS}, immutable" if fixed else "private, no-cache"
    else:
        lines["Cache-Control"] = "no-store"
    return CIMultiDictProxy(CIMultiDict(lines))


def page_lines(secure: bool, frame: str = "") -> dict[str, str]:
    """The headers of our own pages; `frame` is the one address that the page may show in a frame."""
    lines = dict(PAGE_HEADERS)
    if frame:
        lines["Content-Security-Policy"] = f"{PAGE_POLICY}; frame-src {frame}"
    if secure:
        lines["Strict-Transport-Security"] = "max-age=31536000"
    return lines


# Names as multidict compares them, made once; of a header that is there twice the first one passes.
_SENT = tuple(istr(name) for name in TO_WORKSPACE)
_RECEIVED = tuple(istr(name) for name in FROM_WORKSPACE)
_HOST, _CONTENT_TYPE = istr("Host"), istr("Content-Type")


def to_workspace(given: Headers, host: str) -> CIMultiDict[str]:
    """The request's headers as a workspace may see them: no cookie, no token, no address of the person."""
    kept: CIMultiDict[str] = CIMultiDict()
    for name in _SENT:
        if (value := given.get(name)) is not None:
            kept[name] = value
    kept[_HOST] = host
    return kept


def from_workspace(given: Headers, lines: Mapping[str, str]) -> CIMultiDict[str]:
    """The headers of a reply as the browser may see them; `workspaces.gate.replies` has looked at it before."""
    kept = CIMultiDict(lines)
    for name in _RECEIVED:
        if (value := given.get(name)) is not None:
            kept[name] = value
    kept[_CONTENT_TYPE] = "application/json"
    return kept


def to_ours(given: Headers, drop_cookies: Callable[[str], bool], added: dict[str, str]) -> CIMultiDict[str]:
    """The request's headers for the Hub or the desk; cookies for which `drop_cookies(name)` holds stay here."""
    named = {name.strip().lower() for value in given.getall("Connection", ()) for name in value.split(",")}
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in given.items():
        plain = name.lower().replace("_", "-")
        if plain in HOP_BY_HOP or plain in NOT_TO_OURS or plain in named or plain.startswith(_NOT_TO_OURS_PREFIXES):
            continue
        if plain == "cookie":
            value = "; ".join(part for part in _cookies(value) if not drop_cookies(part.partition("=")[0]))
            if not value:
                continue
        kept.add(name, value)
    kept.update(added)
    return kept


def _cookies(value: str) -> list[str]:
    return [part.strip() for part in value.split(";") if part.strip()]


def from_ours(given: Headers, lines: dict[str, str], cookies: bool) -> CIMultiDict[str]:
    """The Hub's or the desk's headers with ours in place of theirs; their content policy and cache rules stay."""
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in given.items():
        plain = name.lower()
        if plain in HOP_BY_HOP or plain in NOT_FROM_OURS or (plain == "set-cookie" and not cookies):
            continue
        kept.add(name, value)
    for name, value in lines.items():
        if name in ("Content-Security-Policy", "Cache-Control"):
            kept.setdefault(name, value)
        else:
            kept[name] = value
    return kept


def cookie_values(given: Headers, name: str) -> list[str]:
    """Every value sent under this cookie name. There may be several: whoever may set cookies on a parent domain can
    add one, so the caller takes the one that it sealed itself."""
    return [value for header in given.getall("Cookie", ()) for value in _named(header, name)]


@lru_cache(maxsize=1024)  # of at most 16 kB each: a browser sends the same again and again
def _named(header: str, name: str) -> tuple[str, ...]:
    pairs = (part.partition("=") for part in _cookies(header))
    return tuple(value for found, _, value in pairs if found == name)

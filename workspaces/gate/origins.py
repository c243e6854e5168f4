"""Which of the two origins a request is for, and whether another site has sent it.

The host must be one of the two that the settings name, word for word: a name that somebody else lets point here
(DNS rebinding) gets nothing.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from enclave.errors import Forbidden

_DEFAULT_PORT = {"http": 80, "https": 443}
READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Origin:
    """One of our two origins."""

    url: str  # as a browser writes it in `Origin`: without a default port
    host: str  # as a browser writes it in `Host`
    port: int  # where the gate listens
    secure: bool


def parse(address: str) -> Origin:
    """The origin of `ENCLAVE_URL` or `ENCLAVE_WORKSPACES_URL`."""
    parts = urlsplit(address)
    name = parts.hostname or ""
    name = f"[{name}]" if ":" in name else name
    default = _DEFAULT_PORT[parts.scheme]
    port = parts.port or default
    host = name if port == default else f"{name}:{port}"
    return Origin(f"{parts.scheme}://{host}", host, port, parts.scheme == "https")


def host_of(request: web.BaseRequest) -> str:
    return request.headers.get("Host", "").lower()


def is_own(request: web.BaseRequest, origin: Origin) -> bool:
    """Whether a page of this very origin has sent the request."""
    given = request.headers.getall("Origin", [])
    if given:
        return given == [origin.url]
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def refuse_foreign(request: web.BaseRequest, origin: Origin, channel: bool = False) -> None:
    """Raise `Forbidden` when something is to be changed, or a channel opened, on another origin's behalf."""
    if (channel or request.method not in READING) and not is_own(request, origin):
        raise Forbidden("This was asked for by a page of another address, and is refused. Use our own pages.")

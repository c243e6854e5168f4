"""Files that are brought in through the browser: allowed or not, how large, and recorded.

JupyterLab's upload writes `"format": "base64"`, in pieces with `"chunk"` above 1 MB; saving a notebook or a text
does neither. A body of up to `INSPECTED` bytes is read whole and judged. A longer one has to say before its content
what it is, as JupyterLab does, and a file how long it is: its size follows from that to two bytes, as its content
comes last. Nothing more is held here. A widget brings files in as buffers of a message to its kernel. This is a
policy for honest hands: who types, pastes or dresses a file as a text brings it in as well, and nothing follows
from that for what is inside.
"""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from enclave.errors import BadInput, Forbidden
from enclave.sizes import about
from workspaces.gate.errors import TooLarge
from workspaces.gate.forward import Look
from workspaces.gate.meter.account import Account
from workspaces.gate.tell import Tell
from workspaces.gate.upstream import Place

WRITING = frozenset({"PUT", "POST", "PATCH"})
INSPECTED = 64 << 10  # bytes
LARGEST_SAVE = 64 << 20  # bytes of a notebook with its outputs, or of a text
READ_SECONDS = 60.0
MOST_PIECES = 1000  # files in pieces that are on their way
_VALUE = rb'"(?:[^"\\\x00-\x1f]|\\.){0,2048}"|-?\d{1,9}'
_BEFORE = re.compile(
    rb'\A\s*\{((?:\s*"(?:path|name|type|format|chunk)"\s*:\s*(?:%s)\s*,)*)\s*"content"\s*:\s*"?' % _VALUE
)
_PREFIX = "api/contents/"
_ORDER = "A file of this size tells its length, and its type, format and chunk before its content, which is last."


@dataclass
class Uploads:
    """Judges what is written; remembers how much of a file in pieces has come."""

    tell: Tell
    _pieces: dict[tuple[Place, str], int] = field(default_factory=dict)

    async def first(
        self, request: web.BaseRequest, place: Place, path: str, account: Account
    ) -> tuple[bytes, Look | None]:
        """What was read of the body, and who looks at the rest; raise `Forbidden`, `TooLarge` or `BadInput`."""
        if request.method not in WRITING or not path.startswith(_PREFIX.rstrip("/")) or not request.can_read_body:
            return b"", None
        body, whole = await _beginning(request)
        size, piece = _upload(body) if whole else _large_upload(body, request.content_length)
        if size is None:
            return body, None
        self._judge(place, unquote(path.removeprefix(_PREFIX)), size, piece, account)
        return body, None if whole else Tail()

    def by_widget(self, place: Place, account: Account, size: int) -> bool:
        """Whether this many bytes of buffers may go to a kernel."""
        allowed = account.policy.uploads and size <= account.policy.upload_bytes
        self.tell(place, "upload" if allowed else "upload-refused", bytes=size, name="by a widget")
        return allowed

    def _judge(self, place: Place, name: str, size: int, piece: int | None, account: Account) -> None:
        """One file or piece of a file; `piece` counts from 1, the last is -1."""
        key = (place, name)
        before = 0 if piece in (None, 1) else self._pieces.pop(key, 0)
        total = before + size
        if not account.policy.uploads:
            self._refuse(place, name, total)
            raise Forbidden(
                "This project does not take files through the browser. Ask its lead or an admin to bring it in."
            )
        if total > account.policy.upload_bytes:
            if piece is not None:  # what follows of it is too much as well
                self._remember(key, total)
            self._refuse(place, name, total)
            raise TooLarge(_large(account.policy.upload_bytes))
        if piece is not None and piece != -1:
            self._remember(key, total)
            return
        self.tell(place, "upload", bytes=total, name=name)

    def _remember(self, key: tuple[Place, str], total: int) -> None:
        if len(self._pieces) > MOST_PIECES:
            self._pieces.clear()
        self._pieces[key] = total

    def _refuse(self, place: Place, name: str, size: int) -> None:
        self.tell(place, "upload-refused", bytes=size, name=name)


def _large(limit: int) -> str:
    return f"Files of at most {about(limit)} can be brought in through the browser. An admin brings in larger ones."


async def _beginning(request: web.BaseRequest) -> tuple[bytes, bool]:
    """Up to `INSPECTED` bytes of the body, and whether that is all of it."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await request.content.readexactly(INSPECTED), False
    except asyncio.IncompleteReadError as all_of_it:
        return all_of_it.partial, True
    except TimeoutError as error:
        raise BadInput("The body did not arrive.") from error


class Tail:
    """Looks at what follows of a long file: its content and nothing else, or what was told first would not hold."""

    def __init__(self) -> None:
        self._quotes = 0

    def __call__(self, chunk: bytes) -> None:
        self._quotes += chunk.count(b'"')
        if self._quotes > 1:
            raise BadInput(_ORDER)


def _upload(body: bytes) -> tuple[int | None, int | None]:
    """(bytes, number of the piece) of a file that is brought in, (None, None) for all else; raise `BadInput`."""
    told = _json(body or b"{}")
    content = told.get("content")
    text = content if isinstance(content, str) else ""
    return _size(told, len(text), text[-2:].count("="))


def _large_upload(body: bytes, length: int | None) -> tuple[int | None, int | None]:
    """The same of a body of this length that begins so; raise `BadInput` unless it says first what it is."""
    begins = _BEFORE.match(body)
    told = _json(b'{%b"content": 0}' % begins[1]) if begins else {}
    if begins is None or not told.keys() & {"type", "format"}:
        raise BadInput(_ORDER)
    size, piece = _size(told, (length or 0) - begins.end() - len('"}'), padding=2)
    if size is not None and (length is None or b'"' in body[begins.end() :]):
        raise BadInput(_ORDER)
    return size, piece


def _size(told: dict[str, Any], length: int, padding: int) -> tuple[int | None, int | None]:
    piece = told.get("chunk")
    if told.get("format") != "base64" and piece is None:
        return None, None
    size = length * 3 // 4 - padding if told.get("format") == "base64" else length
    return size, piece if isinstance(piece, int) else None


def _json(text: bytes) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("A JSON body is expected.") from error
    if not isinstance(told, dict):
        raise BadInput("A JSON object is expected.")
    return told

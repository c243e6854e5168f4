"""A lean HTTP client for the many small questions of JupyterLab: GET and HEAD to one workspace, nothing else.

aiohttp's `ClientSession` spends as long on a request as all the rest of the gate (redirects, cookies, tracing,
authentication, none of which is used here). This one writes the head itself and leaves parsing, limits, timeouts
and back-pressure to aiohttp's own protocol; requests with a body and WebSockets go by `ClientSession`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from socket import socket

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict, CIMultiDictProxy

from enclave.errors import BadInput

READ_SECONDS = 300.0  # the longest silence of a server that is answering
HEADER_BYTES = 65536
CONNECTIONS = 100  # of one workspace at a time
_KEPT = CONNECTIONS  # idle ones; a busy page opens and closes none
_KEPT_SECONDS = 30.0
_INTERIM = 10  # answers of the kind 1xx before the real one


@dataclass(frozen=True)
class Answer:
    """What `forward` needs of an answer; `aiohttp.ClientResponse` has the same."""

    status: int
    headers: CIMultiDictProxy[str]
    content: aiohttp.StreamReader

    @property
    def content_length(self) -> int | None:
        """Bytes that the body will have; None when the server did not say."""
        length = self.headers.get("Content-Length")
        return int(length) if length and length.isdecimal() and len(length) < 19 else None

    async def read(self) -> bytes:
        return await self.content.read()


class Exchange:
    """Connections to one server, kept and used again. Raises `aiohttp.ClientError` or `OSError`."""

    def __init__(self, connect: Callable[[], Awaitable[socket]]) -> None:
        self._connect = connect
        self._idle: list[tuple[float, ResponseHandler]] = []
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._closed = False

    @asynccontextmanager
    async def ask(self, method: str, target: str, headers: CIMultiDict[str]) -> AsyncIterator[Answer]:
        """Ask for `target` and yield the answer, its body still to be read."""
        head = _head(method, target, headers)
        async with self._turns:
            protocol = self._take()
            try:
                if protocol is not None:
                    try:
                        answer = await _send(protocol, head, method)
                    except aiohttp.ServerDisconnectedError:  # closed while it was idle: nothing was answered
                        protocol.close()
                        protocol = None
                if protocol is None:
                    protocol = await self._open()
                    answer = await _send(protocol, head, method)
                yield answer
                if not self._closed and answer.content.is_eof() and not protocol.should_close:
                    self._keep(protocol)
                    protocol = None
            finally:
                if protocol is not None:
                    protocol.close()

    def close(self) -> None:
        """Close what is idle; what is in use closes when it ends."""
        self._closed = True
        for _, protocol in self._idle:
            protocol.close()
        self._idle.clear()

    def _take(self) -> ResponseHandler | None:
        oldest = time.monotonic() - _KEPT_SECONDS
        while self._idle:
            since, protocol = self._idle.pop()
            if since > oldest and protocol.is_connected() and not protocol.should_close:
                return protocol
            protocol.close()
        return None

    def _keep(self, protocol: ResponseHandler) -> None:
        while len(self._idle) >= _KEPT:
            self._idle.pop(0)[1].close()
        self._idle.append((time.monotonic(), protocol))

    async def _open(self) -> ResponseHandler:
        loop = asyncio.get_running_loop()
        connection = await self._connect()
        try:
            _, protocol = await loop.create_unix_connection(lambda: ResponseHandler(loop), sock=connection)
        except BaseException:
            connection.close()
            raise
        return protocol


async def _send(protocol: ResponseHandler, head: bytes, method: str) -> Answer:
    protocol.set_response_params(
        skip_payload=method == "HEAD",
        read_until_eof=True,
        auto_decompress=False,
        read_timeout=READ_SECONDS,
        max_line_size=HEADER_BYTES,
        max_field_size=HEADER_BYTES,
    )
    transport = protocol.transport
    if transport is None:
        raise aiohttp.ServerDisconnectedError
    transport.write(head)
    protocol.start_timeout()
    for _ in range(_INTERIM):
        try:
            message, payload = await protocol.read()
        except HttpProcessingError as error:
            raise aiohttp.ClientPayloadError("not an HTTP answer") from error
        if message.code == 101 or message.code >= 200:
            return Answer(message.code, message.headers, payload)
    raise aiohttp.ClientPayloadError("too many interim answers")


def _head(method: str, target: str, headers: CIMultiDict[str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1 or "\0" in head:
        # The parser refused it before; a line more in the head would be a request of somebody else's making.
        raise BadInput("A header holds a character that none may hold.")
    return (head + "\r\n\r\n").encode("utf-8", "surrogateescape")

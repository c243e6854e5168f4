"""A lean HTTP client for the many small questions of JupyterLab: GET and HEAD to one workspace, nothing else.

aiohttp's `ClientSession` spends as long on a request as all the rest of the gate (redirects, cookies, tracing,
authentication, none of which is used here). This one writes the head itself and leaves parsing, limits, timeouts
and back-pressure to aiohttp's own protocol; requests with a body and WebSockets go by `ClientSession`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from socket import socket
from types import TracebackType

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import set_exception
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict, CIMultiDictProxy

from enclave.errors import BadInput

READ_SECONDS = 300.0  # the longest silence of a server that is answering
HEADER_BYTES = 65536
CONNECTIONS = 100  # of one workspace at a time
_KEPT = CONNECTIONS  # idle ones; a busy page opens and closes none
_KEPT_SECONDS = 30.0
_INTERIM = 10  # answers of the kind 1xx before the real one


class Answer:
    """What `forward` needs of an answer; `aiohttp.ClientResponse` has the same."""

    __slots__ = ("content", "headers", "status")

    def __init__(self, status: int, headers: CIMultiDictProxy[str], content: aiohttp.StreamReader) -> None:
        self.status = status
        self.headers = headers
        self.content = content

    @property
    def content_length(self) -> int | None:
        """Bytes that the body will have; None when the server did not say."""
        length = self.headers.get("Content-Length")
        return int(length) if length and length.isdecimal() and len(length) < 19 else None

    async def read(self) -> bytes:
        if self.content.is_eof():  # a small body comes with its head
            return self.content.read_nowait()
        return await self.content.read()


class _Connection(ResponseHandler):
    """aiohttp's protocol with one timer for its whole life: setting and cancelling one at each piece of an answer
    costs as much as reading it. `heard` is when the server was last asked or heard (the loop's seconds)."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.asked = False
        self._heard = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    async def ask(self, head: bytes, method: str) -> Answer:
        self.set_response_params(
            skip_payload=method == "HEAD",
            read_until_eof=True,
            auto_decompress=False,
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
        )
        if self.transport is None:
            raise aiohttp.ServerDisconnectedError
        self.asked, self._heard = True, self._loop.time()
        if self._alarm is None:
            self._alarm = self._loop.call_later(READ_SECONDS, self._look)
        self.transport.write(head)
        for _ in range(_INTERIM):
            try:
                message, payload = await self.read()
            except HttpProcessingError as error:
                raise aiohttp.ClientPayloadError("not an HTTP answer") from error
            if message.code == 101 or message.code >= 200:
                return Answer(message.code, message.headers, payload)
        raise aiohttp.ClientPayloadError("too many interim answers")

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        super().data_received(data)

    def _look(self) -> None:
        """Whether the server has been silent for too long. One that must wait for a slow browser has not."""
        self._alarm = None
        if not self.asked or self.transport is None:
            return
        if self._reading_paused:
            self._heard = self._loop.time()
        left = self._heard + READ_SECONDS - self._loop.time()
        if left > 0:
            self._alarm = self._loop.call_later(left, self._look)
            return
        silent = aiohttp.SocketTimeoutError("the server is silent")
        self.set_exception(silent)
        if self._payload is not None:
            set_exception(self._payload, silent)

    def close(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        super().close()


class Exchange:
    """Connections to one server, kept and used again. Raises `aiohttp.ClientError` or `OSError`."""

    def __init__(self, connect: Callable[[], Awaitable[socket]]) -> None:
        self._connect = connect
        self._idle: list[tuple[float, _Connection]] = []
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._closed = False

    def ask(self, method: str, target: str, headers: CIMultiDict[str]) -> "Asking":
        """Ask for `target`; used with `async with`, which gives the answer, its body still to be read."""
        return Asking(self, method, _head(method, target, headers))

    async def begin(self, head: bytes, method: str) -> tuple[_Connection, Answer]:
        await self._turns.acquire()
        connection = self._take()
        try:
            if connection is not None:
                try:
                    return connection, await connection.ask(head, method)
                except aiohttp.ServerDisconnectedError:  # closed while it was idle: nothing was answered
                    connection.close()
            connection = await self._open()
            return connection, await connection.ask(head, method)
        except BaseException:
            self._turns.release()
            if connection is not None:
                connection.close()
            raise

    def end(self, connection: _Connection, answer: Answer) -> None:
        self._turns.release()
        connection.asked = False
        if self._closed or not answer.content.is_eof() or connection.should_close:
            connection.close()
            return
        while len(self._idle) >= _KEPT:
            self._idle.pop(0)[1].close()
        self._idle.append((time.monotonic(), connection))

    def close(self) -> None:
        """Close what is idle; what is in use closes when it ends."""
        self._closed = True
        for _, connection in self._idle:
            connection.close()
        self._idle.clear()

    def _take(self) -> _Connection | None:
        oldest = time.monotonic() - _KEPT_SECONDS
        while self._idle:
            since, connection = self._idle.pop()
            if since > oldest and connection.is_connected() and not connection.should_close:
                return connection
            connection.close()
        return None

    async def _open(self) -> _Connection:
        loop = asyncio.get_running_loop()
        connected = await self._connect()
        try:
            _, connection = await loop.create_unix_connection(lambda: _Connection(loop), sock=connected)
        except BaseException:
            connected.close()
            raise
        return connection


class Asking:
    """One question, from its head to the last byte of its answer that is wanted."""

    __slots__ = ("_answer", "_connection", "_exchange", "_head", "_method")

    def __init__(self, exchange: Exchange, method: str, head: bytes) -> None:
        self._exchange = exchange
        self._method = method
        self._head = head

    async def __aenter__(self) -> Answer:
        self._connection, self._answer = await self._exchange.begin(self._head, self._method)
        return self._answer

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exchange.end(self._connection, self._answer)


def _head(method: str, target: str, headers: CIMultiDict[str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1 or "\0" in head:
        # The parser refused it before; a line more in the head would be a request of somebody else's making.
        raise BadInput("A header holds a character that none may hold.")
    return (head + "\r\n\r\n").encode("utf-8", "surrogateescape")

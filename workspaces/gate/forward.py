"""One HTTP request passed on: both bodies stream, whoever is slower sets the pace, nothing is kept in memory."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from enclave.errors import Refused
from workspaces.gate.errors import BadReply, TooLarge, Unavailable
from workspaces.gate.exchange import Answer, Exchange
from workspaces.gate.meter.toll import Toll
from workspaces.gate.whole import whole

log = logging.getLogger("enclave.gate")
BODY_SECONDS = 60.0  # the longest silence of a client that is sending a body
SMALL = 64 * 1024  # bytes; an answer that says it is no longer is passed on in one piece
_BODILESS = frozenset({204, 304})
_BROKEN_OFF = (aiohttp.ClientError, TimeoutError, OSError)
Look = Callable[[bytes], None]


class Passage(NamedTuple):
    """Where a request goes and what becomes of its answer.

    `target` is path and query exactly as they are to arrive. `reply` makes the headers of the answer, and may
    refuse it. `absent` is what is said when the server behind does not answer. `first` was read of the request's
    body already; `look` sees each piece of the rest before it is passed on, and may refuse it. `toll` counts what a
    workspace answers, and may refuse it.
    """

    client: aiohttp.ClientSession
    target: str
    headers: CIMultiDict[str]
    reply: Callable[[aiohttp.ClientResponse | Answer], CIMultiDict[str]]
    absent: str
    body_limit: int | None = None
    exchange: Exchange | None = None  # the lean client, for what has no body
    first: bytes = b""
    look: Look | None = None
    toll: Toll | None = None


class _Body:
    """The request's body, counted and looked at; `refused` says why it was broken off."""

    def __init__(self, request: web.BaseRequest, passage: Passage) -> None:
        self._request = request
        self._passage = passage
        self.refused: Refused | None = None

    def bound(self, length: int) -> None:
        """Raise `TooLarge` for a body of this many bytes."""
        limit = self._passage.body_limit
        if limit is not None and length > limit:
            raise TooLarge(f"This is too large: at most {limit // 1_000_000} MB are accepted here.")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = len(self._passage.first)
        if self._passage.first:
            yield self._passage.first
        while True:
            async with asyncio.timeout(BODY_SECONDS):
                chunk = await self._request.content.readany()
            if not chunk:
                return
            received += len(chunk)
            try:
                self.bound(received)
                if self._passage.look is not None:
                    self._passage.look(chunk)
            except Refused as error:
                self.refused = error
                raise
            yield chunk


def url(target: str) -> URL:
    """A URL that is sent as it is; the host part is never used, the connection is a socket."""
    return URL("http://localhost" + target, encoded=True)


async def forward(request: web.BaseRequest, passage: Passage) -> web.StreamResponse:
    """Pass the request on and its answer back; raise `Unavailable`, `TooLarge`, what `reply` or `look` raises."""
    body = _Body(request, passage)
    body.bound(request.content_length or 0)
    try:
        async with _asked(request, passage, body) as answer:
            return await _pass_back(request, answer, passage.reply(answer), passage.toll)
    except _BROKEN_OFF as error:
        if body.refused is not None:
            raise body.refused from error
        log.info("no answer: %s %s: %r", request.method, passage.target.partition("?")[0], error)
        raise Unavailable(passage.absent) from error


def _asked(
    request: web.BaseRequest, passage: Passage, body: _Body
) -> AbstractAsyncContextManager[aiohttp.ClientResponse | Answer]:
    if passage.exchange is not None and request.method in ("GET", "HEAD") and not request.can_read_body:
        return passage.exchange.ask(request.method, passage.target, passage.headers)
    return passage.client.request(
        request.method,
        url(passage.target),
        headers=passage.headers,
        data=aiter(body) if request.can_read_body or passage.first else None,
        allow_redirects=False,
    )


async def _pass_back(
    request: web.BaseRequest, answer: aiohttp.ClientResponse | Answer, headers: CIMultiDict[str], toll: Toll | None
) -> web.StreamResponse:
    if not 200 <= answer.status <= 599:
        raise BadReply("The answer was not a valid one.")
    headers["Server"] = "enclave"
    bodiless = request.method == "HEAD" or answer.status in _BODILESS
    length = answer.content_length
    if toll is not None:
        toll.enter(answer.status, length, headers, bodiless)
    if length is not None and length <= SMALL and not bodiless:
        # In one piece: half the work, and an answer that breaks off has not begun yet.
        headers.popall("Content-Length", None)
        body = await answer.read()
        return whole(request, answer.status, headers, toll.whole(answer.status, body) if toll else body)
    response = web.StreamResponse(status=answer.status, headers=headers)
    await response.prepare(request)
    if bodiless:
        return response
    try:
        async for chunk in answer.content.iter_any():
            if toll is not None:
                toll.part(chunk)
            await response.write(chunk)
        if toll is not None:
            toll.end()
    except (TooLarge, *_BROKEN_OFF) as error:
        # The answer has begun: the only honest way to say that it is not whole is to break the connection.
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the answer broke off") from error
    await response.write_eof()
    return response

"""An answer whose body is there: head and body leave in one write.

aiohttp's own `Response` decides about cookies, compression, chunks and text anew for each answer. A small reply of
a workspace needs none of it, and there are thousands of them a minute. What is not plain is left to aiohttp.
"""

from http import HTTPStatus

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import HttpVersion11
from multidict import CIMultiDict

_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus if status >= 200}
_BODILESS = frozenset({204, 205, 304})


def whole(request: web.BaseRequest, status: int, headers: CIMultiDict[str], body: bytes) -> web.StreamResponse:
    """The answer with these headers, the body's length and the date."""
    plain = request.version == HttpVersion11 and request.method != "HEAD" and status not in _BODILESS
    if plain and status in _LINES:
        return _Whole(status, headers, body)
    return web.Response(status=status, headers=headers, body=body)


class _Whole(web.StreamResponse):
    """What aiohttp's server calls of an answer is `prepare`, then `write_eof`."""

    def __init__(self, status: int, headers: CIMultiDict[str], body: bytes) -> None:
        super().__init__(status=status, headers=headers)
        self._whole = body

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        writer = self._payload_writer = request.writer
        self._keep_alive = request.keep_alive
        headers = self._headers
        headers["Content-Length"] = str(len(self._whole))
        headers["Date"] = rfc822_formatted_time()
        if not self._keep_alive:
            headers["Connection"] = "close"
        await writer.write_headers(_LINES[self._status], headers)
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        writer = self._payload_writer
        if writer is not None and not self._eof_sent:
            await writer.write_eof(self._whole)
            self._eof_sent = True
            self._body_length = writer.output_size
            self._payload_writer = None

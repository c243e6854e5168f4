"""What was released leaves: streamed to a present member of its project as an attachment that no browser opens."""

import asyncio
from urllib.parse import quote

from aiohttp import web

from enclave.web.rooms import Desk
from output_review.downloads import Download, open_bundle, open_file, record_for
from output_review.web.subject import number_of

_CHUNK = 256 * 1024
_HEADERS = {
    "Content-Type": "application/octet-stream",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


async def download(desk: Desk, request: web.Request) -> web.StreamResponse:
    """By request and file number only; anything that is not released is not there."""
    person = await desk.visitor(request)
    file = int(request.match_info["number"])
    return await _sent(request, await open_file(desk, person, number_of(request), file))


async def bundle(desk: Desk, request: web.Request) -> web.StreamResponse:
    """All released files of a request with its record."""
    person = await desk.visitor(request)
    return await _sent(request, await open_bundle(desk, person, number_of(request)))


async def record(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A release's record, byte for byte as it is in the bundle."""
    person = await desk.visitor(request)
    text = await desk.read(record_for, person, number_of(request))
    headers = _HEADERS | {"Content-Type": "application/json; charset=utf-8"}
    name = f"request-{number_of(request)}-record.json"
    return web.Response(body=text.encode(), headers=headers | {"Content-Disposition": _attachment(name)})


async def _sent(request: web.Request, found: Download) -> web.StreamResponse:
    with found.bytes as file:
        response = web.StreamResponse(headers=_HEADERS | {"Content-Disposition": _attachment(found.name)})
        response.content_length = found.size
        await response.prepare(request)
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            await response.write(chunk)
        await response.write_eof()
    return response


def _attachment(name: str) -> str:
    """RFC 6266: a plain ASCII name for old programs, and the true one."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

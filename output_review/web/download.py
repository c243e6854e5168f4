"""A released file leaves: streamed to a present member of its project as an attachment that no browser opens."""

import asyncio
from urllib.parse import quote

from aiohttp import web

from enclave.web.rooms import Desk
from output_review.release import open_download
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
    found = await open_download(desk, person, number_of(request), int(request.match_info["number"]))
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

"""This room's style sheet and its scripts."""

from importlib.resources import files

from aiohttp import web

from enclave.errors import NotFound
from enclave.web.rooms import Desk

_SCRIPTS = ("review.js", "frames.js", "leaves.js", "table.js", "dom.js", "pins.js", "checks.js")
_FILES = {"review.css": "text/css"} | dict.fromkeys(_SCRIPTS, "text/javascript")


async def static(_desk: Desk, request: web.Request) -> web.StreamResponse:
    """One of the files above, and no other."""
    name = request.match_info["name"]
    if name not in _FILES:
        raise NotFound("There is no such file.")
    headers = {"Cache-Control": "public, max-age=300"}
    body = (files("output_review") / "static" / name).read_bytes()
    return web.Response(body=body, content_type=_FILES[name], charset="utf-8", headers=headers)

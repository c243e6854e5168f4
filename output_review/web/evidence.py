"""A file's preview: a document of its own without origin, script or anything that loads, made by us from values.

Its style stands in the document and is allowed by its hash: a document without origin sends no cookie and may load
nothing of ours, and so the policy can say that it loads nothing at all.
"""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from aiohttp import web
from markupsafe import Markup

from enclave.errors import Forbidden, NotFound
from enclave.web.rooms import Desk
from output_review.checked import checks_of
from output_review.kinds import Family
from output_review.pins import Pins, pins
from output_review.places import Place, place_of
from output_review.preview import compare, examine
from output_review.provenance import Code
from output_review.sight import Sight
from output_review.vocabulary import (
    File,
)
from output_review.web.subject import subject_of

_STYLE = (files("output_review") / "static" / "preview.css").read_text()
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"sandbox; default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


_SAID = ("family", "kind", "notes", "cell")


async def preview(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A file of the request, with what automatic checks found at its places."""
    file = await _file(desk, request)
    checks = await desk.read(checks_of, int(request.match_info["id"]))
    return await _shown(desk, request, file, pins(checks.get(file.number)))


async def window(desk: Desk, request: web.Request) -> web.StreamResponse:
    """What is at a place in a file of the request, as JSON, for the table that our page scrolls. Of anything else
    only how much of it one preview shows, for turning its leaves."""
    file = await _file(desk, request)
    found = await examine(desk.settings.layout, file, place_of(request.query))
    if found["family"] != Family.TABLE:
        shown = max((len(found[parts]) for parts in ("lines", "pages", "cells") if parts in found), default=0)
        found = {word: value for word, value in found.items() if isinstance(value, int) or word in _SAID}
        found["shown"] = shown
    return web.json_response(found, headers=_HEADERS)


async def code(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The notebook or script that wrote a file, as it was when it was submitted."""
    file = await _file(desk, request)
    if file.code is None:
        raise NotFound(f"Nobody said what wrote {file.name}.")
    return await _shown(desk, request, file.code, pins(None))


async def difference(desk: Desk, request: web.Request) -> web.StreamResponse:
    """What changed in a file since the latest earlier round that held one of its name."""
    file = await _file(desk, request)
    if file.before is None:
        raise NotFound(f"No earlier round held another {file.name}.")
    return _page(desk, file, await compare(desk.settings.layout, file.before, file), {}, pins(None))


async def _file(desk: Desk, request: web.Request) -> File:
    """For those who judge or audit. An author reads their file in the workspace, behind the meter."""
    subject = await subject_of(desk, request)
    if subject.sight < Sight.EVIDENCE:
        raise Forbidden("The content of these files is shown to output checkers and auditors only.")
    number = int(request.match_info["number"])
    file = next((file for file in subject.request.files if file.number == number), None)
    if file is None:
        raise NotFound(f"Request {subject.request.id} has no file {number}.")
    return file


async def _shown(desk: Desk, request: web.Request, file: File | Code, found: Pins) -> web.StreamResponse:
    place = place_of(request.query)
    return _page(desk, file, await examine(desk.settings.layout, file, place), place, found)


def _page(desk: Desk, file: File | Code, found: Mapping[str, Any], place: Place, pinned: Pins) -> web.Response:
    style = Markup(_STYLE)  # noqa: S704  # our own file
    text = desk.renderer.render("preview.html", file=file, found=found, place=place, pins=pinned, style=style)
    return web.Response(text=text, content_type="text/html", charset="utf-8", headers=_HEADERS)

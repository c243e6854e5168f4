"""Returning several requests with one comment, asked back once. Nothing is ever approved but one by one."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from enclave.errors import BadInput
from enclave.web.rooms import Desk
from output_review.reading import get_request
from output_review.vocabulary import Request
from output_review.web import acts, form
from output_review.web.queue import PAGE, Bulk, must_read_queue, show_queue


async def return_many(desk: Desk, request: web.Request) -> web.StreamResponse:
    """First asked back, then done one by one: what somebody else has changed meanwhile is left and said."""
    person = await desk.visitor(request)
    must_read_queue(person)
    posted = await request.post()
    picked, comment = _picked(posted.getall("pick", [])), form.typed(posted, "comment")
    cause = form.cause_of(posted)
    bulk = Bulk(comment, cause, picked)
    if form.typed(posted, "action") != "return":
        return await show_queue(desk, person, request.query, bulk)
    wrong = _wrong(picked, comment)
    if wrong:
        return await show_queue(desk, person, request.query, replace(bulk, error=wrong), BadInput.status)
    fingerprint = _fingerprint(picked, comment, cause)
    if form.typed(posted, "confirmed") != fingerprint:
        asked = replace(bulk, asking=await desk.read(_named, picked), confirmed=fingerprint)
        return await show_queue(desk, person, request.query, asked)
    refused = await acts.send_back_many(desk, person.name, picked, comment, cause)
    done = tuple(number for number, _ in picked if number not in refused)
    return await show_queue(desk, person, request.query, Bulk(done=done, refused=refused))


def _picked(values: list[Any]) -> tuple[tuple[int, int], ...]:
    """(number, version) of each chosen request, as its box says it; raise `BadInput`."""
    found = []
    for value in values:
        parts: Mapping[str, str] = dict(zip(("number", "version"), str(value).split("."), strict=False))
        found.append((form.number(parts, "number"), form.number(parts, "version")))
    return tuple(sorted(set(found)))


def _wrong(picked: tuple[tuple[int, int], ...], comment: str) -> str:
    if not picked:
        return "Choose the requests that you want to return first."
    if len(picked) > PAGE:
        return f"At most {PAGE} requests can be returned at once."
    try:
        acts.plain(comment, "what to change")
    except BadInput as refused:
        return str(refused)
    return "" if comment else "Say what the authors should change."


def _named(connection: Connection, picked: tuple[tuple[int, int], ...]) -> tuple[Request, ...]:
    return tuple(get_request(connection, number) for number, _ in picked)


def _fingerprint(picked: tuple[tuple[int, int], ...], comment: str, cause: str) -> str:
    return hashlib.sha256(json.dumps([picked, comment, cause]).encode(errors="surrogatepass")).hexdigest()

"""The courier's door: which mails are due, and what became of them. What a mail says is written here."""

from typing import Any

from aiohttp import web

from enclave.clock import now
from enclave.errors import BadInput
from enclave.web.rooms import Desk
from output_review.post import Notice, mailed, to_mail
from output_review.reading import get_requests
from output_review.words import state_in_words

_LONGEST = 200
_NOTHING = "This mail holds no data, no comment and no file's name: they are behind the link."


async def due(desk: Desk, _request: web.Request) -> web.StreamResponse:
    """The mails that are due now, oldest first."""

    def look(connection: Any) -> list[dict[str, Any]]:
        found = to_mail(connection, now())
        states = {one.id: state_in_words(one) for one in get_requests(connection, {one.request for one in found})}
        return [_mail(desk, one, *states[one.request]) for one in found]

    return web.json_response({"mails": await desk.read(look)})


def _mail(desk: Desk, one: Notice, state: str, following: str) -> dict[str, Any]:
    link = f"{desk.settings.pages_url}/desk/requests/{one.request}"
    text = f"{one.text}.\n\nNow: {state}. {following}\n\n{link}\n\n{_NOTHING}\n"
    return {"id": one.id, "to": one.email, "subject": f"[{desk.settings.instance}] {one.subject}", "text": text}


async def outcome(desk: Desk, request: web.Request) -> web.StreamResponse:
    """What became of one: an empty `failure` if the server took it."""
    body = await request.json()
    failure, final = body.get("failure"), body.get("final")
    if not isinstance(failure, str) or not isinstance(final, bool):
        raise BadInput("failure: a text is expected; final: true or false.")
    await desk.write(mailed, int(request.match_info["id"]), failure[:_LONGEST], final, now())
    return web.json_response({})

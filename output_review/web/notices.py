"""What somebody is told: the bell's count, asked every half minute, and the list."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.engine import Connection

from enclave.web.rooms import Desk
from output_review.post import Notice, mark_read, newest, unread
from output_review.reading import get_requests
from output_review.web.form import number
from output_review.words import state_in_words

SHOWN = 100


@dataclass(frozen=True)
class Known:
    """A person's notices, and of each request how it stands and who acts next."""

    notices: list[Notice]
    unread: int
    states: Mapping[int, tuple[str, str]]


def known(connection: Connection, person: str) -> Known:
    """What this person is told."""
    found = newest(connection, person, SHOWN)
    states = {one.id: state_in_words(one) for one in get_requests(connection, {one.request for one in found})}
    return Known(found, unread(connection, person), states)


async def notices_page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The newest, unread ones marked."""
    person = await desk.visitor(request)
    return desk.page("notices.html", person, known=await desk.read(known, person.name), shown=SHOWN)


async def count(desk: Desk, request: web.Request) -> web.StreamResponse:
    """`{"unread": n}`, for the bell."""
    person = await desk.visitor(request)
    return web.json_response({"unread": await desk.read(unread, person.name)})


async def read(desk: Desk, request: web.Request) -> web.StreamResponse:
    """They have read what they were shown."""
    person = await desk.visitor(request)
    await desk.write(mark_read, person.name, number(await request.post(), "upto"))
    raise web.HTTPSeeOther("/desk/notices")

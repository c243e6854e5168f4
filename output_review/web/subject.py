"""Which request a path is about, and who asks."""

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.engine import Connection

from enclave.people import Person
from enclave.web.rooms import Desk
from output_review.reading import actor_for, get_request, no_such_request
from output_review.sight import Sight, sight
from output_review.vocabulary import Actor, Request


@dataclass(frozen=True)
class Subject:
    """A person beside a request that they may see at least the state of."""

    person: Person
    actor: Actor
    request: Request
    sight: Sight


def number_of(request: web.Request) -> int:
    """The request's number in the path."""
    return int(request.match_info["id"])


async def subject_of(desk: Desk, request: web.Request) -> Subject:
    """Raise `NotFound` if there is no such request or this person may not know of it."""
    person = await desk.visitor(request)
    return await desk.read(_look, person, number_of(request))


def _look(connection: Connection, person: Person, number: int) -> Subject:
    found = get_request(connection, number)
    actor = actor_for(connection, person, found.project)
    seen = sight(actor, found)
    if seen is Sight.NOTHING:
        raise no_such_request(number)
    return Subject(person, actor, found, seen)

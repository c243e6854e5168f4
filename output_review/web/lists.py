"""Where people start, and the requests of one's own projects."""

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.answers import projects_of
from enclave.people import Person
from enclave.web.rooms import Desk
from output_review.queries import mine, of_projects
from output_review.vocabulary import Request
from output_review.web.queue import reads_queue
from output_review.words import state_in_words


async def start(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Checkers and auditors to the queue, everybody else to their requests."""
    person = await desk.visitor(request)
    raise web.HTTPSeeOther("/desk/queue" if reads_queue(person) else "/desk/requests")


@dataclass(frozen=True)
class Mine:
    own: list[Request]
    others: list[Request]


async def requests_page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """My requests, and those of the other members of my projects."""
    person = await desk.visitor(request)
    found = await desk.read(_mine, person)
    return desk.page("requests.html", person, found=found, words=state_in_words)


def _mine(connection: Connection, person: Person) -> Mine:
    slugs = [card.slug for card in projects_of(connection, person.name)]
    others = [one for one in of_projects(connection, slugs) if one.author != person.name]
    return Mine(mine(connection, person.name), others)

"""Where people start, and the requests of one's own projects."""

from dataclasses import dataclass
from functools import partial

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.answers import projects_of
from enclave.clock import now
from enclave.names import project_slug
from enclave.people import Person
from enclave.web.rooms import Desk
from output_review.queries import mine, of_projects
from output_review.vocabulary import Request, Status
from output_review.web.queue import reads_queue
from output_review.words import expected, in_brief, state_in_words


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
    when = partial(expected, now=now())
    return desk.page("requests.html", person, found=found, words=state_in_words, expected=when)


async def brief(desk: Desk, request: web.Request) -> web.StreamResponse:
    """`{"text", "href"}`: what the visitor waits for in a project, for the page around their workspace."""
    person = await desk.visitor(request)
    found = await desk.read(mine, person.name, project_slug(request.query.get("project", "")))
    live = [one for one in found if one.open or one.status is Status.RETURNED]
    href = f"/desk/requests/{live[0].id}" if len(live) == 1 else "/desk/requests"
    return web.json_response({"text": in_brief(live, now()), "href": href})


def _mine(connection: Connection, person: Person) -> Mine:
    slugs = [card.slug for card in projects_of(connection, person.name)]
    others = [one for one in of_projects(connection, slugs) if one.author != person.name]
    return Mine(mine(connection, person.name), others)

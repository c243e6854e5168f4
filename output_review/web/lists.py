"""Where people start: the checkers' queue, and the requests of one's own projects."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.answers import projects_of
from enclave.errors import Forbidden
from enclave.people import Person, Role
from enclave.web.rooms import Desk
from output_review.lifecycle import reviewer_objection, state_in_words
from output_review.queries import actor_for, counts, mine, of_projects, oldest_waiting, queue
from output_review.vocabulary import Actor, Request, Status

_SHOWN = 200
_EVERYTHING = "all"


def reads_queue(person: Person) -> bool:
    """Checkers work on the queue, auditors look at it; an admin does neither."""
    watches = person.has(Role.OUTPUT_CHECKER) or person.has(Role.AUDITOR)
    return watches and not person.has(Role.ADMIN)


async def start(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Checkers and auditors to the queue, everybody else to their requests."""
    person = await desk.visitor(request)
    raise web.HTTPSeeOther("/desk/queue" if reads_queue(person) else "/desk/requests")


@dataclass(frozen=True)
class Line:
    """One request in the queue; `hindrance` says why this checker may not judge it, if so."""

    request: Request
    hindrance: str
    state: str


@dataclass(frozen=True)
class Queue:
    lines: tuple[Line, ...]
    counts: dict[Status, int]
    oldest: datetime | None


async def queue_page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """What waits, longest first; `?status=` shows the others."""
    person = await desk.visitor(request)
    if not reads_queue(person):
        raise Forbidden("The review queue is for output checkers and auditors.")
    wanted = request.query.get("status", Status.SUBMITTED)
    status = Status(wanted) if wanted in set(Status) else None
    found = await desk.read(_look, person, status)
    return desk.page(
        "queue.html",
        person,
        queue=found,
        statuses=list(Status),
        chosen=status or _EVERYTHING,
        checker=person.has(Role.OUTPUT_CHECKER),
        shown=_SHOWN,
    )


def _look(connection: Connection, person: Person, status: Status | None) -> Queue:
    found = queue(connection, status, _SHOWN)
    actors = {project: actor_for(connection, person, project) for project in {one.project for one in found}}
    lines = tuple(Line(one, _hindrance(actors[one.project], one), state_in_words(one)[0]) for one in found)
    return Queue(lines, counts(connection), oldest_waiting(connection))


def _hindrance(actor: Actor, request: Request) -> str:
    if not actor.checker:
        return ""
    reason = reviewer_objection(actor, request)
    return "" if reason is None else reason.text


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

"""Where people start: the checkers' queue, and the requests of one's own projects."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.answers import projects_of
from enclave.clock import now
from enclave.errors import Forbidden
from enclave.people import Person, Role
from enclave.web.rooms import Desk
from output_review.lifecycle import objection, reviewer_objection
from output_review.queries import counts, mine, of_projects, oldest_waiting, projects_with_requests, queue
from output_review.reading import actor_for
from output_review.tally import counting, handling
from output_review.vocabulary import OPEN, Action, Actor, Request, Status
from output_review.words import state_in_words

_SHOWN = 200
# The queue's tabs: what each shows. Without statuses: everything, newest first.
TABS: Mapping[str, tuple[str, tuple[Status, ...] | None]] = {
    "open": ("Open", OPEN),
    "returned": ("Returned", (Status.RETURNED,)),
    "approved": ("In grace period", (Status.APPROVED,)),
    "released": ("Released", (Status.RELEASED,)),
    "closed": ("Closed", (Status.REJECTED, Status.WITHDRAWN, Status.EXPIRED, Status.RECALLED)),
    "all": ("All", None),
}
_WHOSE = {"all": "everybody's", "free": "what I can take", "mine": "what I handle"}


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
    """One request in the queue; `hindrance` says why this checker may not judge it, if so. Times in hours."""

    request: Request
    hindrance: str
    state: str
    waited: float
    handling: tuple[str, ...]
    voted: int
    mine: bool
    free: bool

    @property
    def late(self) -> bool:
        """Whether an open round has waited longer than its policy's target."""
        return self.request.open and self.waited >= self.request.policy.response_hours

    @property
    def share(self) -> int:
        """How much of the target is used up, in per cent, 100 at most."""
        return min(100, int(100 * self.waited / self.request.policy.response_hours))


@dataclass(frozen=True)
class Queue:
    lines: tuple[Line, ...]
    counts: dict[str, int]
    oldest: datetime | None
    projects: list[str]


async def queue_page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """What is open, longest waiting first; `tab`, `project` and `whose` choose others."""
    person = await desk.visitor(request)
    if not reads_queue(person):
        raise Forbidden("The review queue is for output checkers and auditors.")
    tab = _one_of(request.query.get("tab", ""), TABS, "open")
    whose = _one_of(request.query.get("whose", ""), _WHOSE, "all")
    found = await desk.read(_look, person, tab, request.query.get("project", ""))
    lines = [line for line in found.lines if whose == "all" or (line.mine if whose == "mine" else line.free)]
    return desk.page(
        "queue.html",
        person,
        queue=found,
        lines=lines,
        tabs=TABS,
        chosen=tab,
        whose=whose,
        whoses=_WHOSE,
        project=request.query.get("project", "") if request.query.get("project", "") in found.projects else "",
        checker=person.has(Role.OUTPUT_CHECKER),
        shown=_SHOWN,
    )


def _one_of(value: str, known: Mapping[str, object], otherwise: str) -> str:
    return value if value in known else otherwise


def _look(connection: Connection, person: Person, tab: str, project: str) -> Queue:
    projects = projects_with_requests(connection)
    found = queue(connection, TABS[tab][1], _SHOWN, project if project in projects else None)
    actors = {slug: actor_for(connection, person, slug) for slug in {one.project for one in found}}
    moment, number = now(), counts(connection)
    by_tab = {name: sum(number[s] for s in statuses or Status) for name, (_, statuses) in TABS.items()}
    lines = tuple(_line(actors[one.project], one, moment) for one in found)
    return Queue(lines, by_tab, oldest_waiting(connection), projects)


def _line(actor: Actor, request: Request, moment: datetime) -> Line:
    names = handling(request, moment) if request.open else ()
    return Line(
        request=request,
        hindrance=_hindrance(actor, request),
        state=state_in_words(request)[0],
        waited=(moment - request.waiting_since).total_seconds() / 3600,
        handling=names,
        voted=len(counting(request)) if request.open else 0,
        mine=actor.name in names,
        free=objection(actor, Action.CLAIM, request, moment) is None,
    )


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

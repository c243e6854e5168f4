"""The checkers' queue: what waits against its response time, who handles it, and returning several at once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.engine import Connection

from enclave.clock import now
from enclave.errors import Forbidden
from enclave.people import Person, Role, everybody
from enclave.web.rooms import Desk
from output_review.causes import CAUSES, Cause
from output_review.checked import verdicts
from output_review.evidence import in_short
from output_review.lifecycle import objection, reviewer_objection
from output_review.queries import counts, oldest_waiting, projects_with_requests
from output_review.queue import Asked, Whose, how_many, look
from output_review.reading import actor_for, checkers
from output_review.sight import Findings, sees_findings
from output_review.tally import counting, handling
from output_review.vocabulary import OPEN, Action, Actor, Request, Status
from output_review.web.form import number_or_none, typed
from output_review.words import state_in_words

PAGE = 50
_LONGEST = 100
# The queue's tabs: what each shows.
TABS: Mapping[str, tuple[str, tuple[Status, ...]]] = {
    "open": ("Open", OPEN),
    "returned": ("Returned", (Status.RETURNED,)),
    "approved": ("In grace period", (Status.APPROVED,)),
    "released": ("Released", (Status.RELEASED,)),
    "closed": ("Closed", (Status.REJECTED, Status.WITHDRAWN, Status.EXPIRED, Status.RECALLED)),
    "all": ("All", tuple(Status)),
}
WHOSE = {
    Whose.ALL: "everything", Whose.FREE: "what I can take", Whose.MINE: "what I handle",
    Whose.UNCLAIMED: "what nobody handles",
}  # fmt: skip


def reads_queue(person: Person) -> bool:
    """Checkers work on the queue, auditors look at it; an admin does neither."""
    watches = person.has(Role.OUTPUT_CHECKER) or person.has(Role.AUDITOR)
    return watches and not person.has(Role.ADMIN)


def must_read_queue(person: Person) -> None:
    """Raise `Forbidden` for anybody else."""
    if not reads_queue(person):
        raise Forbidden("The review queue is for output checkers and auditors.")


@dataclass(frozen=True)
class Filters:
    """What the page's address asks for; what is not known is as if it were not there."""

    tab: str = "open"
    project: str = ""
    whose: str = Whose.ALL
    by: str = ""
    overdue: str = ""
    text: str = ""

    def asked(self, person: Person) -> Asked:
        """As the queue is asked."""
        return Asked(
            person.name,
            TABS[self.tab][1],
            self.project,
            Whose(self.whose),
            self.by,
            self.overdue == "yes",
            self.text,
        )

    def address(self, page: str = "/desk/queue", **changes: Any) -> str:
        """The page with these filters, and what is changed in them."""
        plain = asdict(Filters())
        given = {k: str(v) for k, v in (asdict(self) | changes).items() if str(v) != plain.get(k, "")}
        return f"{page}?{urlencode(given)}" if given else page


@dataclass(frozen=True)
class Line:
    """One request in the queue; `hindrance` says why this checker may not judge it, if so. Times in hours.

    `checks`: what automatic checks found, `evidence.in_short`; empty for who does not see it.
    """

    request: Request
    hindrance: str
    state: str
    checks: tuple[str, str]
    waited: float
    handling: tuple[str, ...]
    voted: int
    claimed: bool
    free: bool
    returnable: bool

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
    """A page of lines; `found` are on all pages together, `following` is the number to go on after."""

    filters: Filters
    lines: tuple[Line, ...]
    found: int
    following: int | None
    counts: dict[str, int]
    oldest: datetime | None
    projects: list[str]
    checkers: list[str]


@dataclass(frozen=True)
class Bulk:
    """Requests that a checker returns together, (number, version) each: what is asked back, what came of it."""

    comment: str = ""
    cause: Cause = Cause.UNSAID
    picked: tuple[tuple[int, int], ...] = ()
    asking: tuple[Request, ...] = ()
    confirmed: str = ""
    error: str = ""
    done: tuple[int, ...] = ()
    refused: Mapping[int, str] = field(default_factory=dict)

    @property
    def numbers(self) -> frozenset[int]:
        """Those that are chosen."""
        return frozenset(number for number, _ in self.picked)


async def queue_page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """What is open, the most urgent first; the address may ask for others."""
    person = await desk.visitor(request)
    must_read_queue(person)
    return await show_queue(desk, person, request.query, Bulk())


async def show_queue(
    desk: Desk, person: Person, query: Mapping[str, Any], bulk: Bulk, status: int = 200
) -> web.StreamResponse:
    """The page, with what somebody has begun to do on it."""
    found = await desk.read(_look, person, query, number_or_none(query, "after"))
    checker = person.has(Role.OUTPUT_CHECKER)
    return desk.page(
        "queue.html",
        person,
        status=status,
        queue=found,
        tabs=TABS,
        whoses=WHOSE,
        checker=checker,
        bulk=bulk,
        causes=CAUSES,
    )


def _filters(query: Mapping[str, Any], projects: list[str], names: list[str]) -> Filters:
    def known(name: str, choices: Any, otherwise: str = "") -> str:
        value = typed(query, name)
        return value if value in choices else otherwise

    text = "".join(c for c in typed(query, "text")[:_LONGEST] if c.isprintable())
    return Filters(
        known("tab", TABS, "open"),
        known("project", projects),
        known("whose", set(Whose), Whose.ALL),
        known("by", names),
        known("overdue", ("yes",)),
        text,
    )


def _look(connection: Connection, person: Person, query: Mapping[str, Any], after: int | None) -> Queue:
    projects, names = projects_with_requests(connection), sorted(map(str, checkers(everybody(connection))))
    filters, moment, numbers = _filters(query, projects, names), now(), counts(connection)
    asked = filters.asked(person)
    found, following = look(connection, asked, moment, after, PAGE)
    outcomes = verdicts(connection, [one.id for one in found])
    actors = {slug: actor_for(connection, person, slug) for slug in {one.project for one in found}}
    return Queue(
        filters=filters,
        lines=tuple(_line(actors[one.project], one, in_short(outcomes[one.id]), moment) for one in found),
        found=len(found) if after is None and following is None else how_many(connection, asked, moment),
        following=following,
        counts={name: sum(numbers[s] for s in statuses) for name, (_, statuses) in TABS.items()},
        oldest=oldest_waiting(connection),
        projects=projects,
        checkers=names,
    )


def _line(actor: Actor, request: Request, checks: tuple[str, str], moment: datetime) -> Line:
    names = handling(request, moment) if request.open else ()
    seen = request.open and sees_findings(actor, request) is Findings.WHOLE
    return Line(
        request=request,
        hindrance=_hindrance(actor, request),
        state=state_in_words(request)[0],
        checks=checks if seen else ("", ""),
        waited=(moment - request.waiting_since).total_seconds() / 3600,
        handling=names,
        voted=len(counting(request)) if request.open else 0,
        claimed=objection(actor, Action.UNCLAIM, request, moment) is None,
        free=objection(actor, Action.CLAIM, request, moment) is None,
        returnable=objection(actor, Action.RETURN, request, moment) is None,
    )


def _hindrance(actor: Actor, request: Request) -> str:
    if not actor.checker:
        return ""
    reason = reviewer_objection(actor, request)
    return "" if reason is None else reason.text

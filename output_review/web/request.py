"""A request's page: the evidence and the decision for its checker, state and receipt for its project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.answers import ProjectCard, project_card
from enclave import audit
from enclave.clock import now
from enclave.people import find_person
from enclave.web.render import PAGE_POLICY
from enclave.web.rooms import Desk
from output_review.lifecycle import objection, state_in_words
from output_review.queries import Released, releases_of
from output_review.sight import Sight
from output_review.vocabulary import Action, Request, RequestEvent
from output_review.web.subject import Subject, subject_of

_POLICY = f"{PAGE_POLICY}; frame-src 'self'"
_PEOPLE = (Action.APPROVE, Action.RETURN, Action.REJECT, Action.WITHDRAW, Action.TAKE_BACK)
_EARLIER = 30
_HISTORY = 500
_HAPPENED = {
    RequestEvent.SUBMITTED: "requested the release",
    RequestEvent.RETURNED: "returned it with a comment",
    RequestEvent.APPROVED: "approved it",
    RequestEvent.REJECTED: "rejected it",
    RequestEvent.WITHDRAWN: "withdrew it",
    RequestEvent.TAKEN_BACK: "took the approval back",
    RequestEvent.RELEASED: "released the approved files",
    RequestEvent.DOWNLOADED: "downloaded",
    RequestEvent.INCIDENT: "recorded an incident",
}


@dataclass(frozen=True)
class Form:
    """What a checker has filled in so far, kept when something is missing or has to be confirmed."""

    comment: str = ""
    verdicts: Mapping[int, str] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)
    error: str = ""
    confirm: Any = None


@dataclass(frozen=True)
class Around:
    """What stands beside the files: the project, what it already released, what happened so far."""

    card: ProjectCard
    author: str
    earlier: list[Released]
    history: list[audit.Event]


async def request_page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The page as it stands."""
    return await show(desk, await subject_of(desk, request), Form())


async def show(desk: Desk, subject: Subject, form: Form, status: int = 200) -> web.Response:
    """The page with what the visitor has filled in."""
    around = await desk.read(_around, subject.request)
    moment = now()
    objections = {action.value: objection(subject.actor, action, subject.request, moment) for action in _PEOPLE}
    state, following = state_in_words(subject.request)
    page = desk.page(
        "request.html",
        subject.person,
        status=status,
        request=subject.request,
        around=around,
        form=form,
        objections=objections,
        evidence=subject.sight is Sight.EVIDENCE,
        judges=subject.actor.checker,
        mine=subject.request.author == subject.person.name,
        member=subject.actor.member,
        state=state,
        following=following,
        seconds_left=_seconds_left(subject.request),
        grace=desk.settings.release_grace_seconds,
        happened={str(event): words for event, words in _HAPPENED.items()},
    )
    page.headers["Content-Security-Policy"] = _POLICY
    return page


def _seconds_left(request: Request) -> int:
    if request.release_at is None:
        return 0
    return max(0, round((request.release_at - now()).total_seconds()))


def _around(connection: Connection, request: Request) -> Around:
    author = find_person(connection, request.author)
    return Around(
        project_card(connection, request.project),
        author.display_name if author else request.author,
        [left for left in releases_of(connection, request.project, _EARLIER) if left.request_id != request.id],
        list(reversed(audit.events(connection, f"request:{request.id}", _HISTORY))),
    )

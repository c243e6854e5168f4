"""A request's page: the evidence and the decision for its checker, state and receipt for its project."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.answers import ProjectCard, project_card
from enclave import audit
from enclave.clock import now
from enclave.people import find_person
from enclave.web.render import PAGE_POLICY
from enclave.web.rooms import Desk
from output_review import places
from output_review.causes import CAUSES
from output_review.checked import checks_of
from output_review.lifecycle import Reason, objection
from output_review.pins import pins
from output_review.queries import Download, Released, downloads_of, releases_of
from output_review.reading import able_checkers, all_votes, comments_of
from output_review.rules import CHECKS
from output_review.sight import Sight, may_download, spent
from output_review.similar import similar
from output_review.tally import counting, handling, lacking, live_claims
from output_review.telling import Told, told
from output_review.vocabulary import Action, Actor, File, Request, RequestEvent, Status
from output_review.web.form import Form
from output_review.web.subject import Subject, subject_of
from output_review.words import expected, in_words, state_in_words

_POLICY = f"{PAGE_POLICY}; frame-src 'self'"
_EARLIER = 30
_LOOKED_THROUGH = 1000  # released files of the project, for those that a file is like
_ALIKE = 3
_HISTORY = 500
_HAPPENED = {
    RequestEvent.SUBMITTED: "requested the release",
    RequestEvent.RESUBMITTED: "changed it and resubmitted",
    RequestEvent.CLAIMED: "began to handle it",
    RequestEvent.UNCLAIMED: "gave it back",
    RequestEvent.VOTED: "voted",
    RequestEvent.COMMENTED: "commented",
    RequestEvent.REVEALED: "opened the votes to each other: they did not approve it",
    RequestEvent.RETURNED: "returned it with a comment",
    RequestEvent.APPROVED: "counted the votes: approved",
    RequestEvent.REJECTED: "rejected it",
    RequestEvent.WITHDRAWN: "withdrew it",
    RequestEvent.FILE_WITHDRAWN: "withdrew a file",
    RequestEvent.TAKEN_BACK: "took the approval back",
    RequestEvent.RELEASED: "released the approved files",
    RequestEvent.RECALLED: "recalled the release",
    RequestEvent.EXPIRED: "closed it: nobody resubmitted it in time",
    RequestEvent.DOWNLOADED: "downloaded",
    RequestEvent.INCIDENT: "recorded an incident",
}
# Comments stand at their files; what the log keeps of these may be said to whoever sees the request.
_SAID_ALOUD = (RequestEvent.RETURNED, RequestEvent.REJECTED, RequestEvent.RECALLED)


@dataclass(frozen=True)
class Around:
    """What stands beside the files: the project, what it already released, what was said and happened so far."""

    card: ProjectCard
    author: str
    earlier: list[Released]
    alike: dict[int, tuple[Released, ...]]
    history: list[audit.Event]
    told: Told
    able: list[str]
    downloads: list[Download]


@dataclass(frozen=True)
class Handling:
    """Who is at work on the round, and what that means for whoever looks."""

    names: tuple[str, ...]
    lacking: int
    last: bool
    short: int


async def request_page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The page as it stands."""
    return await show(desk, await subject_of(desk, request), Form(leaving="leave" in request.query))


async def show(desk: Desk, subject: Subject, form: Form, status: int = 200) -> web.Response:
    """The page with what the visitor has filled in."""
    found, moment = subject.request, now()
    around = await desk.read(_around, subject.actor, found)
    state, following = state_in_words(found)
    page = desk.page(
        "request.html",
        subject.person,
        status=status,
        request=found,
        around=around,
        told=around.told,
        form=form,
        objections=_objections(subject, moment),
        handling=_handling(subject, around, moment),
        own=_own_vote(subject),
        evidence=subject.sight is Sight.EVIDENCE,
        judges=subject.actor.checker,
        mine=found.author == subject.person.name,
        member=subject.actor.member,
        spent={one.number: _spent(one, moment) for one in found.files if one.released},
        downloads=may_download(subject.actor, found) and found.status is Status.RELEASED,
        state=state,
        following=following,
        expected=expected(found, moment),
        policy=in_words(found.policy),
        where=places.in_words,
        pins=pins,
        titles={name: one["title"] for name, one in CHECKS.items()},
        seconds_left=_seconds_left(found),
        grace=desk.settings.release_grace_seconds,
        happened={str(event): words for event, words in _HAPPENED.items()},
        causes=CAUSES,
        aloud={str(event) for event in _SAID_ALOUD},
    )
    page.headers["Content-Security-Policy"] = _POLICY
    return page


def _spent(file: File, moment: datetime) -> str:
    return spent(file.name, file.downloads, file.allowed, file.until or moment, moment)


def _objections(subject: Subject, moment: datetime) -> dict[str, Reason | None]:
    return {action.value: objection(subject.actor, action, subject.request, moment) for action in Action}


def _own_vote(subject: Subject) -> Form:
    """What this checker has said in this round, so that a changed vote begins with it."""
    vote = counting(subject.request).get(subject.person.name)
    if vote is None:
        return Form()
    words = {file.number: vote.words[file.sha256] for file in subject.request.files if file.sha256 in vote.words}
    return Form(
        comment=vote.comment,
        verdicts={number: str(word.verdict) for number, word in words.items()},
        reasons={number: word.reason for number, word in words.items()},
    )


def _handling(subject: Subject, around: Around, moment: datetime) -> Handling:
    found = subject.request
    claims = {claim.person for claim in live_claims(found, moment)}
    return Handling(
        names=handling(found, moment),
        lacking=lacking(found),
        last=claims == {subject.person.name} and lacking(found) > 0,
        short=max(0, found.policy.reviewers - len(around.able)) if found.open else 0,
    )


def _seconds_left(request: Request) -> int:
    if request.release_at is None:
        return 0
    return max(0, round((request.release_at - now()).total_seconds()))


def _around(connection: Connection, actor: Actor, request: Request) -> Around:
    author = find_person(connection, request.author)
    said = comments_of(connection, [request.id])[request.id]
    left = releases_of(connection, request.project, _LOOKED_THROUGH)
    released = [one for one in left if one.request_id != request.id]
    return Around(
        project_card(connection, request.project),
        author.display_name if author else request.author,
        released[:_EARLIER],
        {file.number: similar(file, released, _ALIKE) for file in request.files},
        list(reversed(audit.events(connection, f"request:{request.id}", _HISTORY))),
        told(actor, request, all_votes(connection, request), said, checks_of(connection, request.id)),
        [str(name) for name in able_checkers(connection, request)],
        downloads_of(connection, request.id) if request.status is Status.RECALLED else [],
    )

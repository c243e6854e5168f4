"""The life of a release request: one table, one rule for who may act, one for what a decision must hold. Pure.

    status      action      becomes     by whom
    submitted   return      returned    an output checker
    submitted   approve     approved    an output checker
    submitted   reject      rejected    an output checker
    submitted   withdraw    withdrawn   its author
    returned    withdraw    withdrawn   its author
    approved    take-back   submitted   an output checker, within the grace period; starts a new round
    approved    withdraw    withdrawn   its author
    approved    release     released    the desk, after the grace period
    approved    hold        returned    the desk, when stored bytes no longer have the approved digest

Everything else is refused. The page greys a button with the very `Reason` that the server refuses with. Storing,
hashing and the clock are left to others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from output_review.vocabulary import Action, Actor, File, FileDecision, FileVerdict, Request, Status

TABLE: Mapping[tuple[Status, Action], Status] = {
    (Status.SUBMITTED, Action.RETURN): Status.RETURNED,
    (Status.SUBMITTED, Action.APPROVE): Status.APPROVED,
    (Status.SUBMITTED, Action.REJECT): Status.REJECTED,
    (Status.SUBMITTED, Action.WITHDRAW): Status.WITHDRAWN,
    (Status.RETURNED, Action.WITHDRAW): Status.WITHDRAWN,
    (Status.APPROVED, Action.TAKE_BACK): Status.SUBMITTED,
    (Status.APPROVED, Action.WITHDRAW): Status.WITHDRAWN,
    (Status.APPROVED, Action.RELEASE): Status.RELEASED,
    (Status.APPROVED, Action.HOLD): Status.RETURNED,
}
BY_REVIEWER = frozenset({Action.RETURN, Action.APPROVE, Action.REJECT, Action.TAKE_BACK})
BY_AUTHOR = frozenset({Action.WITHDRAW})
BY_SYSTEM = frozenset({Action.RELEASE, Action.HOLD})


class Because(StrEnum):
    """Why not."""

    OWN_REQUEST = "own-request"
    ADMIN = "admin"
    NOT_A_CHECKER = "not-a-checker"
    MEMBER = "member"
    NOT_THE_AUTHOR = "not-the-author"
    SYSTEM_ONLY = "system-only"
    STATUS = "status"
    GRACE_OVER = "grace-over"
    GRACE_RUNNING = "grace-running"
    NO_COMMENT = "no-comment"
    UNDECIDED = "undecided"
    NO_REASON = "no-reason"
    NOTHING_APPROVED = "nothing-approved"
    UNKNOWN_FILE = "unknown-file"


@dataclass(frozen=True)
class Reason:
    """Why something is refused; `text` is a sentence for the person who asked."""

    code: Because
    text: str


_DONE = {
    Status.SUBMITTED: "is waiting for an output checker",
    Status.RETURNED: "has been returned to its author",
    Status.APPROVED: "has been approved",
    Status.REJECTED: "has been rejected",
    Status.WITHDRAWN: "has been withdrawn by its author",
    Status.RELEASED: "has been released",
}
_VERB = {
    Action.RETURN: "returned",
    Action.APPROVE: "approved",
    Action.REJECT: "rejected",
    Action.WITHDRAW: "withdrawn",
    Action.TAKE_BACK: "taken back",
    Action.RELEASE: "released",
    Action.HOLD: "held",
}


def objection(actor: Actor, action: Action, request: Request, now: datetime) -> Reason | None:
    """Why this actor may not do this to this request now, or None if they may."""
    return _person(actor, action, request) or _moment(action, request, now)


def reviewer_objection(actor: Actor, request: Request) -> Reason | None:
    """Why this person may never judge this request, whatever its status, or None."""
    if actor.name == request.author:
        return Reason(Because.OWN_REQUEST, "This is your own request: somebody else has to check it.")
    if actor.admin:
        return Reason(Because.ADMIN, "You are an admin of this enclave, and an admin does not review outputs.")
    if not actor.checker:
        return Reason(Because.NOT_A_CHECKER, "Only an output checker may do this.")
    if actor.member:
        return Reason(
            Because.MEMBER,
            f"You are a member of {request.project}: its outputs are checked by somebody who is not.",
        )
    return None


def _person(actor: Actor, action: Action, request: Request) -> Reason | None:
    if action in BY_SYSTEM or actor.system:
        allowed = actor.system and action in BY_SYSTEM
        return None if allowed else Reason(Because.SYSTEM_ONLY, "The desk alone releases, and does only that.")
    if action in BY_REVIEWER:
        return reviewer_objection(actor, request)
    if actor.name != request.author:
        return Reason(Because.NOT_THE_AUTHOR, "Only the author of a request may withdraw it.")
    return None


def _moment(action: Action, request: Request, now: datetime) -> Reason | None:
    if (request.status, action) not in TABLE:
        return Reason(
            Because.STATUS,
            f"Request {request.id} {_DONE[request.status]}: it cannot be {_VERB[action]} any more."
            if request.status is not Status.SUBMITTED
            else f"Request {request.id} {_DONE[request.status]}: it cannot be {_VERB[action]} yet.",
        )
    over = request.release_at is not None and now >= request.release_at
    if action is Action.TAKE_BACK and not (request.release_at and not over):
        return Reason(Because.GRACE_OVER, "The time in which the approval could be taken back is over.")
    if action in BY_SYSTEM and not over:
        return Reason(Because.GRACE_RUNNING, "The approval can still be taken back.")
    return None


def flaw(action: Action, comment: str, decisions: Iterable[FileDecision], files: Iterable[File]) -> Reason | None:
    """What a checker's decision still lacks, or None if it is complete."""
    by_number = {decision.number: decision for decision in decisions}
    files = tuple(files)
    if set(by_number) - {file.number for file in files}:
        return Reason(Because.UNKNOWN_FILE, "A decision names a file that is not in this request.")
    if action in (Action.APPROVE, Action.RETURN, Action.REJECT) and not comment.strip():
        return Reason(Because.NO_COMMENT, _NO_COMMENT[action])
    if action is not Action.APPROVE:
        return None
    for file in files:
        decision = by_number.get(file.number)
        if decision is None:
            return Reason(Because.UNDECIDED, f"Decide about {file.name} as well: release it, or keep it in.")
        if decision.verdict is FileVerdict.REJECTED and not decision.reason.strip():
            return Reason(Because.NO_REASON, f"Say why {file.name} is not released; its author will read it.")
    if not any(decision.verdict is FileVerdict.APPROVED for decision in by_number.values()):
        return Reason(
            Because.NOTHING_APPROVED,
            "No file is approved, so there is nothing to release: return or reject the request instead.",
        )
    return None


_NO_COMMENT = {
    Action.APPROVE: "Say why these files may leave: the reason is kept with the release.",
    Action.RETURN: "Say what the author should change.",
    Action.REJECT: "Say why nothing of this may leave; its author will read it.",
}


def releasable(request: Request) -> tuple[File, ...]:
    """The files that a release of this request may hold: approved by name of their digest, nothing else."""
    if request.status is not Status.APPROVED:
        return ()
    return tuple(file for file in request.files if file.verdict is FileVerdict.APPROVED)


def state_in_words(request: Request) -> tuple[str, str]:
    """(how it stands, who acts next), in plain words for everybody."""
    match request.status:
        case Status.SUBMITTED:
            return "Waiting for an output checker", "An output checker looks at it next."
        case Status.RETURNED:
            return (
                "Returned with a comment",
                "Its author reads the comment, changes the files and requests again.",
            )
        case Status.APPROVED:
            return "Approved, about to be released", "The desk releases it when the grace period is over."
        case Status.REJECTED:
            return "Rejected", "Nobody: this request is closed, and nothing of it leaves."
        case Status.WITHDRAWN:
            return "Withdrawn by its author", "Nobody: this request is closed, and nothing of it leaves."
        case Status.RELEASED:
            return "Released", "Members of the project can download the released files."

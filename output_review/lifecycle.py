"""The life of a release request: one table, and one rule for who may act. Pure.

`TABLE` says what becomes of a request in a status by an action, and everything that is not in it is refused. `WHO`
says whose each action is; the docs and the tests are made from the same two. The page greys a button with the very
`Reason` that the server refuses with. `tally` counts votes, `completeness` says what a vote must hold; storing,
hashing and the clock are left to others.

A draft is not in the table: it is the dialog in JupyterLab, and nobody sees it before it is sent. Nothing here
waits for something outside: each step is done in one transaction, or refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from output_review.behalf import FOR_SOMEBODY
from output_review.policy import Policy, Releaser
from output_review.tally import approved_files, counting, free_places, handling, live_claims, settled
from output_review.vocabulary import (
    OPEN,
    Action,
    Actor,
    File,
    Request,
    Status,
)

_S, _A = Status, Action
TABLE: Mapping[tuple[Status, Action], Status] = {
    **{(status, _A.CLAIM): status for status in OPEN},
    **{(status, _A.UNCLAIM): status for status in OPEN},
    **{(status, _A.COMMENT): status for status in (*OPEN, _S.RETURNED)},
    (_S.SUBMITTED, _A.VOTE): _S.IN_REVIEW,
    (_S.RESUBMITTED, _A.VOTE): _S.IN_REVIEW,
    (_S.IN_REVIEW, _A.VOTE): _S.IN_REVIEW,
    (_S.IN_REVIEW, _A.APPROVE): _S.APPROVED,
    (_S.IN_REVIEW, _A.REVEAL): _S.REVIEWED,
    (_S.REVIEWED, _A.VOTE): _S.REVIEWED,
    (_S.REVIEWED, _A.APPROVE): _S.APPROVED,
    **{(status, _A.RETURN): _S.RETURNED for status in OPEN},
    **{(status, _A.REJECT): _S.REJECTED for status in OPEN},
    **{(status, _A.WITHDRAW): _S.WITHDRAWN for status in (*OPEN, _S.RETURNED, _S.APPROVED)},
    **{(status, _A.WITHDRAW_FILE): status for status in OPEN},
    (_S.RETURNED, _A.RESUBMIT): _S.RESUBMITTED,
    (_S.RETURNED, _A.EXPIRE): _S.EXPIRED,
    (_S.APPROVED, _A.TAKE_BACK): _S.SUBMITTED,
    (_S.APPROVED, _A.RELEASE): _S.RELEASED,
    (_S.APPROVED, _A.HOLD): _S.RETURNED,
    (_S.RELEASED, _A.RECALL): _S.RECALLED,
}


class Who(StrEnum):
    """Whose an action is."""

    AUTHOR = "the author"
    CHECKER = "a checker"
    PARTY = "a checker or the author"
    DESK = "the desk itself"
    RELEASER = "the desk, or a checker if the policy says so"


WHO: Mapping[Action, Who] = {
    _A.CLAIM: Who.CHECKER,
    _A.UNCLAIM: Who.CHECKER,
    _A.VOTE: Who.CHECKER,
    _A.COMMENT: Who.PARTY,
    _A.APPROVE: Who.DESK,
    _A.REVEAL: Who.DESK,
    _A.RETURN: Who.CHECKER,
    _A.REJECT: Who.CHECKER,
    _A.RESUBMIT: Who.AUTHOR,
    _A.WITHDRAW: Who.AUTHOR,
    _A.WITHDRAW_FILE: Who.AUTHOR,
    _A.TAKE_BACK: Who.CHECKER,
    _A.RELEASE: Who.RELEASER,
    _A.HOLD: Who.DESK,
    _A.RECALL: Who.CHECKER,
    _A.EXPIRE: Who.DESK,
}
# One after the other in a round of its own: old votes never count.
NEW_ROUND = frozenset({Action.RESUBMIT, Action.TAKE_BACK})


class Because(StrEnum):
    """Why not."""

    OWN_REQUEST = "own-request"
    ADMIN = "admin"
    NOT_A_CHECKER = "not-a-checker"
    MEMBER = "member"
    NOT_THE_AUTHOR = "not-the-author"
    NOT_A_MEMBER = "not-a-member"
    SYSTEM_ONLY = "system-only"
    ON_BEHALF = "on-behalf"
    CHECKER_RELEASES = "checker-releases"
    STATUS = "status"
    TAKEN = "taken"
    CLAIMED = "claimed"
    NOT_CLAIMED = "not-claimed"
    TOO_FEW = "too-few"
    NOT_COUNTED = "not-counted"
    GRACE_OVER = "grace-over"
    GRACE_RUNNING = "grace-running"
    NOT_EXPIRED = "not-expired"
    NO_COMMENT = "no-comment"
    UNDECIDED = "undecided"
    NO_REASON = "no-reason"
    AGAINST_FINDING = "against-finding"
    UNKNOWN_FILE = "unknown-file"
    SUPPORTING = "supporting"


# Refusals that are a question of when, not of who.
A_QUESTION_OF_WHEN = frozenset(
    {
        Because.STATUS, Because.TAKEN, Because.CLAIMED, Because.NOT_CLAIMED, Because.TOO_FEW, Because.NOT_COUNTED,
        Because.GRACE_OVER, Because.GRACE_RUNNING, Because.NOT_EXPIRED,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Reason:
    """Why something is refused; `text` is a sentence for the person who asked."""

    code: Because
    text: str


_IS = {
    Status.SUBMITTED: "is waiting for an output checker",
    Status.RESUBMITTED: "is waiting for an output checker again",
    Status.IN_REVIEW: "is being reviewed",
    Status.REVIEWED: "has been reviewed",
    Status.RETURNED: "has been returned to its author",
    Status.APPROVED: "has been approved",
    Status.RELEASED: "has been released",
    Status.REJECTED: "has been rejected",
    Status.WITHDRAWN: "has been withdrawn by its author",
    Status.RECALLED: "has been recalled",
    Status.EXPIRED: "has expired",
}
DONE = {
    Action.CLAIM: "claimed",
    Action.UNCLAIM: "given back",
    Action.VOTE: "voted on",
    Action.COMMENT: "commented on",
    Action.APPROVE: "approved",
    Action.REVEAL: "opened for consolidation",
    Action.RETURN: "returned",
    Action.REJECT: "rejected",
    Action.RESUBMIT: "resubmitted",
    Action.WITHDRAW: "withdrawn",
    Action.WITHDRAW_FILE: "made smaller by a file",
    Action.TAKE_BACK: "taken back",
    Action.RELEASE: "released",
    Action.HOLD: "held",
    Action.RECALL: "recalled",
    Action.EXPIRE: "expired",
}


def objection(actor: Actor, action: Action, request: Request, now: datetime) -> Reason | None:
    """Why this actor may not do this to this request now, or None if they may."""
    return _person(actor, action, request) or _status(action, request) or _moment(actor, action, request, now)


def reviewer_objection(actor: Actor, request: Request) -> Reason | None:
    """Why this person may never judge this request, whatever its status, or None."""
    if actor.system:
        return Reason(Because.NOT_A_CHECKER, "Only an output checker may do this, and no automatic check is one.")
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
    who = WHO[action]
    if actor.operator and action not in FOR_SOMEBODY:
        return Reason(Because.ON_BEHALF, "Nobody may do this for somebody else, an operator neither.")
    if who is Who.RELEASER:
        who = Who.DESK if request.policy.release_by is Releaser.DESK else Who.CHECKER
        if actor.system and who is Who.CHECKER:
            return Reason(
                Because.CHECKER_RELEASES, "This project's policy has a checker release what was approved."
            )
    if who is Who.DESK or actor.system:
        allowed = actor.system and who is Who.DESK
        return None if allowed else Reason(Because.SYSTEM_ONLY, "The desk alone does this, and nothing else.")
    if who is Who.CHECKER or (who is Who.PARTY and actor.name != request.author):
        return reviewer_objection(actor, request)
    if actor.name != request.author:
        return Reason(Because.NOT_THE_AUTHOR, f"Only its author may have a request {DONE[action]}.")
    if action is Action.RESUBMIT and not actor.member:
        return Reason(Because.NOT_A_MEMBER, f"You are not a member of {request.project} any more.")
    return None


def _status(action: Action, request: Request) -> Reason | None:
    if (request.status, action) in TABLE:
        return None
    when = "yet" if request.open else "any more"
    return Reason(
        Because.STATUS, f"Request {request.id} {_IS[request.status]}: it cannot be {DONE[action]} {when}."
    )


def _moment(actor: Actor, action: Action, request: Request, now: datetime) -> Reason | None:
    match action:
        case Action.CLAIM | Action.UNCLAIM:
            return _claim(actor, action, request, now)
        case Action.VOTE | Action.RETURN | Action.REJECT:
            return _judging(actor, action, request, now)
        case Action.APPROVE | Action.REVEAL if settled(request) is not action:
            return Reason(Because.NOT_COUNTED, "The votes of this round do not say so.")
        case Action.TAKE_BACK | Action.RELEASE | Action.HOLD:
            return _grace(action, request, now)
        case Action.EXPIRE if now < expires(request.updated, request.policy):
            return Reason(Because.NOT_EXPIRED, "Its author still has time to change it.")
    return None


def _claim(actor: Actor, action: Action, request: Request, now: datetime) -> Reason | None:
    mine = actor.name in {claim.person for claim in live_claims(request, now)}
    if action is Action.UNCLAIM:
        return None if mine else Reason(Because.NOT_CLAIMED, "You have not claimed this request.")
    if mine or actor.name in counting(request):
        return Reason(Because.CLAIMED, "You are handling this request already.")
    return _place(actor, request, now)


def _judging(actor: Actor, action: Action, request: Request, now: datetime) -> Reason | None:
    if action is Action.RETURN and request.status is Status.REVIEWED:
        return None  # whoever may judge may also end a consolidation that leads nowhere: nothing leaves by it
    if action is Action.REJECT and request.status is not Status.REVIEWED and request.policy.reviewers > 1:
        return Reason(
            Because.TOO_FEW,
            f"Closing a request for good takes the votes of {request.policy.reviewers} checkers first."
            " Vote to keep the files inside, or return it.",
        )
    return _place(actor, request, now)


def _place(actor: Actor, request: Request, now: datetime) -> Reason | None:
    if free_places(request, now, besides=(actor.name,)):
        return None
    names = " and ".join(sorted(set(handling(request, now)) - {actor.name}))
    return (
        Reason(Because.TAKEN, f"{names} handle this request already. One of them has to give it back first.")
        if (" and " in names)
        else Reason(Because.TAKEN, f"{names} handles this request already, and has to give it back first.")
    )


def _grace(action: Action, request: Request, now: datetime) -> Reason | None:
    over = request.release_at is not None and now >= request.release_at
    if action is Action.TAKE_BACK:
        # A checker who releases by hand may also still take back: nothing has left.
        waits = request.policy.release_by is Releaser.CHECKER
        late = Reason(Because.GRACE_OVER, "The time in which the approval could be taken back is over.")
        return None if request.release_at is not None and (waits or not over) else late
    return None if over else Reason(Because.GRACE_RUNNING, "The approval can still be taken back.")


def expires(returned: datetime, policy: Policy) -> datetime:
    """When a request that was returned then expires, unless its author does something about it."""
    return returned + timedelta(days=policy.expire_days)


def releasable(request: Request) -> tuple[File, ...]:
    """The files that a release of this request may hold: approved by name of their digest, nothing else."""
    return approved_files(request) if request.status is Status.APPROVED else ()

"""Who is told of what happened to a request, and in which words. Pure.

A notice names project, number and what happened: never data, a comment, a file's name or who voted how. While a
round is blind, nobody is told that another checker has said something. What an operator did for somebody is told
them too, whatever it was, and everybody whom it concerns reads by whose hand it happened.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

from output_review.policy import Releaser
from output_review.sight import blind
from output_review.tally import counting
from output_review.vocabulary import Actor, Audience, Request, RequestEvent

_E = RequestEvent
SAYS: Mapping[RequestEvent, str] = {
    _E.SUBMITTED: "waits for an output checker",
    _E.CLAIMED: "was claimed",
    _E.UNCLAIMED: "was given back to the queue",
    _E.RESUBMITTED: "was changed and waits again for an output checker",
    _E.TAKEN_BACK: "was taken back from its approval and waits again",
    _E.REVEALED: "has all its votes, and they do not approve it",
    _E.RETURNED: "was returned with a comment",
    _E.REJECTED: "was rejected",
    _E.WITHDRAWN: "was withdrawn",
    _E.APPROVED: "was approved",
    _E.RELEASED: "was released",
    _E.RECALLED: "was recalled: nothing of it may be used any more",
    _E.EXPIRED: "has expired: it was not resubmitted in time",
    _E.INCIDENT: "was held back: what the desk had stored was damaged",
    _E.COMMENTED: "was commented on",
}


class NoticeEvent(StrEnum):
    """What the audit log says about notices; its subject is `person:<name>`."""

    READ = "notice.read"
    MAILED = "notice.mailed"
    NOT_MAILED = "notice.not-mailed"


def audience(
    event: RequestEvent,
    request: Request,
    actor: Actor,
    hands: Collection[str],
    able: Collection[str],
    downloaded: Collection[str],
    comment: Audience | None = None,
) -> frozenset[str]:
    """Whom it concerns, never who did it; for whom an operator did it is told. `hands` handled the round, `able`
    may judge; `request` is as it was."""
    author, voters = {str(request.author)}, set(counting(request))
    match event:
        case RequestEvent.SUBMITTED | RequestEvent.RESUBMITTED | RequestEvent.TAKEN_BACK:
            told = set(able)
        case RequestEvent.REVEALED:
            told = voters
        case RequestEvent.APPROVED:
            told = author | (voters if request.policy.release_by is Releaser.CHECKER else set())
        case RequestEvent.RETURNED | RequestEvent.REJECTED | RequestEvent.INCIDENT:
            told = author | set(hands)
        case RequestEvent.RELEASED | RequestEvent.EXPIRED:
            told = author
        case RequestEvent.RECALLED:
            told = author | set(downloaded)
        case RequestEvent.WITHDRAWN:
            told = set(hands)
        case RequestEvent.COMMENTED if actor.name in author:
            told = set(hands)
        case RequestEvent.COMMENTED if not blind(request):
            told = set(hands) | (author if comment is Audience.EVERYBODY else set())
        case _:
            told = set()
    return frozenset(told | {actor.name} if actor.operator else told - {actor.name})

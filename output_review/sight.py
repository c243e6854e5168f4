"""Who sees what of a request. Pure.

An author, like every member of the project, sees no file content on the desk: it is in the workspace, behind the
meter. Evidence is for those who judge and those who audit, and never for an admin.

In a blind round nobody sees another's votes or comments before all required checkers have voted or the round is
over, an auditor neither. The project sees votes when the round is over, and never what checkers say to each other.

What automatic checks found goes with the evidence, also in a blind round: it is nobody's word. An author to whom a
request is returned is told the verdict, the rules, where, and what to do; never what was measured.
"""

from datetime import datetime
from enum import IntEnum

from output_review.policy import Downloader
from output_review.vocabulary import Actor, Audience, Comment, Request, Status, Vote


class Sight(IntEnum):
    """How much a person sees, in this order."""

    NOTHING = 0
    STATE = 1
    EVIDENCE = 2


class Findings(IntEnum):
    """How much a person sees of what automatic checks found, in this order."""

    NOTHING = 0
    ADVICE = 1
    WHOLE = 2


_BLIND = (Status.SUBMITTED, Status.RESUBMITTED, Status.IN_REVIEW)
# What a round that is over has become, as far as its project is concerned. Who withdraws a request in the middle of
# a round learns nothing by it.
_TOLD = (Status.RETURNED, Status.APPROVED, Status.RELEASED, Status.REJECTED, Status.RECALLED, Status.EXPIRED)


def sight(actor: Actor, request: Request) -> Sight:
    """How much of this request this person sees."""
    if actor.name == request.author or actor.member:
        return Sight.STATE
    if not (actor.checker or actor.auditor):
        return Sight.NOTHING
    return Sight.STATE if actor.admin else Sight.EVIDENCE


def sees_findings(actor: Actor, request: Request) -> Findings:
    """How much of what automatic checks found in this request this person sees."""
    if sight(actor, request) is Sight.EVIDENCE:
        return Findings.WHOLE
    own = actor.name == request.author and request.status is Status.RETURNED
    return Findings.ADVICE if own else Findings.NOTHING


def may_download(actor: Actor, request: Request) -> bool:
    """Whether this present member is one of those whom the policy lets download released files."""
    match request.policy.download_by:
        case Downloader.AUTHOR:
            return actor.member and actor.name == request.author
        case Downloader.LEAD:
            return actor.member and actor.lead
    return actor.member


def spent(name: str, downloads: int, allowed: int, until: datetime, now: datetime) -> str:
    """Why a released file cannot be downloaded any more, in words; empty if it can."""
    if now >= until:
        return f"{name} could be downloaded until {until:%d %b %Y}. Request its release anew."
    if downloads >= allowed:
        times = "once" if downloads == 1 else f"{downloads} times"
        return f"{name} was downloaded {times}, as often as its policy allows. Request its release anew."
    return ""


def blind(request: Request, round_: int | None = None) -> bool:
    """Whether the votes of this round, the present one if none is given, are still kept from each other."""
    if round_ is not None and round_ != request.round:
        return False
    return request.policy.blind and request.policy.reviewers > 1 and request.status in _BLIND


def sees_vote(actor: Actor, request: Request, vote: Vote) -> bool:
    """Whether this person sees this vote of the request, of its present round or an earlier one."""
    return vote.reviewer == actor.name or _sees(actor, request, vote.round)


def sees_comment(actor: Actor, request: Request, comment: Comment) -> bool:
    """Whether this person sees what was said."""
    if comment.author in (actor.name, request.author):
        return sight(actor, request) > Sight.NOTHING
    if not _sees(actor, request, comment.round, talk=True):
        return False
    return comment.audience is Audience.EVERYBODY or sight(actor, request) is Sight.EVIDENCE


def _sees(actor: Actor, request: Request, round_: int, talk: bool = False) -> bool:
    if blind(request, round_):
        return False
    match sight(actor, request):
        case Sight.EVIDENCE:
            return True
        case Sight.STATE:
            return talk or round_ < request.round or request.status in _TOLD
    return False

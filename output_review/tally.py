"""Counting votes: what a round has come to, and who holds its places. Pure.

A vote counts if a person who may judge the request has given it, in this round, under the policy in force for this
round. An automatic check is nobody: its name holds a colon, which no person's can. A file is approved when as many
distinct checkers as the policy requires have approved its bytes and none whose vote counts has rejected them. Only
outputs are counted: a supporting file is seen and never approved, whatever a row of votes says.
"""

from collections.abc import Iterable
from datetime import datetime

from enclave.names import Digest
from output_review.vocabulary import Action, Claim, File, FileVerdict, Request, Status, Vote

# The request's votes were counted once for all when it was approved; they are not counted anew.
COUNTED = (Status.APPROVED, Status.RELEASED, Status.RECALLED)


def counting(request: Request) -> dict[str, Vote]:
    """The votes that count, by reviewer."""
    return {
        vote.reviewer: vote
        for vote in request.votes
        if vote.counts
        and vote.round == request.round
        and vote.policy_version == request.policy_version
        and ":" not in vote.reviewer
    }


def lacking(request: Request) -> int:
    """How many more checkers have to vote."""
    return max(0, request.policy.reviewers - len(counting(request)))


def agreed(request: Request, digest: Digest) -> FileVerdict | None:
    """What the required checkers agree on about these bytes; None as long as they do not, or if they are no
    output's."""
    if not _may_leave(request, digest):
        return None
    votes = counting(request).values()
    words = [vote.words[digest].verdict for vote in votes if digest in vote.words]
    if len(words) < request.policy.reviewers or len(set(words)) != 1 or len(words) != len(votes):
        return None
    return words[0]


def _may_leave(request: Request, digest: Digest) -> bool:
    return any(file.sha256 == digest for file in request.outputs)


def settled(request: Request) -> Action | None:
    """What the count of the votes makes the desk do now: approve, open the votes to each other, or nothing yet."""
    if lacking(request):
        return None
    verdicts = [agreed(request, file.sha256) for file in request.outputs]
    if None not in verdicts and FileVerdict.APPROVED in verdicts:
        return Action.APPROVE
    return Action.REVEAL


def approved_files(request: Request) -> tuple[File, ...]:
    """The outputs whose bytes the required checkers approved."""
    return tuple(file for file in request.files if agreed(request, file.sha256) is FileVerdict.APPROVED)


def outcome(request: Request, digest: Digest) -> FileVerdict | None:
    """How a file of a decided or returned round stands: one word against it is enough to keep it inside."""
    if request.status in COUNTED:
        return agreed(request, digest)
    if not _may_leave(request, digest):
        return None
    if request.status is Status.REJECTED:
        return FileVerdict.REJECTED
    words = [vote.words[digest].verdict for vote in request.votes if digest in vote.words]
    return FileVerdict.REJECTED if FileVerdict.REJECTED in words else None


def live_claims(request: Request, now: datetime) -> tuple[Claim, ...]:
    """The claims that have not lapsed, of checkers who have not voted yet."""
    voted = counting(request)
    return tuple(claim for claim in request.claims if claim.until > now and claim.person not in voted)


def handling(request: Request, now: datetime) -> tuple[str, ...]:
    """Who handles the round: those who voted, then those who claimed it."""
    return (*counting(request), *(claim.person for claim in live_claims(request, now)))


def free_places(request: Request, now: datetime, besides: Iterable[str] = ()) -> int:
    """How many checkers the round still has a place for, without those in `besides`."""
    return max(0, request.policy.reviewers - len(set(handling(request, now)) - set(besides)))

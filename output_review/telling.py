"""What one person is told of a request's votes and comments, file by file. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from output_review.evidence import FileChecks
from output_review.rules import advised
from output_review.sight import Findings, blind, sees_comment, sees_findings, sees_vote
from output_review.tally import agreed, outcome
from output_review.vocabulary import Actor, Comment, File, FileVerdict, Request, Vote


@dataclass(frozen=True)
class Said:
    """One checker's word on one file in one round."""

    reviewer: str
    round: int
    verdict: FileVerdict
    reason: str
    time: datetime


@dataclass(frozen=True)
class FileTold:
    """A file with what its reader may know: how it stands, who said what in this round and in earlier ones, what
    automatic checks found (None: not theirs to know)."""

    file: File
    decision: FileVerdict | None
    said: tuple[Said, ...]
    before: tuple[Said, ...]
    comments: tuple[Comment, ...]
    unchanged_since: int | None
    checks: FileChecks | None


@dataclass(frozen=True)
class Told:
    """`hidden` votes of this round are still kept from this reader; `votes` are those that they see."""

    files: tuple[FileTold, ...]
    votes: tuple[Vote, ...]
    hidden: int
    comments: tuple[Comment, ...]
    blind: bool

    @property
    def disputed(self) -> tuple[FileTold, ...]:
        """The files on which the visible votes differ."""
        return tuple(one for one in self.files if len({said.verdict for said in one.said}) > 1)


def told(
    actor: Actor,
    request: Request,
    votes: Sequence[Vote],
    comments: Iterable[Comment],
    checks: Mapping[int, FileChecks],
) -> Told:
    """What this person is told; `votes` are those of all rounds, `checks` by the number of a file."""
    seen = [vote for vote in votes if sees_vote(actor, request, vote)]
    now = tuple(vote for vote in seen if vote.round == request.round)
    heard = [comment for comment in comments if sees_comment(actor, request, comment)]
    here = {file.sha256 for file in request.files}
    found = {file.number: _checks(actor, request, checks.get(file.number)) for file in request.files}
    return Told(
        files=tuple(_file(request, file, seen, heard, found[file.number]) for file in request.files),
        votes=now,
        hidden=sum(vote.round == request.round for vote in votes) - len(now),
        comments=tuple(comment for comment in heard if comment.sha256 not in here),
        blind=blind(request),
    )


def _checks(actor: Actor, request: Request, found: FileChecks | None) -> FileChecks | None:
    match sees_findings(actor, request):
        case Findings.WHOLE:
            return found or FileChecks()
        case Findings.ADVICE:
            return advised(found or FileChecks())
    return None


def _file(
    request: Request, file: File, seen: Sequence[Vote], heard: Sequence[Comment], checks: FileChecks | None
) -> FileTold:
    words = [
        Said(vote.reviewer, vote.round, vote.words[file.sha256].verdict, vote.words[file.sha256].reason, vote.time)
        for vote in seen
        if file.sha256 in vote.words
    ]
    said = tuple(word for word in words if word.round == request.round)
    everything = len([vote for vote in seen if vote.round == request.round]) == len(request.votes)
    decision = None
    if everything and request.open:
        decision = agreed(request, file.sha256)
    elif everything:
        decision = outcome(request, file.sha256)
    return FileTold(
        file=file,
        decision=decision,
        said=said,
        before=tuple(word for word in words if word.round < request.round),
        comments=tuple(comment for comment in heard if comment.sha256 == file.sha256),
        unchanged_since=min(file.seen_in) if file.seen_in else None,
        checks=checks,
    )

"""The words of the review, as closed vocabularies and frozen values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from enclave.names import Digest, PersonName, ProjectSlug
from output_review.places import Place
from output_review.policy import DEFAULT, Policy
from output_review.provenance import Before, Code, FileRole, Group, Origin


class Status(StrEnum):
    """Where a request stands. A draft is no status: it is the dialog in JupyterLab, and reaches nobody before it is
    sent."""

    SUBMITTED = "submitted"
    RESUBMITTED = "resubmitted"
    IN_REVIEW = "in-review"
    REVIEWED = "reviewed"
    RETURNED = "returned"
    APPROVED = "approved"
    RELEASED = "released"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RECALLED = "recalled"
    EXPIRED = "expired"


# A round is open in these: checkers may claim, vote, return.
OPEN = (Status.SUBMITTED, Status.RESUBMITTED, Status.IN_REVIEW, Status.REVIEWED)


class Action(StrEnum):
    """What can be done to a request. `APPROVE`, `REVEAL`, `HOLD` and `EXPIRE` are done by the desk itself, never by
    a person: an approval is the count of votes, nobody's own word."""

    CLAIM = "claim"
    UNCLAIM = "unclaim"
    VOTE = "vote"
    COMMENT = "comment"
    APPROVE = "approve"
    REVEAL = "reveal"
    RETURN = "return"
    REJECT = "reject"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    WITHDRAW_FILE = "withdraw-file"
    TAKE_BACK = "take-back"
    RELEASE = "release"
    HOLD = "hold"
    RECALL = "recall"
    EXPIRE = "expire"


class FileVerdict(StrEnum):
    """A checker's word on one file. A file without one is never released."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Audience(StrEnum):
    """Who reads a checker's comment once the blind phase is over; an author's comment is for everybody."""

    CHECKERS = "checkers"
    EVERYBODY = "everybody"


class RequestEvent(StrEnum):
    """What the audit log says about a request; its subject is `request:<id>`."""

    SUBMITTED = "request.submitted"
    RESUBMITTED = "request.resubmitted"
    CLAIMED = "request.claimed"
    UNCLAIMED = "request.unclaimed"
    VOTED = "request.voted"
    COMMENTED = "request.commented"
    APPROVED = "request.approved"
    REVEALED = "request.revealed"
    RETURNED = "request.returned"
    REJECTED = "request.rejected"
    WITHDRAWN = "request.withdrawn"
    FILE_WITHDRAWN = "request.file-withdrawn"
    TAKEN_BACK = "request.taken-back"
    RELEASED = "request.released"
    RECALLED = "request.recalled"
    EXPIRED = "request.expired"
    DOWNLOADED = "request.file-downloaded"
    INCIDENT = "request.incident"


class PolicyEvent(StrEnum):
    """What the audit log says about a project's review policy; its subject is `project:<slug>`."""

    SET = "policy.set"


@dataclass(frozen=True)
class Actor:
    """Who acts, as far as the rules care: `member` means a present member of the request's project. An `operator`
    acts for this person from the host's command line, for a `reason`."""

    name: str
    checker: bool = False
    auditor: bool = False
    admin: bool = False
    member: bool = False
    lead: bool = False
    system: bool = False
    operator: str = ""
    reason: str = ""


SYSTEM = Actor("system:desk", system=True)


@dataclass(frozen=True)
class FileDecision:
    """A checker's word on one file of the round, by the file's number."""

    number: int
    verdict: FileVerdict
    reason: str = ""


@dataclass(frozen=True)
class Word:
    """A checker's word on a file's bytes."""

    verdict: FileVerdict
    reason: str = ""


@dataclass(frozen=True)
class Vote:
    """One checker's newest word in one round, on digests, never on names. It `counts` while its reviewer may still
    judge the request, and once the request is approved if it was counted then."""

    reviewer: PersonName
    round: int
    policy_version: int
    comment: str
    time: datetime
    words: Mapping[Digest, Word]
    counts: bool


@dataclass(frozen=True)
class Claim:
    """A checker has said that they handle the request; it lapses by itself."""

    person: PersonName
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Comment:
    """What somebody said about a place in a file (by its bytes) or, without a digest, about the whole request."""

    author: PersonName
    round: int
    sha256: Digest | None
    audience: Audience
    text: str
    time: datetime
    place: Place = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """One file of a request's present round: its bytes are known by digest, the name is a label. `seen_in` are the
    earlier rounds of this request that held the same bytes. `path` and `code` are as the workspace told. A released
    file can be downloaded `allowed` times in all, `until` then."""

    number: int
    name: str
    size: int
    sha256: Digest
    released: bool = False
    downloads: int = 0
    seen_in: tuple[int, ...] = ()
    role: FileRole = FileRole.OUTPUT
    group: int = 0
    path: str = ""
    code: Code | None = None
    allowed: int = 0
    until: datetime | None = None
    before: Before | None = None


@dataclass(frozen=True)
class Request:
    """A release request with the files, votes and claims of its present round, and the policy that is in force for
    it. `version` grows with each change of state, `waiting_since` is when the round began, `due` by when its policy
    wants it answered."""

    id: int
    project: ProjectSlug
    author: PersonName
    status: Status
    round: int
    version: int
    what: str
    how: str
    controls: str
    comment: str
    reviewer: str
    created: datetime
    updated: datetime
    waiting_since: datetime
    release_at: datetime | None
    files: tuple[File, ...]
    votes: tuple[Vote, ...] = ()
    claims: tuple[Claim, ...] = ()
    policy: Policy = field(default=DEFAULT)
    policy_version: int = 1
    groups: tuple[Group, ...] = ()
    origin: Origin | None = None

    @property
    def outputs(self) -> tuple[File, ...]:
        """The files that may leave, if they are approved."""
        return tuple(file for file in self.files if file.role is FileRole.OUTPUT)

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    @property
    def due(self) -> datetime:
        """The end of the round's response time."""
        return self.policy.due(self.waiting_since)

    @property
    def open(self) -> bool:
        """Whether checkers are at work on it."""
        return self.status in OPEN


@dataclass(frozen=True)
class Arrived:
    """A file whose bytes, and those of its code, have arrived whole and are kept under their digests."""

    name: str
    size: int
    sha256: Digest
    role: FileRole = FileRole.OUTPUT
    group: int = 0
    path: str = ""
    code: Code | None = None


@dataclass(frozen=True)
class Submission:
    """What an author asks for. The texts are plain; see `limits`. `statements` are those that the author made."""

    project: ProjectSlug
    author: PersonName
    what: str
    how: str
    controls: str
    files: tuple[Arrived, ...]
    statements: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()

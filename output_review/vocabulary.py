"""The words of the review, as closed vocabularies and frozen values. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enclave.names import Digest, PersonName, ProjectSlug

# Each decision says under which policy it was taken; policies become a table of their own per project later.
POLICY_VERSION = 1


class Status(StrEnum):
    """Where a request stands."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"


class Action(StrEnum):
    """What can be done to a request. `RELEASE` and `HOLD` are done by the desk itself, never by a person."""

    RETURN = "return"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    TAKE_BACK = "take-back"
    RELEASE = "release"
    HOLD = "hold"


class FileVerdict(StrEnum):
    """A checker's word on one file. A file without one is never released."""

    APPROVED = "approved"
    REJECTED = "rejected"


class RequestEvent(StrEnum):
    """What the audit log says about a request; its subject is `request:<id>`."""

    SUBMITTED = "request.submitted"
    RETURNED = "request.returned"
    APPROVED = "request.approved"
    REJECTED = "request.rejected"
    WITHDRAWN = "request.withdrawn"
    TAKEN_BACK = "request.taken-back"
    RELEASED = "request.released"
    DOWNLOADED = "request.file-downloaded"
    INCIDENT = "request.incident"


@dataclass(frozen=True)
class Actor:
    """Who acts, as far as the rules care: `member` means a present member of the request's project."""

    name: str
    checker: bool = False
    auditor: bool = False
    admin: bool = False
    member: bool = False
    system: bool = False


SYSTEM = Actor("system:desk", system=True)


@dataclass(frozen=True)
class FileDecision:
    """A checker's word on one file of the round, by the file's number."""

    number: int
    verdict: FileVerdict
    reason: str = ""


@dataclass(frozen=True)
class File:
    """One file of a request's present round: its bytes are known by digest, the name is a label."""

    number: int
    name: str
    size: int
    sha256: Digest
    verdict: FileVerdict | None = None
    reason: str = ""
    released: bool = False
    downloads: int = 0


@dataclass(frozen=True)
class Request:
    """A release request with the files and decisions of its present round. `version` grows with each change."""

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
    release_at: datetime | None
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True)
class Arrived:
    """A file whose bytes have arrived whole and are kept under their digest."""

    name: str
    size: int
    sha256: Digest


@dataclass(frozen=True)
class Submission:
    """What an author asks for. The texts are plain; see `limits`."""

    project: ProjectSlug
    author: PersonName
    what: str
    how: str
    controls: str
    files: tuple[Arrived, ...]

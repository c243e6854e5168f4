"""May this person open this project, with which data and limits, until when? And if not, why not.

Pure: values in, values out. Fetching the facts is left to `answers`, building a container to `workspaces`.

Rules, in the order in which they are asked; the first objection is the answer:

1. a blocked person opens nothing;
2. only a member opens a project, and whoever is not one learns nothing else about it;
3. a closed project is never opened again;
4. a suspended project is not opened until it is resumed;
5. a project is not opened before its start;
6. nor from its end on.

Having no live grant is no objection: the workspace opens without data.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from data_mounts.mounts import Mount, mounts_for
from enclave.names import DatasetName, DatasetVersion, PersonName, ProjectSlug

# The owner of nothing: stands in an answer that was only looked at, before a workspace has a number of its own.
NOBODY = 65534


class ProjectState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Code(StrEnum):
    """Why not. Stable: the guard's labels, notices and tests use these words."""

    PERSON_BLOCKED = "person-blocked"
    NOT_A_MEMBER = "not-a-member"
    PROJECT_CLOSED = "project-closed"
    PROJECT_SUSPENDED = "project-suspended"
    PROJECT_NOT_STARTED = "project-not-started"
    PROJECT_ENDED = "project-ended"


@dataclass(frozen=True)
class Limits:
    """What one workspace may use. `cpus` in cores, sizes in bytes, `pids` in processes and threads."""

    memory_bytes: int = 4 * 1024**3
    cpus: float = 2.0
    pids: int = 512
    tmp_bytes: int = 1024**3


@dataclass(frozen=True)
class Policy:
    """What may pass between the workspaces of a project and browsers, and how much the project may keep; in bytes.

    The budget is what one person may be shown in a rolling 24 hours: told at the soft limit, paused at the hard
    one, which is four times as much by default. Code that a person brings in is seldom over 1 MB. Data smaller
    than the budget is not protected by it.
    """

    budget_soft_bytes: int = 64 * 1024**2
    budget_hard_bytes: int = 256 * 1024**2
    message_bytes: int = 8 * 1024**2  # one message or reply; a larger one is replaced by a line that says so
    uploads: bool = True  # files may be brought in through the browser
    upload_bytes: int = 1024**2  # each such file
    terminals: bool = False
    disk_bytes: int = 20 * 1024**3  # /project and every member's /home together


@dataclass(frozen=True)
class GrantFacts:
    """An approved grant: the project may see this version from `start` until just before `end`."""

    dataset: DatasetName
    version: DatasetVersion
    start: datetime
    end: datetime

    def live(self, now: datetime) -> bool:
        return self.start <= now < self.end


@dataclass(frozen=True)
class Facts:
    """What is known at one moment about one person and one project; `grants` are the approved ones."""

    person: PersonName
    project: ProjectSlug
    blocked: bool
    member: bool
    state: ProjectState
    state_reason: str
    start: datetime
    end: datetime
    uid: int
    gid: int
    limits: Limits
    idle_stop_minutes: int
    grants: Sequence[GrantFacts]
    datasets_folder: Path
    policy: Policy


@dataclass(frozen=True)
class Access:
    """Yes. `until` is the earliest moment at which this answer narrows: the project's end or a grant's."""

    person: PersonName
    project: ProjectSlug
    uid: int
    gid: int
    mounts: tuple[Mount, ...]
    limits: Limits
    until: datetime
    idle_stop_minutes: int
    policy: Policy


@dataclass(frozen=True)
class Denied:
    """No, and why: `code` for programs, `reason` a sentence for the person."""

    code: Code
    reason: str


def decide(facts: Facts, now: datetime) -> Access | Denied:
    """The answer at `now`; raises `Broken` when the grants cannot be mounted (see `mounts`)."""
    for rule in RULES:
        objection = rule(facts, now)
        if objection is not None:
            return objection
    live = [grant for grant in facts.grants if grant.live(now)]
    return Access(
        person=facts.person,
        project=facts.project,
        uid=facts.uid,
        gid=facts.gid,
        mounts=mounts_for(facts.datasets_folder, [(grant.dataset, grant.version) for grant in live]),
        limits=facts.limits,
        until=min([facts.end, *(grant.end for grant in live)]),
        idle_stop_minutes=facts.idle_stop_minutes,
        policy=facts.policy,
    )


def person_blocked(facts: Facts, _now: datetime) -> Denied | None:
    if not facts.blocked:
        return None
    return Denied(Code.PERSON_BLOCKED, "Your access to this enclave is blocked. Ask an admin.")


def not_a_member(facts: Facts, _now: datetime) -> Denied | None:
    return None if facts.member else no_such_project(facts.project)


def no_such_project(slug: str) -> Denied:
    """One answer for "there is none" and "you are not a member", so that names of projects cannot be probed."""
    return Denied(
        Code.NOT_A_MEMBER,
        f"You are not a member of a project called {slug[:60]!r}. Its lead or an admin can have you added.",
    )


def project_closed(facts: Facts, _now: datetime) -> Denied | None:
    if facts.state is not ProjectState.CLOSED:
        return None
    return Denied(Code.PROJECT_CLOSED, f"The project {facts.project} is closed.{_because(facts)}")


def project_suspended(facts: Facts, _now: datetime) -> Denied | None:
    if facts.state is not ProjectState.SUSPENDED:
        return None
    return Denied(
        Code.PROJECT_SUSPENDED,
        f"The project {facts.project} is suspended; its files are kept.{_because(facts)}",
    )


def project_not_started(facts: Facts, now: datetime) -> Denied | None:
    if now >= facts.start:
        return None
    return Denied(Code.PROJECT_NOT_STARTED, f"The project {facts.project} starts on {_words(facts.start)}.")


def project_ended(facts: Facts, now: datetime) -> Denied | None:
    if now < facts.end:
        return None
    return Denied(
        Code.PROJECT_ENDED,
        f"The project {facts.project} ended on {_words(facts.end)}; its files are kept. An admin can prolong it.",
    )


RULES: tuple[Callable[[Facts, datetime], Denied | None], ...] = (
    person_blocked,
    not_a_member,
    project_closed,
    project_suspended,
    project_not_started,
    project_ended,
)


def _because(facts: Facts) -> str:
    return f" The reason given: {facts.state_reason}" if facts.state_reason else ""


def _words(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"

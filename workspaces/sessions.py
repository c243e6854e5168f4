"""Workspace sessions: from when to when each workspace ran, with which data, and how it ended. Desk only.

The guard tells what happened; every event is in the audit log too. At most one session of a person in a project is
open. What the person is shown the next time (`Notice`) is how the newest one ended, or that its memory limit was
reached while it ran. An operator's order to stop rides on the open session and ends with it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, insert, select, update
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.database import UtcDateTime, metadata
from enclave.names import PersonName, ProjectSlug

Pair = tuple[PersonName, ProjectSlug]
UNSEEN_AFTER = timedelta(seconds=30)  # a start is told by the guard long before
UNSEEN = ("unseen", "The workspace was no longer there when the guard looked. Your files are kept.")

workspace_sessions = Table(
    "workspace_sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", String(30), nullable=False),
    Column("project", String(30), nullable=False),
    Column("image", String(80), nullable=False),
    Column("datasets", JSON, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("stopped", UtcDateTime, nullable=True),
    Column("noticed", UtcDateTime, nullable=True),
    Column("code", String(40), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("exit_code", Integer, nullable=True),
    Column("out_of_memory", Boolean, nullable=False),
    Column("stop_order", String(500), nullable=False),
    Index("ix_workspace_sessions_pair", "person", "project", "started"),
)
_columns = workspace_sessions.c


class WorkspaceEvent(StrEnum):
    STARTED = "workspace.started"
    STOPPED = "workspace.stopped"
    MEMORY = "workspace.memory-reached"
    STOP_ORDERED = "workspace.stop-ordered"


@dataclass(frozen=True)
class Happening:
    """What the guard tells: `event` is started, stopped or memory; datasets are written `name@version`."""

    person: PersonName
    project: ProjectSlug
    event: WorkspaceEvent
    time: datetime
    code: str
    reason: str
    image: str
    datasets: tuple[str, ...]
    exit_code: int | None
    out_of_memory: bool


@dataclass(frozen=True)
class Session:
    """One row; `stopped` is None while it runs."""

    id: int
    person: PersonName
    project: ProjectSlug
    image: str
    datasets: tuple[str, ...]
    started: datetime
    stopped: datetime | None
    noticed: datetime | None
    code: str
    reason: str
    exit_code: int | None
    out_of_memory: bool
    stop_order: str


@dataclass(frozen=True)
class Notice:
    """What the person should know of their last session: when, a code for programs, a sentence."""

    time: datetime
    code: str
    reason: str


def record(connection: Connection, happened: Happening) -> None:
    """Write down what the guard tells. An end without a known start is a session of no length."""
    running = open_session(connection, happened.person, happened.project)
    match happened.event:
        case WorkspaceEvent.STARTED:
            if running:
                _close(connection, running, happened.time, *UNSEEN)
            _insert(connection, happened, None)
        case WorkspaceEvent.STOPPED if running:
            ended = {"exit_code": happened.exit_code, "out_of_memory": happened.out_of_memory}
            _close(connection, running, happened.time, happened.code, happened.reason, **ended)
        case WorkspaceEvent.STOPPED:
            _insert(connection, happened, happened.time)
        case _ if running:
            noticed = {"noticed": happened.time, "code": happened.code, "reason": happened.reason}
            _change(connection, running, **noticed)
    details = {
        "datasets": list(happened.datasets),
        "image": happened.image,
        "code": happened.code,
        "exit_code": happened.exit_code,
        "out_of_memory": happened.out_of_memory,
    }
    audit.record(connection, "system:guard", happened.event, _subject(happened.person, happened.project), details)


def order_stop(connection: Connection, actor: str, person: PersonName, project: ProjectSlug, reason: str) -> bool:
    """Have a running workspace stopped at the guard's next look; False if it does not run. Idempotent."""
    running = open_session(connection, person, project)
    if running is None:
        return False
    if running.stop_order != reason:
        _change(connection, running, stop_order=reason)
        subject = _subject(person, project)
        audit.record(connection, actor, WorkspaceEvent.STOP_ORDERED, subject, {"reason": reason})
    return True


def open_session(connection: Connection, person: PersonName, project: ProjectSlug) -> Session | None:
    """The session that runs now, if one does."""
    found = [one for one in open_sessions(connection) if (one.person, one.project) == (person, project)]
    return found[0] if found else None


def open_sessions(connection: Connection) -> list[Session]:
    """All that run now, by project and person."""
    query = select(workspace_sessions).where(_columns.stopped.is_(None)).order_by(_columns.project, _columns.person)
    return [_session(row) for row in connection.execute(query)]


def newest(connection: Connection, person: PersonName | None = None, limit: int = 200) -> list[Session]:
    """The newest sessions first, running or not, of one person or of all."""
    query = select(workspace_sessions).order_by(_columns.started.desc(), _columns.id.desc()).limit(limit)
    if person is not None:
        query = query.where(_columns.person == person)
    return [_session(row) for row in connection.execute(query)]


def notice(connection: Connection, person: PersonName, project: ProjectSlug) -> Notice | None:
    """How the newest session ended, or what was noticed in the running one; None if there is nothing to say."""
    query = (
        select(workspace_sessions)
        .where(_columns.person == person, _columns.project == project)
        .order_by(_columns.started.desc(), _columns.id.desc())
    )
    row = connection.execute(query.limit(1)).one_or_none()
    time = row and (row.stopped or row.noticed)
    return Notice(time, row.code, row.reason) if row and time else None


def unseen(connection: Connection, seen: Collection[Pair], now: datetime) -> list[Session]:
    """Sessions that are open although the guard sees no such workspace: their end was never told."""
    return [
        one
        for one in open_sessions(connection)
        if (one.person, one.project) not in seen and now - one.started > UNSEEN_AFTER
    ]


def close_unseen(connection: Connection, seen: Collection[Pair], now: datetime) -> None:
    """Close what `unseen` finds, with its audit events."""
    for one in unseen(connection, seen, now):
        _close(connection, one, now, *UNSEEN)
        subject = _subject(one.person, one.project)
        audit.record(connection, "system:desk", WorkspaceEvent.STOPPED, subject, {"code": UNSEEN[0]})


def _insert(connection: Connection, happened: Happening, stopped: datetime | None) -> None:
    connection.execute(
        insert(workspace_sessions).values(
            person=happened.person,
            project=happened.project,
            image=happened.image,
            datasets=list(happened.datasets),
            started=happened.time,
            stopped=stopped,
            noticed=None,
            code=happened.code,
            reason=happened.reason,
            exit_code=happened.exit_code,
            out_of_memory=happened.out_of_memory,
            stop_order="",
        )
    )


def _close(connection: Connection, one: Session, time: datetime, code: str, reason: str, **ended: Any) -> None:
    _change(connection, one, stopped=time, code=code, reason=reason, **ended)


def _change(connection: Connection, one: Session, **values: Any) -> None:
    connection.execute(update(workspace_sessions).where(_columns.id == one.id).values(**values))


def _session(row: Any) -> Session:
    values: dict[str, Any] = dict(row._mapping)
    datasets: Sequence[str] = values.pop("datasets")
    return Session(datasets=tuple(datasets), **values)


def _subject(person: PersonName, project: ProjectSlug) -> str:
    return f"workspace:{person}/{project}"

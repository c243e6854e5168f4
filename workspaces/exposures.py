"""What each person was shown of each project, as the gate tells it, and the raises of their budgets. Desk only.

An exposure is the newest report and replaces the one before; that a limit was reached, a file was brought in or a
policy violated is an audit event. Raises are kept for ever; at most one of a person in a project is in force.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, insert, select, update
from sqlalchemy.engine import Connection

from data_mounts.answers import is_member
from enclave import audit
from enclave.database import UtcDateTime, metadata
from enclave.errors import Refused
from enclave.names import PersonName, ProjectSlug
from workspaces.budget import Asked, Exposure, ExposureEvent, Level, Raise, Shown

exposures = Table(
    "exposures",
    metadata,
    Column("person", String(30), primary_key=True),
    Column("project", String(30), primary_key=True),
    Column("window_bytes", BigInteger, nullable=False),
    Column("total_bytes", BigInteger, nullable=False),
    Column("level", String(8), nullable=False),
    Column("told", UtcDateTime, nullable=False),
)
budget_raises = Table(
    "budget_raises",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", String(30), nullable=False),
    Column("project", String(30), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("reason", String(300), nullable=False),
    Column("by", String(80), nullable=False),
    Column("time", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime, nullable=True),
    Column("ended_by", String(80), nullable=False),
    Index("ix_budget_raises_pair", "person", "project", "time"),
)
_raised = budget_raises.c


@dataclass(frozen=True)
class Noticed:
    """One thing that the gate noticed in a workspace; `details` are plain JSON, parsed in `reports`."""

    person: PersonName
    project: ProjectSlug
    event: ExposureEvent
    time: datetime
    details: Mapping[str, Any] = field(default_factory=dict)


def tell(connection: Connection, reports: Sequence[Shown], told: datetime) -> None:
    """Keep what the gate counted; a later report of the same workspace replaces it."""
    for one in reports:
        values = {
            "window_bytes": one.window_bytes,
            "total_bytes": one.total_bytes,
            "level": one.level,
            "told": told,
        }
        mine = exposures.c.person == one.person, exposures.c.project == one.project
        if connection.execute(update(exposures).where(*mine).values(**values)).rowcount == 0:
            connection.execute(insert(exposures).values(person=one.person, project=one.project, **values))


def all_exposures(connection: Connection) -> list[Exposure]:
    """What was told last of every workspace, by project and person."""
    query = select(exposures).order_by(exposures.c.project, exposures.c.person)
    return [_exposure(row) for row in connection.execute(query)]


def exposure(connection: Connection, person: PersonName, project: ProjectSlug) -> Exposure | None:
    """What was told last of this workspace; None if nothing was."""
    query = select(exposures).where(exposures.c.person == person, exposures.c.project == project)
    row = connection.execute(query).one_or_none()
    return None if row is None else _exposure(row)


def record(connection: Connection, noticed: Sequence[Noticed]) -> None:
    """One audit event for each; the log's own time is ours, `at` is the gate's."""
    for one in noticed:
        details = {**one.details, "at": one.time.isoformat(timespec="seconds")}
        audit.record(connection, "system:gate", one.event, subject(one.person, one.project), details)


def raise_budget(
    connection: Connection,
    actor: str,
    person: PersonName,
    project: ProjectSlug,
    wanted: Asked,
    now: datetime,
    seen: int | None = None,
) -> Raise:
    """Put this raise in force, in the place of one that is; said twice it is one. The caller has asked who may.

    `seen` is the number of the raise that a page showed as in force, 0 for none; `Refused` when another is by now.
    """
    if not is_member(connection, person, project):
        raise Refused(f"{person} is not a member of a project called {project}: there is no budget to raise.")
    before = raise_in_force(connection, person, project, now)
    if before and wanted.same(before):
        return before
    _refuse_stale(before, seen, person)
    if before:
        _end(connection, actor, before, now)
    connection.execute(
        insert(budget_raises).values(
            person=person,
            project=project,
            bytes=wanted.bytes,
            until=wanted.until,
            reason=wanted.reason,
            by=actor,
            time=now,
            ended=None,
            ended_by="",
        )
    )
    details = {"bytes": wanted.bytes, "until": wanted.until.isoformat(), "reason": wanted.reason}
    audit.record(connection, actor, ExposureEvent.BUDGET_RAISED, subject(person, project), details)
    return raises(connection, person, project, limit=1)[0]


def end_raise(
    connection: Connection,
    actor: str,
    person: PersonName,
    project: ProjectSlug,
    now: datetime,
    seen: int | None = None,
) -> bool:
    """End the raise that is in force; False if none is. Idempotent."""
    before = raise_in_force(connection, person, project, now)
    if before is None:
        return False
    _refuse_stale(before, seen, person)
    _end(connection, actor, before, now)
    return True


def raise_in_force(connection: Connection, person: PersonName, project: ProjectSlug, now: datetime) -> Raise | None:
    """The raise that is added to this person's limits now."""
    live = [one for one in raises(connection, person, project, limit=1) if one.live(now)]
    return live[0] if live else None


def raises_in_force(connection: Connection, now: datetime) -> list[Raise]:
    """Every raise that is in force."""
    query = select(budget_raises).where(_raised.ended.is_(None), _raised.until > now).order_by(_raised.id)
    return [Raise(**row._mapping) for row in connection.execute(query)]


def raises(connection: Connection, person: PersonName, project: ProjectSlug, limit: int = 50) -> list[Raise]:
    """The newest raises first, those of the past too."""
    mine = _raised.person == person, _raised.project == project
    query = select(budget_raises).where(*mine).order_by(_raised.id.desc()).limit(limit)
    return [Raise(**row._mapping) for row in connection.execute(query)]


def subject(person: PersonName, project: ProjectSlug) -> str:
    """What an audit event about a workspace is about."""
    return f"workspace:{person}/{project}"


def _end(connection: Connection, actor: str, one: Raise, now: datetime) -> None:
    connection.execute(update(budget_raises).where(_raised.id == one.id).values(ended=now, ended_by=actor))
    details = {"bytes": one.bytes, "until": one.until.isoformat()}
    audit.record(connection, actor, ExposureEvent.RAISE_ENDED, subject(one.person, one.project), details)


def _refuse_stale(before: Raise | None, seen: int | None, person: PersonName) -> None:
    if seen is not None and seen != (before.id if before else 0):
        raise Refused(f"The budget of {person} was changed meanwhile. Look at it again, then decide.")


def _exposure(row: Any) -> Exposure:
    return Exposure(**{**row._mapping, "level": Level(row.level)})

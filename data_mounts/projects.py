"""Projects: what may be analysed, why, by whose authorisation, from when until when.

A project is active, suspended (reversible: running workspaces stop, files stay) or closed (final). Each change
counts its `edition` up; a caller who decided on what a page showed hands in the edition that it showed, and is
refused when somebody else has changed the project since.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from data_mounts import tables
from data_mounts.access import Limits, Policy, ProjectState
from data_mounts.changes import IDLE_STOP_MINUTES, Changes, agreeing, checked, missing
from data_mounts.events import Event
from data_mounts.inputs import reason
from data_mounts.numbers import next_gid
from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput, NotFound, Refused
from enclave.names import ProjectSlug, project_slug


@dataclass(frozen=True)
class Project:
    """One project; `start` and `end` in UTC, `idle_stop_minutes` after which an idle workspace is stopped."""

    id: int
    slug: ProjectSlug
    title: str
    purpose: str
    authorisation: str
    start: datetime
    end: datetime
    state: ProjectState
    state_reason: str
    limits: Limits
    policy: Policy
    idle_stop_minutes: int
    gid: int
    edition: int


def create(
    connection: Connection,
    actor: str,
    slug: str,
    given: Changes,
) -> Project:
    """Open a project; raise `BadInput`, or `Refused` when the slug is taken (a closed project keeps its slug)."""
    name = project_slug(slug)
    if find_row(connection, name) is not None:
        raise Refused(f"There is already a project called {name}; a project's name is never used again.")
    if lacks := missing(given):
        raise BadInput(f"A project needs its {' and '.join(lacks)}.")
    defaults = asdict(Limits()) | asdict(Policy()) | {"idle_stop_minutes": IDLE_STOP_MINUTES}
    values = agreeing(defaults | checked(given))
    connection.execute(
        insert(tables.projects).values(
            slug=name,
            state=ProjectState.ACTIVE,
            state_reason="",
            gid=next_gid(connection),
            created=now(),
            edition=1,
            **values,
        )
    )
    audit.record(connection, actor, Event.PROJECT_CREATED, f"project:{name}", _plain(values))
    return project(connection, name)


def change(connection: Connection, actor: str, slug: str, given: Changes, edition: int | None = None) -> Project:
    """Change what is given; idempotent. Raise `NotFound`, `BadInput`, or `Refused` for a closed project."""
    before = project(connection, slug)
    _refuse_closed(before)
    was = asdict(before) | asdict(before.limits) | asdict(before.policy)
    values = {key: value for key, value in checked(given).items() if value != was[key]}
    agreeing(was | values)
    if values:
        _update(connection, before, edition, values)
        old = _plain({key: was[key] for key in values})
        audit.record(
            connection,
            actor,
            Event.PROJECT_CHANGED,
            f"project:{before.slug}",
            {"to": _plain(values), "from": old},
        )
    return project(connection, slug)


def suspend(connection: Connection, actor: str, slug: str, why: str, edition: int | None = None) -> Project:
    """Stop all work in a project until it is resumed; idempotent."""
    return _turn(connection, actor, slug, ProjectState.SUSPENDED, Event.PROJECT_SUSPENDED, why, edition)


def resume(connection: Connection, actor: str, slug: str, why: str, edition: int | None = None) -> Project:
    """Let a suspended project work again; idempotent. Nothing else of it has changed."""
    return _turn(connection, actor, slug, ProjectState.ACTIVE, Event.PROJECT_RESUMED, why, edition)


def close(connection: Connection, actor: str, slug: str, why: str, edition: int | None = None) -> Project:
    """End a project for good; idempotent. Its files and its record stay."""
    return _turn(connection, actor, slug, ProjectState.CLOSED, Event.PROJECT_CLOSED, why, edition)


def project(connection: Connection, slug: str) -> Project:
    """The project called so; raise `NotFound`."""
    row = find_row(connection, slug)
    if row is None:
        raise NotFound(f"There is no project called {slug[:60]!r}.")
    return _project(row)


def all_projects(connection: Connection) -> list[Project]:
    """Every project by slug, closed ones too."""
    return [_project(row) for row in connection.execute(select(tables.projects).order_by(tables.projects.c.slug))]


def _turn(
    connection: Connection,
    actor: str,
    slug: str,
    state: ProjectState,
    event: Event,
    why: str,
    edition: int | None,
) -> Project:
    given = reason(why)
    before = project(connection, slug)
    if before.state is state:
        return before
    _refuse_closed(before)
    kept = "" if state is ProjectState.ACTIVE else given
    _update(connection, before, edition, {"state": state, "state_reason": kept})
    audit.record(connection, actor, event, f"project:{before.slug}", {"reason": given})
    return project(connection, slug)


def _update(connection: Connection, before: Project, edition: int | None, values: Mapping[str, Any]) -> None:
    """Compare and set on the edition, so that of two who decided on the same page one is told."""
    seen = before.edition if edition is None else edition
    done = connection.execute(
        update(tables.projects)
        .where(tables.projects.c.id == before.id, tables.projects.c.edition == seen)
        .values(edition=seen + 1, **values)
    )
    if done.rowcount != 1:
        raise Refused(f"The project {before.slug} was changed meanwhile. Look at it again, then decide.")


def _refuse_closed(before: Project) -> None:
    if before.state is ProjectState.CLOSED:
        raise Refused(f"The project {before.slug} is closed, and closing is final. Open a new project.")


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as plain JSON for the audit log."""
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}


def find_row(connection: Connection, slug: str) -> Any:
    """The row of a project, or None."""
    if not slug.isprintable():  # from a URL, perhaps; PostgreSQL takes no zero byte, not even to find nothing
        return None
    return connection.execute(select(tables.projects).where(tables.projects.c.slug == slug)).one_or_none()


def _project(row: Any) -> Project:
    return Project(
        id=row.id,
        slug=ProjectSlug(row.slug),
        title=row.title,
        purpose=row.purpose,
        authorisation=row.authorisation,
        start=row.start,
        end=row.end,
        state=ProjectState(row.state),
        state_reason=row.state_reason,
        limits=Limits(row.memory_bytes, row.cpus, row.pids, row.tmp_bytes),
        policy=Policy(**{field.name: getattr(row, field.name) for field in fields(Policy)}),
        idle_stop_minutes=row.idle_stop_minutes,
        gid=row.gid,
        edition=row.edition,
    )

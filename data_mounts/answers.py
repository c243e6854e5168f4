"""The questions that other rooms ask: who may open what, who is a member, what is this project.

Everything that a caller may rely on is here and in `access`; the tables are this room's own.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from data_mounts import tables
from data_mounts.access import (
    NOBODY,
    Access,
    Denied,
    Facts,
    GrantFacts,
    ProjectState,
    decide,
    no_such_project,
)
from data_mounts.grants import GrantState
from data_mounts.numbers import allocate_uid
from data_mounts.projects import find_row, project
from enclave.clock import now as clock_now
from enclave.names import DatasetName, DatasetVersion, PersonName, ProjectSlug
from enclave.people import find_person, people
from enclave.settings import Settings


@dataclass(frozen=True)
class ProjectCard:
    """What others need to know of a project. `datasets`: (name, version, title) of those granted now."""

    slug: ProjectSlug
    title: str
    purpose: str
    lead: str
    start: datetime
    end: datetime
    state: ProjectState
    datasets: tuple[tuple[str, str, str], ...]


def access_for(
    connection: Connection, person_name: str, project_slug: str, settings: Settings, now: datetime
) -> Access | Denied:
    """May this person open this project now? The first yes gives the workspace its uid.

    Call it in a write transaction (`desk.write`); `look` is the same question without the uid, read-only.
    """
    answer = look(connection, person_name, project_slug, settings, now)
    if isinstance(answer, Access) and answer.uid == NOBODY:
        return replace(answer, uid=allocate_uid(connection, answer.person, answer.project))
    return answer


def look(
    connection: Connection, person_name: str, project_slug: str, settings: Settings, now: datetime
) -> Access | Denied:
    """The answer of `access_for`, read-only; `uid` is `NOBODY` as long as the workspace has never been opened."""
    facts = _facts(connection, person_name, project_slug, settings)
    return no_such_project(project_slug) if facts is None else decide(facts, now)


def is_member(connection: Connection, person_name: str, slug: str) -> bool:
    """Whether this person is a member of this project now, blocked or not, whatever the project's state."""
    return person_name in members_of(connection, slug)


def members_of(connection: Connection, slug: str) -> list[PersonName]:
    """The names of the members now, sorted; invited people who have not logged in yet have no name."""
    row = find_row(connection, slug)
    if row is None:
        return []
    query = _present().where(tables.projects.c.id == row.id).order_by(people.c.name)
    return [PersonName(row.name) for row in connection.execute(query)]


def belongings(connection: Connection, names: Collection[str]) -> set[tuple[ProjectSlug, PersonName]]:
    """The present memberships of these people, as (project, person)."""
    found = connection.execute(_present().where(people.c.name.in_(names)))
    return {(ProjectSlug(row.slug), PersonName(row.name)) for row in found}


def projects_of(connection: Connection, person_name: str) -> list[ProjectCard]:
    """The projects that this person is a member of, by title, whatever their state."""
    query = _present().where(people.c.name == person_name).order_by(tables.projects.c.title)
    return [project_card(connection, row.slug) for row in connection.execute(query)]


def project_card(connection: Connection, slug: str, now: datetime | None = None) -> ProjectCard:
    """One project with the datasets that are granted to it at `now`; raise `NotFound`."""
    found = project(connection, slug)
    moment = now or clock_now()
    live = _granted(found.id).where(tables.grants.c.start <= moment, tables.grants.c.end > moment)
    datasets = tuple((grant.name, grant.version, grant.title) for grant in connection.execute(live))
    return ProjectCard(
        found.slug,
        found.title,
        found.purpose,
        _lead(connection, found.id),
        found.start,
        found.end,
        found.state,
        datasets,
    )


def data_of(connection: Connection, slug: str, now: datetime) -> tuple[tuple[DatasetName, DatasetVersion], ...]:
    """The datasets (name, version) that this project may be shown now, by name; none of a project that is not in
    force. Raise `NotFound`."""
    found = project(connection, slug)
    if found.state is not ProjectState.ACTIVE or not found.start <= now < found.end:
        return ()
    live = _granted(found.id).where(tables.grants.c.start <= now, tables.grants.c.end > now)
    return tuple((DatasetName(row.name), DatasetVersion(row.version)) for row in connection.execute(live))


def _facts(connection: Connection, person_name: str, slug: str, settings: Settings) -> Facts | None:
    person, row = find_person(connection, person_name), find_row(connection, slug)
    if person is None or row is None:
        return None
    home = project(connection, slug)
    numbers = tables.workspace_uids.c
    uid = connection.execute(
        select(numbers.uid).where(numbers.person_id == person.id, numbers.project_id == home.id)
    ).scalar_one_or_none()
    return Facts(
        person=person.name,
        project=home.slug,
        blocked=person.blocked,
        member=is_member(connection, person.name, slug),
        state=home.state,
        state_reason=home.state_reason,
        start=home.start,
        end=home.end,
        uid=NOBODY if uid is None else uid,
        gid=home.gid,
        limits=home.limits,
        idle_stop_minutes=home.idle_stop_minutes,
        grants=tuple(
            GrantFacts(DatasetName(grant.name), DatasetVersion(grant.version), grant.start, grant.end)
            for grant in connection.execute(_granted(home.id))
        ),
        datasets_folder=settings.layout.datasets,
        policy=home.policy,
    )


def _present() -> Select[Any]:
    """(slug, name) of memberships that have not ended."""
    joined = tables.members.join(tables.projects).join(people)
    columns = (tables.projects.c.slug, people.c.name)
    return select(*columns).select_from(joined).where(tables.members.c.removed.is_(None))


def _granted(project_id: int) -> Select[Any]:
    """The approved grants of one project with their datasets, past and future ones too."""
    grants, datasets = tables.grants.c, tables.datasets.c
    return (
        select(datasets.name, datasets.version, datasets.title, grants.start, grants.end)
        .select_from(tables.grants.join(tables.datasets))
        .where(grants.project_id == project_id, grants.state == GrantState.APPROVED)
        .order_by(datasets.name, grants.start)
    )


def _lead(connection: Connection, project_id: int) -> str:
    """The lead's display name, the invited e-mail address before the first login, or nothing."""
    members = tables.members.c
    row = connection.execute(
        select(people.c.display_name, members.email)
        .select_from(tables.members.outerjoin(people))
        .where(members.project_id == project_id, members.role == "lead", members.removed.is_(None))
    ).first()
    return "" if row is None else row.display_name or row.email

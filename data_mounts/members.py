"""Members: who belongs to a project. A membership that ended stays as history.

Somebody who has never logged in is invited by e-mail address and bound at the first login whose *verified* address
is the same; from then on the membership is the person's, whatever happens to the address. A project has at most
one lead, who is a member by construction.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, select, update
from sqlalchemy.engine import Connection

from data_mounts import tables
from data_mounts.access import ProjectState
from data_mounts.events import Event
from data_mounts.inputs import email as email_address
from data_mounts.projects import Project, project
from enclave import audit
from enclave.clock import now
from enclave.errors import NotFound, Refused
from enclave.names import PersonName
from enclave.people import Person, people, person_named


class MemberRole(StrEnum):
    LEAD = "lead"
    MEMBER = "member"


@dataclass(frozen=True)
class Member:
    """One membership. `name` is empty until an invitation is bound; `removed` is None while it lasts."""

    id: int
    project: str
    name: PersonName | None
    display_name: str
    email: str
    role: MemberRole
    blocked: bool
    added: datetime
    added_by: str
    removed: datetime | None
    removed_by: str

    @property
    def who(self) -> str:
        """The person's name, or the invited address."""
        return self.name or self.email


def ensure_member(
    connection: Connection, actor: str, slug: str, name: str, role: MemberRole | None = None
) -> Member:
    """Make a person a member; idempotent. A role that is given is theirs; none leaves it as it is.

    Raise `NotFound` or `Refused`.
    """
    home = _open_project(connection, slug)
    return _ensure_person(connection, actor, home, person_named(connection, name), role)


def ensure_invited(
    connection: Connection, actor: str, slug: str, address: str, role: MemberRole | None = None
) -> Member:
    """Make whoever has this verified e-mail address a member, now or at the first login; idempotent."""
    home = _open_project(connection, slug)
    email = email_address(address)
    known = connection.execute(select(people.c.name).where(people.c.email == email)).scalars().all()
    if len(known) > 1:
        raise Refused(f"{email} is the address of {' and '.join(sorted(known))}. Name the person instead.")
    if known:
        return _ensure_person(connection, actor, home, person_named(connection, known[0]), role)
    waiting = and_(tables.members.c.email == email, tables.members.c.person_id.is_(None))
    return _ensure(connection, actor, home, waiting, {"email": email, "person_id": None, "bound": None}, role)


def bind_invitations(connection: Connection, person: Person) -> list[str]:
    """At a login: hand the invitations for the person's verified address over; return the projects' slugs."""
    if not person.email:
        return []
    invited = _members(connection, tables.members.c.email == person.email, tables.members.c.person_id.is_(None))
    bound = []
    for member in invited:
        home = project(connection, member.project)
        if _present(connection, home, tables.members.c.person_id == person.id) is None:
            connection.execute(
                update(tables.members)
                .where(tables.members.c.id == member.id)
                .values(person_id=person.id, bound=now())
            )
            audit.record(connection, person.name, Event.MEMBER_BOUND, _subject(home), {"email": person.email})
            bound.append(member.project)
        else:
            _remove(connection, "system:desk", home, member)
    return bound


def ensure_removed(connection: Connection, actor: str, slug: str, who: str) -> None:
    """End the membership of a person (by name) or an invitation (by address); idempotent for those who once were.

    Raise `NotFound` for somebody who never was a member: a typing error must not look like a removal.
    """
    home = project(connection, slug)
    about = _is(who)
    ours = tables.members.c.project_id == home.id
    for member in _members(connection, ours, about):
        _remove(connection, actor, home, member)
    if not _members(connection, ours, about, present=False):
        raise NotFound(f"{who[:80]!r} is not and never was a member of {home.slug}.")


def members(connection: Connection, slug: str, history: bool = False) -> list[Member]:
    """The members of a project, the lead first; with `history` those of the past too. Raise `NotFound`."""
    home = project(connection, slug)
    found = _members(connection, tables.members.c.project_id == home.id, present=not history)
    return sorted(found, key=lambda m: (m.removed is not None, m.role is not MemberRole.LEAD, m.who))


def _open_project(connection: Connection, slug: str) -> Project:
    home = project(connection, slug)
    if home.state is ProjectState.CLOSED:
        raise Refused(f"The project {home.slug} is closed: nobody can be added to it.")
    return home


def _ensure_person(
    connection: Connection, actor: str, home: Project, person: Person, role: MemberRole | None
) -> Member:
    values = {"email": person.email, "person_id": person.id, "bound": now()}
    return _ensure(connection, actor, home, tables.members.c.person_id == person.id, values, role)


def _ensure(
    connection: Connection,
    actor: str,
    home: Project,
    about: ColumnElement[bool],
    values: dict[str, Any],
    role: MemberRole | None,
) -> Member:
    existing = _present(connection, home, about)
    if existing is None:
        row = {"project_id": home.id, "role": MemberRole.MEMBER, "added": now(), "added_by": actor} | values
        connection.execute(insert(tables.members).values(removed=None, removed_by="", **row))
        existing = _found(connection, home, about)
        audit.record(connection, actor, Event.MEMBER_ADDED, _subject(home), {"who": existing.who})
    if role is not None and existing.role is not role:
        _set_role(connection, actor, home, existing, role)
    return _found(connection, home, about)


def _set_role(connection: Connection, actor: str, home: Project, member: Member, role: MemberRole) -> None:
    """Give a role; a new lead makes the former one an ordinary member."""
    if role is MemberRole.LEAD:
        former = _present(connection, home, tables.members.c.role == MemberRole.LEAD)
        if former is not None:
            _set_role(connection, actor, home, former, MemberRole.MEMBER)
    connection.execute(update(tables.members).where(tables.members.c.id == member.id).values(role=role))
    audit.record(connection, actor, Event.MEMBER_ROLE, _subject(home), {"who": member.who, "role": role})


def _remove(connection: Connection, actor: str, home: Project, member: Member) -> None:
    connection.execute(
        update(tables.members).where(tables.members.c.id == member.id).values(removed=now(), removed_by=actor)
    )
    audit.record(connection, actor, Event.MEMBER_REMOVED, _subject(home), {"who": member.who})


def _is(who: str) -> ColumnElement[bool]:
    """The condition for a person's name or, if it has an at sign, for the address they were added by."""
    return tables.members.c.email == who.strip().lower() if "@" in who else people.c.name == who


def _subject(home: Project) -> str:
    return f"project:{home.slug}"


def _present(connection: Connection, home: Project, about: ColumnElement[bool]) -> Member | None:
    found = _members(connection, tables.members.c.project_id == home.id, about)
    return found[0] if found else None


def _found(connection: Connection, home: Project, about: ColumnElement[bool]) -> Member:
    (member,) = _members(connection, tables.members.c.project_id == home.id, about)
    return member


def _members(connection: Connection, *conditions: ColumnElement[bool], present: bool = True) -> list[Member]:
    columns = tables.members.c
    query = (
        select(tables.members, tables.projects.c.slug, people.c.name, people.c.display_name, people.c.blocked)
        .select_from(tables.members.join(tables.projects).outerjoin(people))
        .where(*conditions)
        .order_by(columns.id)
    )
    if present:
        query = query.where(columns.removed.is_(None))
    return [_member(row) for row in connection.execute(query)]


def _member(row: Any) -> Member:
    return Member(
        id=row.id,
        project=row.slug,
        name=row.name,
        display_name=row.display_name or row.email,
        email=row.email,
        role=MemberRole(row.role),
        blocked=bool(row.blocked),
        added=row.added,
        added_by=row.added_by,
        removed=row.removed,
        removed_by=row.removed_by,
    )

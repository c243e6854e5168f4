"""People and their platform roles.

A person is known by (issuer, subject) of the identity provider and carries a short unique name that is also the
JupyterHub user name and part of URLs. Names come from `preferred_username`; one that differs from another
person's only in case, or that belongs to another subject, is refused rather than guessed at. Platform roles come
from the identity provider's groups at each login; membership of projects is our own and lives in `data_mounts`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Integer, String, Table, UniqueConstraint, insert, select, update
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.clock import now
from enclave.database import UtcDateTime, metadata
from enclave.errors import BadInput, Forbidden, NotFound
from enclave.names import PersonName, person_name


class Role(StrEnum):
    """What a person may be on the whole platform; a researcher is a member of a project instead."""

    ADMIN = "admin"
    OUTPUT_CHECKER = "output-checker"
    DATA_CONTROLLER = "data-controller"
    AUDITOR = "auditor"


class PeopleEvent(StrEnum):
    FIRST_LOGIN = "person.first-login"
    CHANGED = "person.changed"
    BLOCKED = "person.blocked"
    UNBLOCKED = "person.unblocked"


people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issuer", String(255), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("name", String(30), nullable=False, unique=True),
    Column("display_name", String(80), nullable=False),
    Column("email", String(254), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("first_login", UtcDateTime, nullable=False),
    UniqueConstraint("issuer", "subject"),
)


@dataclass(frozen=True)
class Identity:
    """What the identity provider says of who logs in. `email` is empty unless the provider verified it."""

    issuer: str
    subject: str
    username: str
    display_name: str
    email: str
    roles: frozenset[Role]


@dataclass(frozen=True)
class Person:
    """Somebody who has logged in at least once."""

    id: int
    name: PersonName
    display_name: str
    email: str
    roles: frozenset[Role]
    blocked: bool

    def has(self, role: Role) -> bool:
        return role in self.roles and not self.blocked


def roles_from_groups(groups: Iterable[str], group_of: Mapping[Role, str]) -> frozenset[Role]:
    """The roles whose group is among a person's groups; an empty group name gives its role to nobody."""
    held = set(groups)
    return frozenset(role for role, group in group_of.items() if group and group in held)


def ensure_person(connection: Connection, identity: Identity) -> Person:
    """Bind a login to its person: made at the first login, brought up to date at each later one.

    Raises `BadInput` for an unusable name and `Forbidden` when the name is another person's.
    """
    row = connection.execute(
        select(people).where(people.c.issuer == identity.issuer, people.c.subject == identity.subject)
    ).one_or_none()
    shown = _plain(identity.display_name) or identity.username
    if row is None:
        return _first_login(connection, identity, shown)
    roles = sorted(identity.roles)
    changed = {"display_name": shown, "email": identity.email.lower(), "roles": roles}
    before = {key: row._mapping[key] for key in changed}
    if changed != before:
        connection.execute(update(people).where(people.c.id == row.id).values(**changed))
        details = {"roles": roles, "roles_before": before["roles"]}
        audit.record(connection, row.name, PeopleEvent.CHANGED, f"person:{row.name}", details)
    return person_named(connection, row.name)


def _first_login(connection: Connection, identity: Identity, shown: str) -> Person:
    if not identity.issuer or not identity.subject:
        raise BadInput(
            "The identity provider named no issuer or no subject; this login cannot be bound to a person."
        )
    name = person_name(identity.username.lower())
    if connection.execute(select(people.c.id).where(people.c.name == name)).first():
        raise Forbidden(
            f"The name {name} already belongs to another person of this enclave. Ask an admin: one of the two"
            " must be renamed at the identity provider."
        )
    roles = sorted(identity.roles)
    connection.execute(
        insert(people).values(
            issuer=identity.issuer,
            subject=identity.subject,
            name=name,
            display_name=shown,
            email=identity.email.lower(),
            roles=roles,
            blocked=False,
            first_login=now(),
        )
    )
    audit.record(connection, name, PeopleEvent.FIRST_LOGIN, f"person:{name}", {"roles": roles})
    return person_named(connection, name)


def _plain(text: str) -> str:
    """At most 80 printable characters: a display name is shown to others and must not carry control codes."""
    return "".join(c for c in text if c.isprintable()).strip()[:80]


def person_named(connection: Connection, name: str) -> Person:
    """The person of this name; raise `NotFound`."""
    found = find_person(connection, name)
    if found is None:
        raise NotFound(f"Nobody called {name[:60]!r} has logged in to this enclave yet.")
    return found


def find_person(connection: Connection, name: str) -> Person | None:
    if not name.isprintable():  # from a URL, perhaps; PostgreSQL takes no zero byte, not even to find nothing
        return None
    row = connection.execute(select(people).where(people.c.name == name)).one_or_none()
    return None if row is None else _person(row)


def everybody(connection: Connection) -> list[Person]:
    """All people by name."""
    return [_person(row) for row in connection.execute(select(people).order_by(people.c.name))]


def set_blocked(connection: Connection, actor: str, name: str, blocked: bool) -> Person:
    """Block or unblock a person; idempotent. A blocked person's workspaces are stopped; nothing is deleted."""
    person = person_named(connection, name)
    if person.blocked != blocked:
        connection.execute(update(people).where(people.c.id == person.id).values(blocked=blocked))
        event = PeopleEvent.BLOCKED if blocked else PeopleEvent.UNBLOCKED
        audit.record(connection, actor, event, f"person:{name}")
    return person_named(connection, name)


def _person(row: Any) -> Person:
    roles = frozenset(Role(role) for role in row.roles)
    return Person(row.id, PersonName(row.name), row.display_name, row.email, roles, row.blocked)

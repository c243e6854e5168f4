"""The demo's people and projects in an empty database, said in a line each."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.engine import Connection

from data_mounts import catalogue, decisions, members, projects
from data_mounts.catalogue import Dataset, Description
from data_mounts.changes import Changes
from data_mounts.decisions import Decider
from data_mounts.grants import Grant
from data_mounts.projects import Project
from enclave.clock import now
from enclave.database import Database, metadata
from enclave.people import Identity, Person, Role, ensure_person
from enclave.settings import Settings

OPERATOR = "operator:root"
DAY = timedelta(days=1)
YESTERDAY, TOMORROW, NEXT_YEAR = now() - DAY, now() + DAY, now() + 365 * DAY
SETTINGS = Settings.from_env({"ENCLAVE_ROOT": "/srv/enclave"})
MANIFEST = json.dumps([{"path": "wdbc.csv", "size": 3, "sha256": "a" * 64}])
GIVEN = Changes(
    title="Tumours",
    purpose="Learn what tells them apart.",
    authorisation="A-2026-1",
    start=YESTERDAY,
    end=NEXT_YEAR,
)


def login(connection: Connection, name: str, *roles: Role, email: str | None = None) -> Person:
    address = f"{name}@example.org" if email is None else email
    identity = Identity("https://idp", f"subject-{name}", name, name.title(), address, frozenset(roles))
    return ensure_person(connection, identity)


def open_project(connection: Connection, slug: str = "tumour-ml", **changes: object) -> Project:
    return projects.create(connection, OPERATOR, slug, replace(GIVEN, **changes))


def add(connection: Connection, slug: str, *names: str) -> None:
    for name in names:
        members.ensure_member(connection, OPERATOR, slug, name)


def register(connection: Connection, name: str = "wdbc", version: str = "1", controller: str = "diego") -> Dataset:
    given = Description(f"The data {name}", "Real biopsies.", "Tumour Registry", controller)
    return catalogue.register(connection, OPERATOR, name, version, given, MANIFEST)


def requested(
    connection: Connection,
    slug: str = "tumour-ml",
    name: str = "wdbc",
    version: str = "1",
    start: datetime = YESTERDAY,
    end: datetime = TOMORROW,
) -> Grant:
    return decisions.request(connection, OPERATOR, slug, (name, version), (start, end), "needed for training")


def granted(
    connection: Connection, slug: str = "tumour-ml", name: str = "wdbc", version: str = "1", **period: datetime
) -> Grant:
    asked = requested(connection, slug, name, version, **period)
    return decisions.approve(connection, Decider(asked.controller), asked.id, "agreed by the board")


def tumour_ml(connection: Connection) -> None:
    """alice and bob in `tumour-ml`, which is granted wdbc@1 by diego."""
    for name in ("alice", "bob"):
        login(connection, name)
    login(connection, "diego", Role.DATA_CONTROLLER)
    open_project(connection)
    add(connection, "tumour-ml", "alice", "bob")
    register(connection)
    granted(connection)


def dump(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table: what "nothing was changed" is measured by."""
    with database.read() as connection:
        return {
            table.name: sorted(tuple(map(repr, row)) for row in connection.execute(select(table)))
            for table in metadata.sorted_tables
        }

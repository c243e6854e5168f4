"""Grants: this project may see this dataset version from then until then, because.

    requested -> approved -> revoked
    requested -> refused

Nothing else moves, and nothing disappears. The moves are in `decisions`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection

from data_mounts import tables
from enclave.errors import NotFound


class GrantState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Grant:
    """One grant with the names of what it joins. Empty strings and None stand for what has not happened."""

    id: int
    project: str
    project_title: str
    dataset: str
    version: str
    dataset_title: str
    controller: str
    start: datetime
    end: datetime
    reason: str
    requested_by: str
    requested: datetime
    state: GrantState
    decided_by: str
    on_behalf_of: str
    decided: datetime | None
    decision_reason: str
    revoked_by: str
    revoked: datetime | None
    revocation_reason: str
    edition: int

    def live(self, moment: datetime) -> bool:
        return self.state is GrantState.APPROVED and self.start <= moment < self.end


def grant(connection: Connection, number: int) -> Grant:
    """One grant; raise `NotFound`."""
    found = select_grants(connection, tables.grants.c.id == number) if 0 < number < 2**31 else []
    if not found:
        raise NotFound(f"There is no grant {number}.")
    return found[0]


def grants(connection: Connection, slug: str | None = None, controller: str | None = None) -> list[Grant]:
    """The grants of one project, or on one controller's datasets, or all; the newest first."""
    conditions = []
    if slug is not None:
        conditions.append(tables.projects.c.slug == slug)
    if controller is not None:
        conditions.append(tables.datasets.c.controller == controller)
    return select_grants(connection, *conditions)


def select_grants(connection: Connection, *conditions: ColumnElement[bool]) -> list[Grant]:
    """The grants that meet these conditions on `tables.grants`, `projects` and `datasets`, the newest first."""
    query = (
        select(
            *(c for c in tables.grants.c if c.name not in ("project_id", "dataset_id", "state")),
            tables.grants.c.state.label("state_name"),
            tables.projects.c.slug.label("project"),
            tables.projects.c.title.label("project_title"),
            tables.datasets.c.name.label("dataset"),
            tables.datasets.c.version,
            tables.datasets.c.title.label("dataset_title"),
            tables.datasets.c.controller,
        )
        .select_from(tables.grants.join(tables.projects).join(tables.datasets))
        .where(*conditions)
        .order_by(tables.grants.c.id.desc())
    )
    return [_grant(dict(row._mapping)) for row in connection.execute(query)]


def _grant(values: dict[str, Any]) -> Grant:
    return Grant(state=GrantState(values.pop("state_name")), **values)

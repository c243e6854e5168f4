"""Who decides on grants, and what each decision needs.

The dataset's named controller decides; an operator may write the controller's decision down ("on behalf of", with a
reason that says where the decision is found). Being an admin gives no say. Taking a grant back only narrows, so an
operator may do that alone: whoever runs the host can stop everything anyway, and here it is at least recorded.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.engine import Connection

from data_mounts import tables
from data_mounts.access import ProjectState
from data_mounts.catalogue import dataset
from data_mounts.events import Event
from data_mounts.grants import Grant, GrantState, grant, select_grants
from data_mounts.inputs import reason
from data_mounts.projects import project
from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput, Forbidden, Refused
from enclave.people import Person, Role


@dataclass(frozen=True)
class Decider:
    """Who decides on a grant. `on_behalf_of` is the controller for whom an operator writes a decision down."""

    actor: str
    operator: bool = False
    on_behalf_of: str = ""


def controller(person: Person) -> Decider:
    """A data controller who has logged in; raise `Forbidden` for anybody else."""
    if not person.has(Role.DATA_CONTROLLER):
        raise Forbidden("Grants are decided by data controllers.")
    return Decider(person.name)


def request(
    connection: Connection,
    actor: str,
    slug: str,
    wanted: tuple[str, str],
    period: tuple[datetime, datetime],
    why: str,
) -> Grant:
    """Ask the controller for a grant of `wanted` (dataset, version); raise `NotFound`, `BadInput` or `Refused`."""
    given = reason(why)
    home, data = project(connection, slug), dataset(connection, *wanted)
    start, end = period
    if start >= end or end <= now():
        raise BadInput(f"The grant would end ({end:%Y-%m-%d %H:%M} UTC) before it starts, or in the past.")
    if home.state is ProjectState.CLOSED:
        raise Refused(f"The project {home.slug} is closed: it is granted nothing more.")
    same = [tables.grants.c.project_id == home.id, tables.grants.c.dataset_id == data.id]
    waiting = select_grants(connection, *same, tables.grants.c.state == GrantState.REQUESTED)
    if waiting:
        raise Refused(
            f"Grant {waiting[0].id}, of {data} to {home.slug}, already waits for {data.controller}'s decision."
        )
    inserted = connection.execute(
        insert(tables.grants)
        .values(
            project_id=home.id,
            dataset_id=data.id,
            start=start,
            end=end,
            reason=given,
            requested_by=actor,
            requested=now(),
            state=GrantState.REQUESTED,
            decided_by="",
            on_behalf_of="",
            decision_reason="",
            revoked_by="",
            revocation_reason="",
            edition=1,
        )
        .returning(tables.grants.c.id)
    )
    made = grant(connection, inserted.scalar_one())
    _record(connection, actor, Event.GRANT_REQUESTED, made, given)
    return made


def approve(connection: Connection, by: Decider, number: int, why: str, edition: int | None = None) -> Grant:
    """Let the project see the data; idempotent. Raise `NotFound`, `Forbidden` or `Refused`."""
    before = _decidable(connection, by, number, GrantState.APPROVED)
    if before.state is GrantState.APPROVED:
        return before
    if project(connection, before.project).state is ProjectState.CLOSED:
        raise Refused(f"The project {before.project} is closed: it is granted nothing more.")
    if before.end <= now():
        raise Refused(f"Grant {number} would have ended on {before.end:%Y-%m-%d}. Request a new one.")
    for other in _of_project(connection, before):
        if other.start < before.end and before.start < other.end:
            raise Refused(
                f"Grant {other.id} already gives {other.dataset}@{other.version} to {other.project} in that"
                " time, and a workspace shows one version of a dataset. Revoke that grant first."
            )
    return _decide(connection, by, before, GrantState.APPROVED, Event.GRANT_APPROVED, why, edition)


def refuse(connection: Connection, by: Decider, number: int, why: str, edition: int | None = None) -> Grant:
    """Say no to a request; idempotent. Raise `NotFound`, `Forbidden` or `Refused`."""
    before = _decidable(connection, by, number, GrantState.REFUSED)
    if before.state is GrantState.REFUSED:
        return before
    return _decide(connection, by, before, GrantState.REFUSED, Event.GRANT_REFUSED, why, edition)


def revoke(connection: Connection, by: Decider, number: int, why: str, edition: int | None = None) -> Grant:
    """Take an approved grant back; idempotent. Running workspaces that show the data are stopped at once."""
    given = reason(why)
    before = grant(connection, number)
    if not by.operator or by.on_behalf_of:
        _refuse_others(by, before)
    if before.state is GrantState.REVOKED:
        return before
    if before.state is not GrantState.APPROVED:
        raise Refused(f"Grant {number} is {before.state}; only an approved one can be revoked.")
    values = {"revoked_by": by.actor, "revoked": now(), "revocation_reason": given}
    return _move(connection, by, before, GrantState.REVOKED, Event.GRANT_REVOKED, given, edition, values)


def _decidable(connection: Connection, by: Decider, number: int, wanted: GrantState) -> Grant:
    before = grant(connection, number)
    _refuse_others(by, before)
    if before.state not in (GrantState.REQUESTED, wanted):
        raise Refused(f"Grant {number} is {before.state}; only a waiting request can be decided.")
    return before


def _refuse_others(by: Decider, about: Grant) -> None:
    """Only the dataset's named controller decides, in person or through an operator who names them."""
    if by.operator and by.on_behalf_of != about.controller:
        raise Forbidden(
            f"The controller of {about.dataset} is {about.controller}: a decision is written down on behalf of"
            f" {about.controller}, not {by.on_behalf_of[:60]!r}."
        )
    if not by.operator and by.actor != about.controller:
        raise Forbidden(f"Only {about.controller}, the controller of {about.dataset}, decides on grant {about.id}.")


def _of_project(connection: Connection, about: Grant) -> list[Grant]:
    """The approved grants of any version of the same dataset to the same project."""
    return select_grants(
        connection,
        tables.projects.c.slug == about.project,
        tables.datasets.c.name == about.dataset,
        tables.grants.c.state == GrantState.APPROVED,
    )


def _decide(
    connection: Connection,
    by: Decider,
    before: Grant,
    state: GrantState,
    event: Event,
    why: str,
    edition: int | None,
) -> Grant:
    given = reason(why)
    values = {
        "decided_by": by.actor,
        "on_behalf_of": by.on_behalf_of,
        "decided": now(),
        "decision_reason": given,
    }
    return _move(connection, by, before, state, event, given, edition, values)


def _move(
    connection: Connection,
    by: Decider,
    before: Grant,
    state: GrantState,
    event: Event,
    given: str,
    edition: int | None,
    values: dict[str, Any],
) -> Grant:
    """Compare and set on the edition, with the audit event."""
    seen = before.edition if edition is None else edition
    done = connection.execute(
        update(tables.grants)
        .where(tables.grants.c.id == before.id, tables.grants.c.edition == seen)
        .values(state=state, edition=seen + 1, **values)
    )
    if done.rowcount != 1:
        raise Refused(f"Grant {before.id} was changed meanwhile. Look at it again, then decide.")
    _record(connection, by.actor, event, before, given, by.on_behalf_of)
    return grant(connection, before.id)


def _record(
    connection: Connection, actor: str, event: Event, about: Grant, given: str, on_behalf_of: str = ""
) -> None:
    details = {
        "grant": about.id,
        "dataset": f"{about.dataset}@{about.version}",
        "start": about.start.isoformat(),
        "end": about.end.isoformat(),
        "reason": given,
    }
    if on_behalf_of:
        details["on_behalf_of"] = on_behalf_of
    audit.record(connection, actor, event, f"project:{about.project}", details)

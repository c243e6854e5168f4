"""Review policies in the database: the newest version of a project is in force for the rounds that begin now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from data_mounts.projects import project as find_project
from enclave import audit
from enclave.errors import BadInput, Refused
from output_review.limits import text
from output_review.policy import DEFAULT, Policy, changed, differences, from_json, to_json
from output_review.tables import review_policies
from output_review.vocabulary import PolicyEvent

_LONGEST_REASON = 500


@dataclass(frozen=True)
class PolicyVersion:
    """One version of a project's policy; version 1 of a project that never set one was set by nobody."""

    project: str
    version: int
    policy: Policy
    set_by: str = ""
    reason: str = "The default."
    time: datetime | None = None


def versions(connection: Connection, project: str) -> list[PolicyVersion]:
    """All versions of a project's policy, newest first; raise `NotFound` for a project that is not there."""
    slug = find_project(connection, project).slug
    query = select(review_policies).where(review_policies.c.project == slug)
    found = [_version(row) for row in connection.execute(query.order_by(review_policies.c.version.desc()))]
    if not found or found[-1].version != 1:
        found.append(PolicyVersion(slug, 1, DEFAULT))
    return found


def in_force(connection: Connection, project: str) -> PolicyVersion:
    """The policy for a round that begins now; raise `NotFound` for a project that is not there."""
    return versions(connection, project)[0]


def of_rounds(connection: Connection, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Policy]:
    """The policies that rounds name, by (project, version)."""
    pairs = set(wanted)
    query = select(review_policies).where(review_policies.c.project.in_({project for project, _ in pairs}))
    rows = {(row.project, row.version): row for row in connection.execute(query)}
    return {pair: from_json(rows[pair].policy) if pair in rows else _default(pair) for pair in pairs}


def _default(pair: tuple[str, int]) -> Policy:
    if pair[1] != 1:
        raise LookupError(f"version {pair[1]} of the review policy of {pair[0]} is not there")
    return DEFAULT


def set_policy(
    connection: Connection,
    actor: str,
    project: str,
    given: Mapping[str, Any],
    reason: str,
    version: int,
    now: datetime,
) -> PolicyVersion:
    """Add a version with these values changed, and its audit event.

    `version` is the one that whoever sets it has looked at. Raise `BadInput` for a value or reason that is none and
    for a change that changes nothing, `Refused` if somebody else set another version meanwhile, `NotFound`.
    """
    before = in_force(connection, project)
    why = text(reason, "why", _LONGEST_REASON)
    if version != before.version:
        raise Refused(
            f"The review policy of {before.project} changed while you were looking at it: version {before.version}"
            f" is in force, set by {before.set_by}. Nothing of yours was recorded; look at it again."
        )
    after = changed(before.policy, given)
    what = differences(before.policy, after)
    if not what:
        raise BadInput("Nothing would change: the policy says so already.")
    connection.execute(
        insert(review_policies).values(
            project=before.project,
            version=before.version + 1,
            policy=to_json(after),
            set_by=actor,
            reason=why,
            time=now,
        )
    )
    details = {"version": before.version + 1, "changed": what, "reason": why}
    audit.record(connection, actor, PolicyEvent.SET, f"project:{before.project}", details)
    return in_force(connection, project)


def _version(row: Any) -> PolicyVersion:
    return PolicyVersion(row.project, row.version, from_json(row.policy), row.set_by, row.reason, row.time)

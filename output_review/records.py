"""The record of what left: releases, downloads, recalls, and bytes that were found damaged.

All in the caller's transaction, like `store`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import insert, update
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.errors import BadInput, Broken, Refused
from output_review.behalf import signature
from output_review.checked import checks_of
from output_review.completeness import flaw
from output_review.lifecycle import releasable
from output_review.queries import Released, downloads_of
from output_review.release_record import record_of, written
from output_review.sight import spent
from output_review.steps import allowed, step
from output_review.tables import release_records, released_files
from output_review.tally import counting
from output_review.vocabulary import SYSTEM, Action, Actor, Request, RequestEvent


def release(connection: Connection, actor: Actor, number: int, version: int, now: datetime) -> Request:
    """Release the approved files, whose bytes the caller has just verified for this very version.

    The desk does it, or a checker where the policy says so.
    """
    request = allowed(connection, actor, Action.RELEASE, number, now, version)
    leaving = releasable(request)
    if not leaving:
        raise Broken(f"request {number} is approved, but none of its files is")
    approvers = ", ".join(sorted(counting(request)))
    record = written(record_of(request, leaving, actor.name, now, checks_of(connection, number)))
    digest = sha256(record.encode()).hexdigest()
    connection.execute(insert(release_records).values(request_id=number, record=record, sha256=digest))
    connection.execute(
        insert(released_files),
        [
            {
                "request_id": number,
                "number": file.number,
                "name": file.name,
                "size": file.size,
                "sha256": file.sha256,
                "approved_by": approvers,
                "released": now,
                "downloads": 0,
                "allowed": request.policy.max_downloads,
                "until": now + timedelta(days=request.policy.download_days),
            }
            for file in leaving
        ],
    )
    details = {
        "round": request.round,
        "policy_version": request.policy_version,
        "approved_by": approvers,
        "record": digest,
        "files": [{"name": file.name, "size": file.size, "sha256": file.sha256} for file in leaving],
    }
    return step(connection, actor, Action.RELEASE, request, now, details)


def hold(connection: Connection, number: int, version: int, damaged: Sequence[str], now: datetime) -> Request:
    """Stored bytes are not what was approved: nothing is released, an incident is recorded."""
    request = allowed(connection, SYSTEM, Action.HOLD, number, now, version)
    names = ", ".join(damaged)
    comment = (
        f"The desk's stored copy of {names} is no longer what was approved, so nothing was released. An"
        " incident has been recorded and an admin has to look into it. Resubmit the files from your workspace."
    )
    details = {"incident": "stored bytes differ from the approved digest", "files": list(damaged)}
    return step(
        connection, SYSTEM, Action.HOLD, request, now, details, comment=comment, reviewer="", release_at=None
    )


def recall(connection: Connection, actor: Actor, number: int, version: int, comment: str, now: datetime) -> Request:
    """A checker recalls a release: nothing of it is handed out any more, and the event names who had it already."""
    request = allowed(connection, actor, Action.RECALL, number, now, version)
    missing = flaw(Action.RECALL, comment, (), request.files, {})
    if missing:
        raise BadInput(missing.text)
    out = [{"person": one.person, "name": one.name} for one in downloads_of(connection, number)]
    details = {"comment": comment, "round": request.round, "downloaded": out}
    return step(connection, actor, Action.RECALL, request, now, details, comment=comment, reviewer=signature(actor))


def expire(connection: Connection, number: int, now: datetime) -> Request:
    """The desk closes a returned request that its author has not resubmitted in time."""
    request = allowed(connection, SYSTEM, Action.EXPIRE, number, now)
    details = {"round": request.round, "policy_version": request.policy_version}
    return step(connection, SYSTEM, Action.EXPIRE, request, now, details)


def count_downloads(connection: Connection, actor: str, taken: Sequence[Released], now: datetime) -> None:
    """Count and record a download of these released files, each once, or refuse all of it: of two at once that are
    one too many, one is refused."""
    for file in taken:
        counted = connection.execute(
            update(released_files)
            .where(
                released_files.c.request_id == file.request_id,
                released_files.c.number == file.number,
                released_files.c.downloads < released_files.c.allowed,
                released_files.c.until > now,
            )
            .values(downloads=released_files.c.downloads + 1)
        )
        if counted.rowcount != 1:
            raise Refused(spent(file.name, file.allowed, file.allowed, file.until, now))
        details = {"file": file.number, "name": file.name, "sha256": file.sha256}
        audit.record(connection, actor, RequestEvent.DOWNLOADED, f"request:{file.request_id}", details)


def record_damage(connection: Connection, request: int, name: str, sha256: str) -> None:
    """A released file's stored bytes are damaged: it is not handed out, and the log says so."""
    details = {"incident": "stored bytes differ from the released digest", "files": [name], "sha256": sha256}
    audit.record(connection, SYSTEM.name, RequestEvent.INCIDENT, f"request:{request}", details)

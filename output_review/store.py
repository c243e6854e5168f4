"""What people change: each function is one step with its audit event, in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.errors import BadInput, Broken, Refused
from output_review.lifecycle import flaw
from output_review.limits import LIMITS
from output_review.queries import get_request, waiting_count
from output_review.steps import allowed, step
from output_review.tables import decisions, request_files, requests
from output_review.vocabulary import (
    POLICY_VERSION,
    Action,
    Actor,
    File,
    FileDecision,
    FileVerdict,
    Request,
    RequestEvent,
    Status,
    Submission,
)


def submit(connection: Connection, submission: Submission, now: datetime) -> Request:
    """Record a request whose files are already kept by digest; raise `Refused` if too many are waiting."""
    if waiting_count(connection, submission.author, submission.project) >= LIMITS.max_waiting:
        raise Refused(
            f"{LIMITS.max_waiting} of your requests in this project wait for an output checker already."
            " Withdraw one, or wait for a decision."
        )
    number = connection.execute(
        insert(requests)
        .values(
            project=submission.project,
            author=submission.author,
            status=Status.SUBMITTED,
            round=1,
            version=1,
            what=submission.what,
            how=submission.how,
            controls=submission.controls,
            comment="",
            reviewer="",
            created=now,
            updated=now,
            release_at=None,
        )
        .returning(requests.c.id)
    ).scalar_one()
    _insert_files(
        connection, number, 1, [File(i, f.name, f.size, f.sha256) for i, f in enumerate(submission.files, 1)]
    )
    details = {
        "project": submission.project,
        "policy_version": POLICY_VERSION,
        "files": [{"name": f.name, "size": f.size, "sha256": f.sha256} for f in submission.files],
    }
    audit.record(connection, submission.author, RequestEvent.SUBMITTED, f"request:{number}", details)
    return get_request(connection, number)


def _insert_files(connection: Connection, request: int, round_: int, files: Sequence[File]) -> None:
    connection.execute(
        insert(request_files),
        [
            {
                "request_id": request,
                "round": round_,
                "number": file.number,
                "name": file.name,
                "size": file.size,
                "sha256": file.sha256,
            }
            for file in files
        ],
    )


def withdraw(connection: Connection, actor: Actor, number: int, version: int | None, now: datetime) -> Request:
    """The author takes the request back for good. Without a version whatever stands now is withdrawn."""
    request = allowed(connection, actor, Action.WITHDRAW, number, version, now)
    return step(connection, actor, Action.WITHDRAW, request, now, {}, release_at=None)


def take_back(connection: Connection, actor: Actor, number: int, version: int, now: datetime) -> Request:
    """A checker takes the approval back: the same files wait again, in a new round without any decision."""
    request = allowed(connection, actor, Action.TAKE_BACK, number, version, now)
    _insert_files(connection, request.id, request.round + 1, request.files)
    values = {"release_at": None, "round": request.round + 1, "comment": "", "reviewer": ""}
    return step(connection, actor, Action.TAKE_BACK, request, now, {"round": request.round + 1}, **values)


def decide(
    connection: Connection,
    actor: Actor,
    action: Action,
    number: int,
    version: int,
    comment: str,
    judged: Sequence[FileDecision],
    grace: timedelta,
    now: datetime,
) -> Request:
    """A checker approves, returns or rejects. Raise `Refused` by the lifecycle, `BadInput` for what is missing."""
    if action not in (Action.APPROVE, Action.RETURN, Action.REJECT):
        raise Broken(f"{action} is not a decision")
    request = allowed(connection, actor, action, number, version, now)
    missing = flaw(action, comment, judged, request.files)
    if missing:
        raise BadInput(missing.text)
    if action is Action.REJECT:  # nothing of a rejected request is approved, whatever was ticked before
        reasons = {decision.number: decision.reason for decision in judged}
        judged = [FileDecision(f.number, FileVerdict.REJECTED, reasons.get(f.number, "")) for f in request.files]
    recorded = _insert_decisions(connection, actor, request, judged, now)
    details = {"comment": comment, "policy_version": POLICY_VERSION, "round": request.round, "files": recorded}
    release_at = now + grace if action is Action.APPROVE else None
    values = {"comment": comment, "reviewer": actor.name, "release_at": release_at}
    return step(connection, actor, action, request, now, details, **values)


def _insert_decisions(
    connection: Connection, actor: Actor, request: Request, judged: Sequence[FileDecision], now: datetime
) -> list[dict[str, Any]]:
    files = {file.number: file for file in request.files}
    rows = [
        {
            "request_id": request.id,
            "round": request.round,
            "reviewer": actor.name,
            "sha256": files[decision.number].sha256,
            "policy_version": POLICY_VERSION,
            "verdict": decision.verdict,
            "reason": decision.reason,
            "time": now,
        }
        for decision in judged
    ]
    if rows:
        connection.execute(insert(decisions), rows)
    return [
        {"name": files[d.number].name, "sha256": files[d.number].sha256, "decision": d.verdict, "reason": d.reason}
        for d in judged
    ]

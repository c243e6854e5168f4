"""What authors change: each function is one step with its audit event, in the caller's transaction."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.errors import BadInput, Refused
from output_review.limits import LIMITS, refuse_too_much
from output_review.origin import origin_of
from output_review.policies import PolicyVersion, in_force
from output_review.policy import unmade
from output_review.post import tell
from output_review.queries import waiting_count
from output_review.reading import get_request
from output_review.steps import allowed, begin_round, step
from output_review.tables import requests
from output_review.vocabulary import Action, Actor, Arrived, File, Request, RequestEvent, Status, Submission


def submit(connection: Connection, submission: Submission, now: datetime) -> Request:
    """Record a request whose files are already kept by digest.

    Raise `Refused` if too many are waiting, `BadInput` for what the policy asks and the author has not given.
    """
    if waiting_count(connection, submission.author, submission.project) >= LIMITS.max_waiting:
        raise Refused(
            f"{LIMITS.max_waiting} of your requests in this project wait for an output checker already."
            " Withdraw one, or wait for a decision."
        )
    policy = _policy_for(connection, submission)
    number = connection.execute(
        insert(requests)
        .values(
            project=submission.project,
            author=submission.author,
            status=Status.SUBMITTED,
            round=1,
            version=1,
            comment="",
            reviewer="",
            created=now,
            updated=now,
            release_at=None,
            policy_version=policy.version,
            waiting_since=now,
            due=policy.policy.due(now),
            **_texts(submission),
        )
        .returning(requests.c.id)
    ).scalar_one()
    _begin(connection, number, 1, policy, submission, now)
    details = {"project": submission.project} | _details(submission, policy, 1)
    audit.record(connection, submission.author, RequestEvent.SUBMITTED, f"request:{number}", details)
    made = get_request(connection, number)
    tell(connection, RequestEvent.SUBMITTED, made, Actor(submission.author), now, details)
    return made


def resubmit(
    connection: Connection, actor: Actor, number: int, version: int | None, submission: Submission, now: datetime
) -> Request:
    """The author's changed files begin another round of a returned request, under the policy in force now.

    A file whose bytes are the same keeps its digest, and what was said of it stays beside it as history. No earlier
    vote counts. Raise `Refused` by the lifecycle, `BadInput` as `submit` does.
    """
    request = allowed(connection, actor, Action.RESUBMIT, number, now, version)
    policy = _policy_for(connection, submission)
    round_ = request.round + 1
    _begin(connection, number, round_, policy, submission, now)
    before = {file.sha256: file for file in request.files}
    changes = [file.name for file in submission.files if file.sha256 not in before]
    kept = {file.sha256 for file in submission.files}
    details = _details(submission, policy, round_) | {
        "changed": changes,
        "left_out": [file.name for file in request.files if file.sha256 not in kept],
    }
    values = {
        "round": round_,
        "policy_version": policy.version,
        "waiting_since": now,
        "due": policy.policy.due(now),
        "comment": "",
        "reviewer": "",
    }
    return step(connection, actor, Action.RESUBMIT, request, now, details, **values, **_texts(submission))


def withdraw(connection: Connection, actor: Actor, number: int, version: int | None, now: datetime) -> Request:
    """The author takes the request back for good. Without a version whatever stands now is withdrawn."""
    request = allowed(connection, actor, Action.WITHDRAW, number, now, version)
    return step(connection, actor, Action.WITHDRAW, request, now, {"round": request.round}, release_at=None)


def changed_files(request: Request) -> tuple[File, ...]:
    """The files of the present round that no earlier round held."""
    return tuple(file for file in request.files if not file.seen_in)


def _policy_for(connection: Connection, submission: Submission) -> PolicyVersion:
    found = in_force(connection, submission.project)
    refuse_too_much([(file.name, file.size) for file in submission.files], found.policy.limits())
    missing = unmade(found.policy, submission.statements)
    if missing is not None:
        raise BadInput(f"This project asks you to confirm before a release: {missing}")
    return found


def _begin(
    connection: Connection, number: int, round_: int, policy: PolicyVersion, asked: Submission, now: datetime
) -> None:
    """A round with the statements that the policy asks for, all of which the author made."""
    confirmed = replace(asked, statements=policy.policy.statements)
    origin = origin_of(connection, asked.author, asked.project)
    begin_round(connection, number, round_, policy.version, confirmed, origin, now)


def _texts(submission: Submission) -> dict[str, str]:
    return {"what": submission.what, "how": submission.how, "controls": submission.controls}


def _details(submission: Submission, policy: PolicyVersion, round_: int) -> dict[str, Any]:
    return {
        "round": round_,
        "policy_version": policy.version,
        "statements": list(policy.policy.statements),
        "files": [_detail(file) for file in submission.files],
    }


def _detail(file: Arrived) -> dict[str, Any]:
    code = {} if file.code is None else {"code": file.code.sha256}
    return {"name": file.name, "size": file.size, "sha256": file.sha256, "role": file.role} | code

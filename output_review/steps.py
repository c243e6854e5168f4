"""One step of the lifecycle: the rule asked with the row locked, then compare-and-set with its audit event.

Every change of state is compare-and-set on the request's version: of two people at once one wins, and the other is
told what happened. A vote is about files of a round, so it asks for the round that the checker has looked at; two
checkers who vote at once are both heard. The row is locked while the rule is asked, so no decision rests on a stale
read.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.errors import Forbidden, Refused
from output_review import checked
from output_review.behalf import told
from output_review.lifecycle import A_QUESTION_OF_WHEN, TABLE, Because, Reason, objection
from output_review.origin import to_json
from output_review.post import tell
from output_review.provenance import Origin
from output_review.reading import get_request
from output_review.tables import claims, file_groups, request_files, requests, rounds
from output_review.vocabulary import (
    Action,
    Actor,
    Arrived,
    Request,
    RequestEvent,
    Status,
    Submission,
)

EVENT = {
    Action.CLAIM: RequestEvent.CLAIMED,
    Action.UNCLAIM: RequestEvent.UNCLAIMED,
    Action.VOTE: RequestEvent.VOTED,
    Action.COMMENT: RequestEvent.COMMENTED,
    Action.APPROVE: RequestEvent.APPROVED,
    Action.REVEAL: RequestEvent.REVEALED,
    Action.RETURN: RequestEvent.RETURNED,
    Action.REJECT: RequestEvent.REJECTED,
    Action.RESUBMIT: RequestEvent.RESUBMITTED,
    Action.WITHDRAW: RequestEvent.WITHDRAWN,
    Action.WITHDRAW_FILE: RequestEvent.FILE_WITHDRAWN,
    Action.TAKE_BACK: RequestEvent.TAKEN_BACK,
    Action.RELEASE: RequestEvent.RELEASED,
    Action.HOLD: RequestEvent.INCIDENT,
    Action.RECALL: RequestEvent.RECALLED,
    Action.EXPIRE: RequestEvent.EXPIRED,
}
# What changes no state and makes nobody's page stale: it takes no version.
ASIDE = frozenset({Action.CLAIM, Action.UNCLAIM, Action.COMMENT})


class Stale(Refused):
    """Somebody else was faster."""


def refusal(reason: Reason) -> Refused:
    """The exception that says this reason: 409 when it is a question of when, 403 when of who."""
    return (Refused if reason.code in A_QUESTION_OF_WHEN else Forbidden)(reason.text)


def allowed(
    connection: Connection,
    actor: Actor,
    action: Action,
    number: int,
    now: datetime,
    version: int | None = None,
    round_: int | None = None,
    only_asking: bool = False,
) -> Request:
    """The request, if this actor may do this to it now and it is as they saw it; raise `Refused`. It is locked, but
    not where this is `only_asking`: PostgreSQL locks nothing in a transaction that reads."""
    request = get_request(connection, number, lock=not only_asking)
    reason = objection(actor, action, request, now)
    if reason is not None and reason.code not in A_QUESTION_OF_WHEN:
        raise refusal(reason)
    if version not in (None, request.version) or round_ not in (None, request.round):
        raise Stale(_what_happened(request))
    if reason is not None and reason.code is Because.STATUS and round_ is not None:
        raise Stale(_what_happened(request))
    if reason is not None:
        raise refusal(reason)
    return request


def _what_happened(request: Request) -> str:
    by = f" by {request.reviewer}" if request.reviewer else ""
    return (
        f"Request {request.id} changed while you were looking at it: it is now {request.status}{by}."
        " Nothing of yours was recorded; look at it again."
    )


def step(
    connection: Connection,
    actor: Actor,
    action: Action,
    request: Request,
    now: datetime,
    details: Mapping[str, Any],
    **values: Any,
) -> Request:
    """Do it, with its audit event, and tell whom it concerns. A round that ends by it leaves no claim."""
    becomes = TABLE[request.status, action]
    if action not in ASIDE:
        changed = connection.execute(
            update(requests)
            .where(requests.c.id == request.id, requests.c.version == request.version)
            .values(status=becomes, version=request.version + 1, updated=now, **values)
        )
        if changed.rowcount != 1:
            raise Stale(_what_happened(get_request(connection, request.id)))
        if becomes not in (request.status, Status.IN_REVIEW, Status.REVIEWED):
            connection.execute(delete(claims).where(claims.c.request_id == request.id))
    who, behalf = told(actor)
    audit.record(connection, who, EVENT[action], f"request:{request.id}", {**details, **behalf})
    tell(connection, EVENT[action], request, actor, now, details)
    return get_request(connection, request.id)


def begin_round(
    connection: Connection,
    number: int,
    round_: int,
    policy_version: int,
    asked: Submission,
    origin: Origin | None,
    now: datetime,
) -> None:
    """The rows of a round that begins: what the author says, under which policy, about which bytes, from where.
    Its outputs are due for the checks."""
    key = {"request_id": number, "round": round_}
    connection.execute(
        insert(rounds).values(
            **key,
            policy_version=policy_version,
            what=asked.what,
            how=asked.how,
            controls=asked.controls,
            statements=list(asked.statements),
            started=now,
            origin=to_json(origin),
        )
    )
    if asked.groups:
        connection.execute(insert(file_groups), [key | asdict(group) for group in asked.groups])
    files = [key | {"number": place} | _file(file) for place, file in enumerate(asked.files, 1)]
    connection.execute(insert(request_files), files)
    checked.begin(connection, number, round_, policy_version, now)


def _file(file: Arrived) -> dict[str, Any]:
    code = file.code
    return {
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "role": file.role,
        "group_number": file.group,
        "path": file.path,
        "code_name": code and code.name,
        "code_size": code and code.size,
        "code_sha256": code and code.sha256,
    }

"""One step of the lifecycle: the rule asked with the row locked, then compare-and-set with its audit event.

Every change is compare-and-set on the request's version: of two people at once one wins, and the other is told
what happened. The row is locked while the rule is asked, so no decision rests on a stale read.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.errors import Forbidden, Refused
from output_review.lifecycle import TABLE, Because, Reason, objection
from output_review.queries import get_request
from output_review.tables import requests
from output_review.vocabulary import Action, Actor, Request, RequestEvent

_EVENT = {
    Action.RETURN: RequestEvent.RETURNED,
    Action.APPROVE: RequestEvent.APPROVED,
    Action.REJECT: RequestEvent.REJECTED,
    Action.WITHDRAW: RequestEvent.WITHDRAWN,
    Action.TAKE_BACK: RequestEvent.TAKEN_BACK,
    Action.RELEASE: RequestEvent.RELEASED,
    Action.HOLD: RequestEvent.INCIDENT,
}
_A_QUESTION_OF_WHEN = {Because.STATUS, Because.GRACE_OVER, Because.GRACE_RUNNING}


class Stale(Refused):
    """Somebody else was faster."""


def refusal(reason: Reason) -> Refused:
    """The exception that says this reason: 409 when it is a question of when, 403 when of who."""
    return (Refused if reason.code in _A_QUESTION_OF_WHEN else Forbidden)(reason.text)


def allowed(
    connection: Connection, actor: Actor, action: Action, number: int, version: int | None, now: datetime
) -> Request:
    request = get_request(connection, number, lock=True)
    reason = objection(actor, action, request, now)
    if reason is not None and reason.code not in _A_QUESTION_OF_WHEN:
        raise refusal(reason)
    if version is not None and version != request.version:
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
    changed = connection.execute(
        update(requests)
        .where(requests.c.id == request.id, requests.c.version == request.version)
        .values(status=TABLE[request.status, action], version=request.version + 1, updated=now, **values)
    )
    if changed.rowcount != 1:
        raise Stale(_what_happened(get_request(connection, request.id)))
    audit.record(connection, actor.name, _EVENT[action], f"request:{request.id}", details)
    return get_request(connection, request.id)

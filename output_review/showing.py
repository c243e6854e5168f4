"""One request from its rows as programs are shown it, by the API and on the command line alike."""

from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from enclave import audit
from output_review import shown
from output_review.checked import checks_of
from output_review.queries import downloads_of
from output_review.reading import all_votes, comments_of
from output_review.sight import Sight, sight
from output_review.telling import told
from output_review.vocabulary import Actor, Request, Status

_HISTORY = 500


def whole(connection: Connection, request: Request, actor: Actor, moment: datetime) -> dict[str, Any]:
    """As much of it as this person, who may know of it, sees; and what they may do to it."""
    seen, number = sight(actor, request), request.id
    said, found = comments_of(connection, [number])[number], checks_of(connection, number)
    known = told(actor, request, all_votes(connection, request), said, found)
    events = reversed(audit.events(connection, f"request:{number}", _HISTORY))
    return shown.whole(request, known, moment, names=seen is Sight.EVIDENCE) | {
        "may": shown.abilities(actor, request, moment),
        "history": shown.happened(events),
        "downloaded": _downloaded(connection, actor, request, seen),
    }


def _downloaded(connection: Connection, actor: Actor, request: Request, seen: Sight) -> list[dict[str, Any]]:
    if request.status is not Status.RECALLED or not (actor.member or seen is Sight.EVIDENCE):
        return []
    taken = downloads_of(connection, request.id)
    return [{"person": one.person, "name": one.name, "time": shown.stamp(one.time)} for one in taken]

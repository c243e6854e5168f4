"""What the gate tells the desk: who is active, what was shown, what was noticed. Read strictly; raises `BadInput`.

    POST /gate/activity  [{"person", "project", "idle_seconds", "busy", "shown"}]
                         where shown is {"window_bytes", "total_bytes", "level"}
    POST /gate/events    {"events": [{"person", "project", "event", "detail": {...}, "time"}]}

`shown` may be missing where nothing has been counted yet. A `detail` has exactly the keys that its event has in
`DETAILS`: what is not expected is refused, for all of it ends in the audit log. One wrong event refuses the whole
report, so that the gate learns of it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from enclave.errors import BadInput
from enclave.names import person_name, project_slug
from workspaces.budget import ExposureEvent, Level, Shown
from workspaces.exposures import Noticed
from workspaces.parsing import count, objects, printable, seconds, text, time
from workspaces.sessions import Pair
from workspaces.standing import Activity

MOST_EVENTS = 1000
LONGEST_NAME = 120  # of a file that was brought in, of a path that was refused
Read = Callable[[Any, str], int | str]

_name: Read = partial(printable, longest=LONGEST_NAME)
_word: Read = partial(printable, longest=40)
_LIMIT: Mapping[str, Read] = {"window_bytes": count, "limit_bytes": count}
_FILE: Mapping[str, Read] = {"bytes": count, "name": _name}
DETAILS: Mapping[str, tuple[ExposureEvent, Mapping[str, Read]]] = {
    "budget-soft": (ExposureEvent.BUDGET_SOFT, _LIMIT),
    "budget-hard": (ExposureEvent.BUDGET_HARD, _LIMIT),
    "budget-again": (ExposureEvent.BUDGET_AGAIN, _LIMIT),
    "upload": (ExposureEvent.UPLOAD, _FILE),
    "upload-refused": (ExposureEvent.UPLOAD_REFUSED, _FILE),
    "violation": (ExposureEvent.VIOLATION, {"directive": _word, "count": count}),
    "refused": (ExposureEvent.REFUSED, {"count": count, "example": _name}),
}


def activities(given: Any, moment: datetime) -> dict[Pair, Activity]:
    """How long each workspace has been idle."""
    return {
        _pair(one): Activity(seconds(one.get("idle_seconds")), one.get("busy") is not False, moment)
        for one in objects(given)
    }


def shown(given: Any) -> list[Shown]:
    """What was shown, of those that have it."""
    found = [(one, one["shown"]) for one in objects(given) if one.get("shown") is not None]
    return [
        Shown(*_pair(one), count(told, "window_bytes"), count(told, "total_bytes"), _level(text(told, "level")))
        for one, told in found
    ]


def noticed(given: Any, moment: datetime) -> list[Noticed]:
    """The events, oldest first as they came; the gate's time counts, unless it lies in the future of ours."""
    listed = objects(given.get("events") if isinstance(given, dict) else None)
    if len(listed) > MOST_EVENTS:
        raise BadInput(f"At most {MOST_EVENTS} events are taken at once.")
    return [_noticed(one, moment) for one in listed]


def _noticed(one: dict[str, Any], moment: datetime) -> Noticed:
    name, detail = text(one, "event"), one.get("detail")
    if name not in DETAILS:
        raise BadInput(f"The event {name[:40]!r} is not one of {', '.join(DETAILS)}.")
    event, reads = DETAILS[name]
    if not isinstance(detail, dict) or detail.keys() != reads.keys():
        raise BadInput(f"The details of {name} are {' and '.join(reads)}.")
    details = {key: read(detail, key) for key, read in reads.items()}
    return Noticed(*_pair(one), event, time(one.get("time"), moment), details)


def _pair(one: dict[str, Any]) -> Pair:
    return person_name(text(one, "person")), project_slug(text(one, "project"))


def _level(value: str) -> Level:
    try:
        return Level(value)
    except ValueError:
        raise BadInput(f"The level {value[:20]!r} is not one of {', '.join(Level)}.") from None

"""What guard and gate send to the desk, read once and strictly; raises `BadInput`."""

from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from aiohttp import web

from enclave.errors import BadInput
from enclave.names import PersonName, ProjectSlug, person_name, project_slug
from workspaces.sessions import Happening, Pair, WorkspaceEvent
from workspaces.standing import Activity

_EVENTS = {
    "started": WorkspaceEvent.STARTED,
    "stopped": WorkspaceEvent.STOPPED,
    "memory": WorkspaceEvent.MEMORY,
}


@dataclass(frozen=True)
class Running:
    """A workspace that the guard sees. Its names come from labels: an odd one is no error, it belongs to nobody."""

    person: str
    project: str
    datasets: tuple[str, ...]


def key(person: str, project: str) -> Pair:
    """The pair as a key to look up; nothing is known of a pair of odd names."""
    return PersonName(person), ProjectSlug(project)


async def body(request: web.Request) -> Any:
    """The JSON of a request."""
    try:
        return await request.json()
    except ValueError:
        raise BadInput("A JSON body is expected.") from None


def running(given: Any) -> list[Running]:
    """{"running": [{"person", "project", "datasets"}]}"""
    listed = given.get("running") if isinstance(given, dict) else None
    return [
        Running(_text(one, "person"), _text(one, "project"), tuple(_texts(one, "datasets")))
        for one in _objects(listed)
    ]


def happening(given: Any, moment: datetime) -> Happening:
    """One event of the guard; its own time counts, unless it lies in the future of ours (`moment`)."""
    event = _EVENTS.get(_text(given, "event"))
    if event is None:
        raise BadInput(f"The event {_text(given, 'event')[:40]!r} is not one of {', '.join(_EVENTS)}.")
    exit_code = given.get("exit_code")
    return Happening(
        person=person_name(_text(given, "person")),
        project=project_slug(_text(given, "project")),
        event=event,
        time=min(_time(given.get("time"), moment), moment),
        code=_text(given, "code")[:40],
        reason=_text(given, "reason")[:500],
        image=_text(given, "image")[:80],
        datasets=tuple(_texts(given, "datasets")),
        exit_code=exit_code if isinstance(exit_code, int) and not isinstance(exit_code, bool) else None,
        out_of_memory=given.get("out_of_memory") is True,
    )


def activities(given: Any, moment: datetime) -> dict[Pair, Activity]:
    """[{"person", "project", "idle_seconds", "busy"}]"""
    return {
        (person_name(_text(one, "person")), project_slug(_text(one, "project"))): Activity(
            _seconds(one.get("idle_seconds")), one.get("busy") is not False, moment
        )
        for one in _objects(given)
    }


def _objects(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise BadInput("A list of objects is expected.")
    return given


def _text(given: Any, name: str) -> str:
    value = given.get(name) if isinstance(given, dict) else None
    if not isinstance(value, str):
        raise BadInput(f"A text is expected for {name!r}.")
    return value


def _texts(given: dict[str, Any], name: str) -> list[str]:
    value = given.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadInput(f"A list of texts is expected for {name!r}.")
    return value


def _seconds(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value) or value < 0:
        raise BadInput("A number of seconds is expected for 'idle_seconds'.")
    return float(value)


def _time(value: Any, moment: datetime) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return moment
    return time if time.tzinfo else moment

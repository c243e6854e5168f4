"""What the guard sends to the desk, read once and strictly; raises `BadInput`. What the gate sends: `reports`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enclave.errors import BadInput
from enclave.names import PersonName, ProjectSlug, person_name, project_slug
from workspaces.disk import Use
from workspaces.parsing import objects, text, texts, time
from workspaces.sessions import Happening, Pair, WorkspaceEvent

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


def running(given: Any) -> list[Running]:
    """{"running": [{"person", "project", "datasets"}]}"""
    listed = given.get("running") if isinstance(given, dict) else None
    return [
        Running(text(one, "person"), text(one, "project"), tuple(texts(one, "datasets"))) for one in objects(listed)
    ]


def measured(given: Any) -> dict[ProjectSlug, Use]:
    """{"disk": {project: {"bytes", "files", "complete", "too_deep"}}}; or nothing."""
    listed = given.get("disk", {}) if isinstance(given, dict) else None
    if not isinstance(listed, dict):
        raise BadInput("Measures by project are expected for 'disk'.")
    found = {}
    for slug, use in listed.items():
        if not isinstance(use, dict):
            raise BadInput("Numbers of bytes and files are expected for each project.")
        sizes = _number(use.get("bytes")), _number(use.get("files"))
        found[project_slug(slug)] = Use(*sizes, use.get("complete") is not False, use.get("too_deep") is True)
    return found


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 62:
        raise BadInput("A whole number of bytes or files is expected.")
    return value


def happening(given: Any, moment: datetime) -> Happening:
    """One event of the guard; its own time counts, unless it lies in the future of ours (`moment`)."""
    event = _EVENTS.get(text(given, "event"))
    if event is None:
        raise BadInput(f"The event {text(given, 'event')[:40]!r} is not one of {', '.join(_EVENTS)}.")
    exit_code = given.get("exit_code")
    return Happening(
        person=person_name(text(given, "person")),
        project=project_slug(text(given, "project")),
        event=event,
        time=time(given.get("time"), moment),
        code=text(given, "code")[:40],
        reason=text(given, "reason")[:500],
        image=text(given, "image")[:80],
        datasets=tuple(texts(given, "datasets")),
        exit_code=exit_code if isinstance(exit_code, int) and not isinstance(exit_code, bool) else None,
        out_of_memory=given.get("out_of_memory") is True,
    )

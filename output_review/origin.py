"""Where a round came from, as the platform knows it: never from a submission, whose workspace could say anything.

The guard starts each workspace by its image's content and with the datasets granted at that moment, and the audit
log holds both: `workspace.started`, about `workspace:<person>/<project>`, which the other room writes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from enclave import audit
from output_review.provenance import Origin

_STARTED = "workspace.started"


def origin_of(connection: Connection, person: str, project: str) -> Origin:
    """The workspace of this person in this project as it was last started; an empty one if it never was."""
    events = audit.audit_events.c
    query = select(events.details, events.time).where(
        events.subject == f"workspace:{person}/{project}", events.event == _STARTED
    )
    row = connection.execute(query.order_by(events.number.desc()).limit(1)).one_or_none()
    if row is None:
        return Origin()
    return Origin(str(row.details.get("image", "")), tuple(map(str, row.details.get("datasets", ()))), row.time)


def to_json(origin: Origin | None) -> dict[str, Any] | None:
    """As a round keeps it."""
    if origin is None:
        return None
    started = None if origin.started is None else origin.started.isoformat()
    return {"image": origin.image, "datasets": list(origin.datasets), "started": started}


def from_json(value: Mapping[str, Any] | None) -> Origin | None:
    """What a round kept; None for a round of before it was kept."""
    if value is None:
        return None
    started = value["started"]
    return Origin(
        value["image"], tuple(value["datasets"]), None if started is None else datetime.fromisoformat(started)
    )

"""The audit log: it only grows, and every change of ours is in it.

An event is written in the transaction of the change that it reports: no change without its event, no event
without its change. Each event carries the hash of the one before, so that an edited, removed or inserted row
shows (`verify`). Appending "the last row plus one" breaks silently with two writers, therefore a single locked
head row holds the chain's end: `BEGIN IMMEDIATE` locks it on SQLite, `SELECT ... FOR UPDATE` on PostgreSQL.

An event's hash, byte for byte:

    sha256( b"enclave audit event v1\\n" + previous hash (32 bytes) + canonical JSON of the event (UTF-8) )

where the canonical JSON has sorted keys, no spaces, and the keys number, time, actor, event, subject, details.
The first event's previous hash is 32 zero bytes.
"""

import hashlib
import json
from collections.abc import Collection, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Integer, LargeBinary, String, Table, insert, select, update
from sqlalchemy.engine import Connection

from enclave.clock import now
from enclave.database import UtcDateTime, metadata
from enclave.errors import BadInput, Broken

audit_events = Table(
    "audit_events",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("time", UtcDateTime, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("event", String(60), nullable=False, index=True),
    Column("subject", String(120), nullable=False, index=True),
    Column("details", JSON, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)

START = bytes(32)
_DOMAIN = b"enclave audit event v1\n"


@dataclass(frozen=True)
class Event:
    """One line of the log. `actor` is a person's name, `operator:<login>` or `system:<service>`."""

    number: int
    time: datetime
    actor: str
    event: str
    subject: str
    details: Mapping[str, Any]

    def hash_after(self, previous: bytes) -> bytes:
        """The event's hash, 32 bytes, given the previous event's."""
        body = {
            "number": self.number,
            "time": self.time.isoformat(timespec="microseconds"),
            "actor": self.actor,
            "event": self.event,
            "subject": self.subject,
            "details": self.details,
        }
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(_DOMAIN + previous + text.encode()).digest()


def record(
    connection: Connection, actor: str, event: StrEnum, subject: str, details: Mapping[str, Any] | None = None
) -> Event:
    """Append one event in the caller's write transaction.

    `subject` names what was changed, such as `project:tumour-ml` or `request:12`. `details` must be plain JSON.
    """
    head = connection.execute(select(audit_head).with_for_update()).one_or_none()
    if head is None:
        raise Broken("the audit log has no head row: run the migrations")
    happened = Event(head.number + 1, now(), actor, str(event), subject, dict(details or {}))
    digest = happened.hash_after(head.hash)
    connection.execute(
        insert(audit_events).values(
            number=happened.number,
            time=happened.time,
            actor=happened.actor,
            event=happened.event,
            subject=happened.subject,
            details=dict(happened.details),
            hash=digest,
        )
    )
    connection.execute(update(audit_head).values(number=happened.number, hash=digest))
    return happened


def subject(text: str) -> str:
    """Parse what an event is about, as somebody typed it; raise `BadInput`."""
    if not text.isprintable() or not 0 < len(text) <= 120:
        raise BadInput("A subject is a kind and a name, such as project:tumour-ml or request:12.")
    return text


def events(connection: Connection, about: str | None = None, limit: int = 200) -> list[Event]:
    """The newest events first, at most `limit`; with `about`, only those about it."""
    query = select(audit_events).order_by(audit_events.c.number.desc()).limit(limit)
    if about is not None:
        query = query.where(audit_events.c.subject == about)
    return [_event(row) for row in connection.execute(query)]


def events_since(connection: Connection, kinds: Collection[StrEnum], since: datetime) -> list[Event]:
    """The events of these kinds from `since` on, the newest first."""
    columns = audit_events.c
    query = select(audit_events).where(columns.event.in_([str(kind) for kind in kinds]), columns.time >= since)
    return [_event(row) for row in connection.execute(query.order_by(columns.number.desc()))]


def verify(connection: Connection) -> int:
    """Walk the whole chain; return the number of events, or raise `Broken` naming the first that is wrong."""
    previous, count = START, 0
    with closing(_chain(connection)) as chain:
        for event, stored in chain:
            count += 1
            if event.number != count or event.hash_after(previous) != stored:
                raise Broken(f"the audit log is not intact: event {count} is missing, changed or out of place")
            previous = stored
    head = connection.execute(select(audit_head)).one_or_none()
    if head is None or head.number != count or head.hash != previous:
        raise Broken(f"the audit log is not intact: its end does not follow event {count}")
    return count


def _chain(connection: Connection) -> Generator[tuple[Event, bytes]]:
    query = select(audit_events).order_by(audit_events.c.number).execution_options(yield_per=1000)
    with connection.execute(query) as rows:
        for row in rows:
            yield _event(row), row.hash


def _event(row: Any) -> Event:
    return Event(row.number, row.time, row.actor, row.event, row.subject, row.details)

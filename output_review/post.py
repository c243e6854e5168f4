"""Notices in the database: told in the transaction of what happened, read by people, mailed by the courier.

A notice is mailed at least once: it is due until the courier says that the mail server took it. After a failure it
waits, twice as long each time; what is three days old stands in the pages only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.people import people
from output_review.behalf import signature
from output_review.notices import SAYS, NoticeEvent, audience
from output_review.queries import downloads_of
from output_review.reading import able_checkers
from output_review.tables import notices, requests
from output_review.tally import handling
from output_review.vocabulary import Actor, Audience, Request, RequestEvent

_TOO_OLD = timedelta(days=3)
_LONGEST_PAUSE = timedelta(hours=4)
_AT_ONCE = 20


@dataclass(frozen=True)
class Notice:
    """Something that one person is told."""

    id: int
    person: str
    email: str
    request: int
    project: str
    event: RequestEvent
    time: datetime
    read: bool
    tries: int
    hand: str

    @property
    def subject(self) -> str:
        """In words that may be read by anybody whose mail it passes through."""
        return f"Request {self.request} of {self.project} {SAYS[self.event]}"

    @property
    def text(self) -> str:
        """The same, and by whose hand if an operator acted for somebody."""
        return f"{self.subject}, by {self.hand}" if self.hand else self.subject


def tell(
    connection: Connection,
    event: RequestEvent,
    request: Request,
    actor: Actor,
    now: datetime,
    details: Mapping[str, Any],
) -> None:
    """Tell whom it concerns; `request` is as it was before."""
    if event not in SAYS:
        return
    told = audience(
        event,
        request,
        actor,
        handling(request, now),
        able_checkers(connection, request),
        [one.person for one in downloads_of(connection, request.id)] if event is RequestEvent.RECALLED else (),
        Audience(details["audience"]) if "audience" in details else None,
    )
    row = {"request_id": request.id, "event": event, "time": now, "read": False, "tries": 0, "mail_at": now}
    row["hand"] = signature(actor) if actor.operator else None
    if told:
        connection.execute(insert(notices), [row | {"person": name} for name in sorted(told)])


def unread(connection: Connection, person: str) -> int:
    """How many notices this person has not read."""
    query = select(func.count()).where(notices.c.person == person, ~notices.c.read)
    return int(connection.execute(query).scalar_one())


def newest(connection: Connection, person: str, limit: int) -> list[Notice]:
    """This person's notices, the newest first."""
    query = _joined().where(notices.c.person == person).order_by(notices.c.id.desc())
    return [_notice(row) for row in connection.execute(query.limit(limit))]


def mark_read(connection: Connection, person: str, upto: int) -> None:
    """They have read those that they were shown, up to this one."""
    where = notices.c.person == person, notices.c.id <= upto, ~notices.c.read
    changed = connection.execute(update(notices).where(*where).values(read=True)).rowcount
    if changed:
        audit.record(connection, person, NoticeEvent.READ, f"person:{person}", {"upto": upto, "notices": changed})


def to_mail(connection: Connection, now: datetime) -> list[Notice]:
    """What is due to be mailed, the oldest first; people without a verified address read it in the pages."""
    where = notices.c.mail_at <= now, notices.c.time > now - _TOO_OLD, people.c.email != "", ~people.c.blocked
    query = _joined().where(*where).order_by(notices.c.id).limit(_AT_ONCE)
    return [_notice(row) for row in connection.execute(query)]


def mailed(connection: Connection, number: int, failure: str, final: bool, now: datetime) -> None:
    """What became of mailing it: no `failure`, or one that another attempt may mend unless it is `final`."""
    row = connection.execute(_joined().where(notices.c.id == number)).one_or_none()
    if row is None or row.mail_at is None:
        return  # told twice: the courier was not sure that we had heard
    tries = row.tries + 1
    pause = min(timedelta(minutes=2 ** min(tries, 10)), _LONGEST_PAUSE)
    again = now + pause if failure and not final else None
    connection.execute(update(notices).where(notices.c.id == number).values(tries=tries, mail_at=again))
    event = NoticeEvent.NOT_MAILED if failure else NoticeEvent.MAILED
    details = {"request": row.request_id, "event": row.event}
    details |= {"why": failure, "final": final} if failure else {}
    audit.record(connection, "system:courier", event, f"person:{row.person}", details)


def _joined() -> Any:
    columns = (requests.c.project, people.c.email)
    return (
        select(notices, *columns)
        .join(requests, requests.c.id == notices.c.request_id)
        .join(people, people.c.name == notices.c.person)
    )


def _notice(row: Any) -> Notice:
    event = RequestEvent(row.event)
    return Notice(
        row.id,
        row.person,
        row.email,
        row.request_id,
        row.project,
        event,
        row.time,
        row.read,
        row.tries,
        row.hand or "",
    )

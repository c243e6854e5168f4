"""Lists of requests, what was released, who downloaded it. Nothing here changes anything."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.names import Digest
from output_review.lifecycle import expires
from output_review.policies import of_rounds
from output_review.policy import Releaser
from output_review.reading import filled
from output_review.tables import release_records, released_files, request_files, requests
from output_review.vocabulary import OPEN, Request, RequestEvent, Status


@dataclass(frozen=True)
class Released:
    """One released file: how often it was downloaded, of how many times allowed, until when."""

    request_id: int
    number: int
    name: str
    size: int
    sha256: Digest
    approved_by: str
    released: datetime
    downloads: int
    allowed: int
    until: datetime


@dataclass(frozen=True)
class Download:
    """Somebody took a released file out."""

    person: str
    name: str
    time: datetime


def counts(connection: Connection) -> dict[Status, int]:
    """How many requests there are of each status."""
    rows = connection.execute(select(requests.c.status, func.count()).group_by(requests.c.status)).all()
    found = {Status(status): count for status, count in rows}
    return {status: found.get(status, 0) for status in Status}


def oldest_waiting(connection: Connection) -> datetime | None:
    """When the open round that has waited longest began."""
    query = select(requests.c.waiting_since).where(requests.c.status.in_(OPEN))
    row = connection.execute(query.order_by(requests.c.waiting_since).limit(1)).one_or_none()
    return None if row is None else row.waiting_since


def projects_with_requests(connection: Connection) -> list[str]:
    """The projects that ever asked for something, by slug."""
    return list(connection.execute(select(requests.c.project).distinct().order_by(requests.c.project)).scalars())


def mine(connection: Connection, author: str, project: str | None = None, limit: int = 200) -> list[Request]:
    """The newest requests of one author, in one project if given."""
    query = select(requests).where(requests.c.author == author)
    if project is not None:
        query = query.where(requests.c.project == project)
    return _newest(connection, query, limit)


def of_projects(connection: Connection, slugs: Collection[str], limit: int = 200) -> list[Request]:
    """The newest requests of these projects, whoever made them."""
    return _newest(connection, select(requests).where(requests.c.project.in_(slugs)), limit)


def _newest(connection: Connection, query: Select[Any], limit: int) -> list[Request]:
    query = query.order_by(requests.c.created.desc(), requests.c.id.desc()).limit(limit)
    return filled(connection, connection.execute(query).all())


def waiting_count(connection: Connection, author: str, project: str) -> int:
    """How many requests of one author in one project wait for a checker."""
    where = (
        requests.c.author == author,
        requests.c.project == project,
        requests.c.status.in_(OPEN),
    )
    return int(connection.execute(select(func.count()).select_from(requests).where(*where)).scalar_one())


def due(connection: Connection, now: datetime) -> list[int]:
    """The approved requests that the desk has to release now, by number."""
    query = select(requests).where(requests.c.status == Status.APPROVED, requests.c.release_at <= now)
    found = filled(connection, connection.execute(query.order_by(requests.c.release_at)).all())
    return [one.id for one in found if one.policy.release_by is Releaser.DESK]


def overdue(connection: Connection, now: datetime) -> list[int]:
    """The returned requests whose time is over, by number."""
    columns = (requests.c.id, requests.c.project, requests.c.policy_version, requests.c.updated)
    query = select(*columns).where(requests.c.status == Status.RETURNED)
    rows = connection.execute(query.order_by(requests.c.updated)).all()
    policies = of_rounds(connection, ((row.project, row.policy_version) for row in rows))
    return [row.id for row in rows if expires(row.updated, policies[row.project, row.policy_version]) <= now]


def downloads_of(connection: Connection, number: int) -> list[Download]:
    """Who took which file of a request out, and when, oldest first."""
    events = audit.audit_events.c
    query = select(events.actor, events.details, events.time).where(
        events.subject == f"request:{number}", events.event == RequestEvent.DOWNLOADED
    )
    rows = connection.execute(query.order_by(events.number))
    return [Download(row.actor, row.details["name"], row.time) for row in rows]


def released_file(connection: Connection, request: int, number: int) -> Released | None:
    """One released file by its number in the request."""
    return next((one for one in released_of(connection, request) if one.number == number), None)


def released_of(connection: Connection, request: int) -> list[Released]:
    """What was released of a request, by number."""
    query = select(released_files).where(released_files.c.request_id == request).order_by(released_files.c.number)
    return [Released(**row._mapping) for row in connection.execute(query)]


def record_text(connection: Connection, request: int) -> str | None:
    """A release's record; None for a request that is not released, or was before records were kept."""
    query = select(release_records.c.record).where(release_records.c.request_id == request)
    return connection.execute(query).scalar_one_or_none()


def releases_of(connection: Connection, project: str, limit: int = 100) -> list[Released]:
    """What has already left this project, newest first."""
    query = (
        select(released_files)
        .join(requests, requests.c.id == released_files.c.request_id)
        .where(requests.c.project == project)
        .order_by(released_files.c.released.desc(), released_files.c.request_id, released_files.c.number)
    )
    return [Released(**row._mapping) for row in connection.execute(query.limit(limit))]


def kept_digests(connection: Connection) -> frozenset[Digest]:
    """Every digest that a row names, of files and of the code that wrote them."""
    columns = (request_files.c.sha256, request_files.c.code_sha256)
    named = {value for column in columns for value in connection.execute(select(column).distinct()).scalars()}
    return frozenset(Digest(value) for value in named if value is not None)

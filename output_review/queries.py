"""Looking at requests. Nothing here changes anything."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection

from data_mounts.answers import is_member
from enclave.errors import NotFound
from enclave.names import Digest, PersonName, ProjectSlug
from enclave.people import Person, Role
from output_review.tables import decisions, released_files, request_files, requests
from output_review.vocabulary import Actor, File, FileVerdict, Request, Status


@dataclass(frozen=True)
class Released:
    """The record of one released file."""

    request_id: int
    number: int
    name: str
    size: int
    sha256: Digest
    approved_by: str
    released: datetime
    downloads: int


def actor_for(connection: Connection, person: Person, project: str) -> Actor:
    """What the rules need to know of a person beside one project's request."""
    return Actor(
        name=person.name,
        checker=person.has(Role.OUTPUT_CHECKER),
        auditor=person.has(Role.AUDITOR),
        admin=person.has(Role.ADMIN),
        member=is_member(connection, person.name, project),
    )


def find_request(connection: Connection, number: int, lock: bool = False) -> Request | None:
    """One request with its present round. With `lock` nobody else changes it before this transaction ends."""
    query = select(requests).where(requests.c.id == number)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _filled(connection, [row])[0]


def get_request(connection: Connection, number: int, lock: bool = False) -> Request:
    """One request; raise `NotFound`."""
    found = find_request(connection, number, lock)
    if found is None:
        raise no_such_request(number)
    return found


def no_such_request(number: int) -> NotFound:
    """The one answer for a request that is not there and for one that this person may not know of."""
    return NotFound(f"There is no request {number}, or it is not yours to see.")


def queue(connection: Connection, status: Status | None, limit: int) -> list[Request]:
    """Requests of one status, longest waiting first; without a status all of them, newest first."""
    if status is None:
        query = select(requests).order_by(requests.c.created.desc(), requests.c.id.desc())
    else:
        query = select(requests).where(requests.c.status == status).order_by(requests.c.created, requests.c.id)
    return _filled(connection, connection.execute(query.limit(limit)).all())


def counts(connection: Connection) -> dict[Status, int]:
    """How many requests there are of each status."""
    rows = connection.execute(select(requests.c.status, func.count()).group_by(requests.c.status)).all()
    found = {Status(status): count for status, count in rows}
    return {status: found.get(status, 0) for status in Status}


def oldest_waiting(connection: Connection) -> datetime | None:
    """When the request that has waited longest was made."""
    query = select(requests.c.created).where(requests.c.status == Status.SUBMITTED)
    row = connection.execute(query.order_by(requests.c.created).limit(1)).one_or_none()
    return None if row is None else row.created


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
    return _filled(connection, connection.execute(query).all())


def waiting_count(connection: Connection, author: str, project: str) -> int:
    """How many requests of one author in one project wait for a checker."""
    where = (
        requests.c.author == author,
        requests.c.project == project,
        requests.c.status == Status.SUBMITTED,
    )
    return int(connection.execute(select(func.count()).select_from(requests).where(*where)).scalar_one())


def due(connection: Connection, now: datetime) -> list[int]:
    """The approved requests whose grace period is over, by number."""
    query = select(requests.c.id).where(requests.c.status == Status.APPROVED, requests.c.release_at <= now)
    return list(connection.execute(query.order_by(requests.c.release_at)).scalars())


def released_file(connection: Connection, request: int, number: int) -> Released | None:
    query = select(released_files).where(released_files.c.request_id == request, released_files.c.number == number)
    row = connection.execute(query).one_or_none()
    return None if row is None else Released(**row._mapping)


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
    """Every digest that a row names."""
    return frozenset(Digest(value) for value in connection.execute(select(request_files.c.sha256)).scalars())


def _filled(connection: Connection, rows: Sequence[Any]) -> list[Request]:
    """Requests from their rows, each with the files and decisions of its present round (three queries in all)."""
    ids = [row.id for row in rows]
    left = {
        (row.request_id, row.number): row.downloads
        for row in connection.execute(select(released_files).where(released_files.c.request_id.in_(ids)))
    }
    judged = {
        (row.request_id, row.round, row.sha256): row
        for row in connection.execute(select(decisions).where(decisions.c.request_id.in_(ids)))
    }
    files: dict[tuple[int, int], list[File]] = {}
    query = select(request_files).where(request_files.c.request_id.in_(ids)).order_by(request_files.c.number)
    for row in connection.execute(query):
        decision = judged.get((row.request_id, row.round, row.sha256))
        file = File(
            number=row.number,
            name=row.name,
            size=row.size,
            sha256=Digest(row.sha256),
            verdict=FileVerdict(decision.verdict) if decision else None,
            reason=decision.reason if decision else "",
            released=(row.request_id, row.number) in left,
            downloads=left.get((row.request_id, row.number), 0),
        )
        files.setdefault((row.request_id, row.round), []).append(file)
    return [_request(row, tuple(files.get((row.id, row.round), ()))) for row in rows]


def _request(row: Any, files: tuple[File, ...]) -> Request:
    return Request(
        id=row.id,
        project=ProjectSlug(row.project),
        author=PersonName(row.author),
        status=Status(row.status),
        round=row.round,
        version=row.version,
        what=row.what,
        how=row.how,
        controls=row.controls,
        comment=row.comment,
        reviewer=row.reviewer,
        created=row.created,
        updated=row.updated,
        release_at=row.release_at,
        files=files,
    )

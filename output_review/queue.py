"""The checkers' queue: which requests, in which order, page by page. One query chooses among all that there are.

Open requests come by the end of their response time, so the most urgent is first; others newest first. What a
checker may do is the lifecycle's to say: `FREE` and `MINE` only find, in SQL, the requests of which it says so.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, exists, false, func, or_, select, tuple_
from sqlalchemy.engine import Connection

from data_mounts.answers import belongings
from enclave.errors import BadInput
from enclave.people import everybody
from output_review.paging import page
from output_review.policy import DEFAULT
from output_review.reading import checkers
from output_review.tables import claims, request_files, requests, review_policies, reviews
from output_review.vocabulary import OPEN, Request, Status

_Query = Select[tuple[object, ...]]
_Condition = ColumnElement[bool]


class Whose(StrEnum):
    """Requests by who is at work on them; all but `ALL` are open ones."""

    ALL = "all"
    FREE = "free"
    MINE = "mine"
    UNCLAIMED = "unclaimed"


@dataclass(frozen=True)
class Asked:
    """Which requests somebody asks for. `by` handles them, `overdue` ones have waited too long; `text`
    is in what they are said to be or in a file's name, or is their number or author."""

    person: str
    statuses: Collection[Status] = OPEN
    project: str = ""
    whose: Whose = Whose.ALL
    by: str = ""
    overdue: bool = False
    text: str = ""


def look(
    connection: Connection, asked: Asked, now: datetime, after: int | None, limit: int
) -> tuple[list[Request], int | None]:
    """A page of them, and the number to go on after, None at the end; raise `BadInput` if `after` is no request."""
    query = _chosen(connection, asked, now)
    if not set(asked.statuses) <= set(OPEN):
        query = query.order_by(requests.c.id.desc())
        return page(connection, query if after is None else query.where(requests.c.id < after), limit)
    query = query.order_by(requests.c.due, requests.c.id)
    if after is not None:
        last = connection.execute(select(requests.c.due).where(requests.c.id == after)).scalar_one_or_none()
        if last is None:
            raise BadInput(f"after: there is no request {after} to go on after.")
        query = query.where(or_(requests.c.due > last, and_(requests.c.due == last, requests.c.id > after)))
    return page(connection, query, limit)


def how_many(connection: Connection, asked: Asked, now: datetime) -> int:
    """How many there are on all pages together."""
    found = _chosen(connection, asked, now).with_only_columns(requests.c.id).subquery()
    return int(connection.execute(select(func.count()).select_from(found)).scalar_one())


def _chosen(connection: Connection, asked: Asked, now: datetime) -> _Query:
    query: _Query = select(requests).where(requests.c.status.in_(asked.statuses))
    if asked.project:
        query = query.where(requests.c.project == asked.project)
    if asked.overdue:
        query = query.where(requests.c.status.in_(OPEN), requests.c.due <= now)
    if asked.text:
        query = query.where(_says(asked.text))
    if asked.by or asked.whose is not Whose.ALL:
        query = _at_work(connection, query.where(requests.c.status.in_(OPEN)), asked, now)
    return query


def _says(text: str) -> _Condition:
    named = exists().where(
        request_files.c.request_id == requests.c.id,
        request_files.c.round == requests.c.round,
        request_files.c.name.icontains(text, autoescape=True),
    )
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    return or_(
        requests.c.what.icontains(text, autoescape=True), named, requests.c.author == text, requests.c.id == number
    )


def _at_work(connection: Connection, query: _Query, asked: Asked, now: datetime) -> _Query:
    able = checkers(everybody(connection))
    belong = belongings(connection, able)
    voted, claimed = _hands(able, belong, now)

    def by(name: str) -> _Condition:
        return or_(
            voted.where(reviews.c.reviewer == name).exists(), claimed.where(claims.c.person == name).exists()
        )

    query = query.where(by(asked.by)) if asked.by else query
    match asked.whose:
        case Whose.MINE:
            return query.where(by(asked.person))
        case Whose.UNCLAIMED:
            return query.where(~voted.exists(), ~claimed.exists())
        case Whose.FREE if asked.person not in able:
            return query.where(false())
        case Whose.FREE:
            own = [project for project, name in belong if name == asked.person]
            return query.where(
                requests.c.author != asked.person,
                requests.c.project.not_in(own),
                ~by(asked.person),
                _how_many(voted, reviews.c.reviewer) + _how_many(claimed, claims.c.person) < _places(),
            )
    return query


def _hands(
    able: Collection[str], belong: Collection[tuple[str, str]], now: datetime
) -> tuple[Select[Any], Select[Any]]:
    """Who handles a request, as `tally.handling`: whose vote counts in its round; who else has a live claim."""

    def judges(person: Column[Any]) -> tuple[_Condition, ...]:
        outside = tuple_(requests.c.project, person).not_in(belong)
        return person.in_(able), person != requests.c.author, outside

    voted = select(reviews.c.reviewer).where(
        reviews.c.request_id == requests.c.id,
        reviews.c.round == requests.c.round,
        reviews.c.policy_version == requests.c.policy_version,
        *judges(reviews.c.reviewer),
    )
    claimed = select(claims.c.person).where(
        claims.c.request_id == requests.c.id,
        claims.c.until > now,
        claims.c.person.not_in(voted.correlate(requests)),
        *judges(claims.c.person),
    )
    return voted.correlate(requests), claimed.correlate(requests)


def _how_many(hands: Select[Any], person: Column[Any]) -> ColumnElement[int]:
    return hands.with_only_columns(func.count(person.distinct())).scalar_subquery()


def _places() -> ColumnElement[int]:
    """How many checkers the policy of the request's round requires."""
    stated = select(review_policies.c.policy["reviewers"].as_integer()).where(
        review_policies.c.project == requests.c.project, review_policies.c.version == requests.c.policy_version
    )
    return func.coalesce(stated.scalar_subquery(), DEFAULT.reviewers)

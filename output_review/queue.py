"""The checkers' queue: which requests, in which order, page by page. One query chooses among all that there are.

Open requests come by the end of their response time, so the most urgent is first; others newest first. What a
checker may do is the lifecycle's to say: `FREE` and `MINE` only find, in SQL, the requests of which it says so.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, exists, false, func, or_, select, tuple_, union
from sqlalchemy.engine import Connection
from sqlalchemy.sql.selectable import CompoundSelect

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
    hands = _handling(able, belong, now).cte("hands")
    held = select(func.count()).where(hands.c.request_id == requests.c.id).scalar_subquery()

    def by(name: str) -> _Condition:
        return exists().where(hands.c.request_id == requests.c.id, hands.c.person == name)

    query = query.where(by(asked.by)) if asked.by else query
    match asked.whose:
        case Whose.MINE:
            return query.where(by(asked.person))
        case Whose.UNCLAIMED:
            return query.where(held == 0)
        case Whose.FREE if asked.person not in able:
            return query.where(false())
        case Whose.FREE:
            own = [project for project, name in belong if name == asked.person]
            return query.where(
                requests.c.author != asked.person,
                requests.c.project.not_in(own),
                ~by(asked.person),
                held < _places(),
            )
    return query


def _handling(able: Collection[str], belong: Collection[tuple[str, str]], now: datetime) -> CompoundSelect[Any]:
    """(request, person) of those whose vote counts in its round or whose claim is live, as `tally.handling`."""

    def judges(person: Column[Any]) -> tuple[_Condition, ...]:
        outside = tuple_(requests.c.project, person).not_in(belong)
        return person.in_(able), person != requests.c.author, outside, requests.c.status.in_(OPEN)

    voted = (
        select(reviews.c.request_id, reviews.c.reviewer.label("person"))
        .join(requests, requests.c.id == reviews.c.request_id)
        .where(
            reviews.c.round == requests.c.round,
            reviews.c.policy_version == requests.c.policy_version,
            *judges(reviews.c.reviewer),
        )
    )
    claimed = (
        select(claims.c.request_id, claims.c.person)
        .join(requests, requests.c.id == claims.c.request_id)
        .where(claims.c.until > now, *judges(claims.c.person))
    )
    return union(voted, claimed)


def _places() -> ColumnElement[int]:
    """How many checkers the policy of the request's round requires."""
    stated = select(review_policies.c.policy["reviewers"].as_integer()).where(
        review_policies.c.project == requests.c.project, review_policies.c.version == requests.c.policy_version
    )
    return func.coalesce(stated.scalar_subquery(), DEFAULT.reviewers)

"""Requests page by page.

A page goes on after the last request of the one before, not after a count: what is decided meanwhile moves nothing
past its reader.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.engine import Connection

from output_review.reading import filled
from output_review.tables import requests
from output_review.vocabulary import Request, Status


@dataclass(frozen=True)
class Wanted:
    """Which requests: of these statuses and in this project, if given; of `author`, of others in `projects`, or if
    both are None of anybody."""

    statuses: Collection[Status] | None = None
    project: str | None = None
    author: str | None = None
    projects: Collection[str] | None = None

    def query(self) -> Select[tuple[object, ...]]:
        """Those requests, in no order yet."""
        query = select(requests)
        if self.statuses is not None:
            query = query.where(requests.c.status.in_(self.statuses))
        if self.project is not None:
            query = query.where(requests.c.project == self.project)
        whose: list[ColumnElement[bool]] = []
        if self.author is not None:
            whose.append(requests.c.author == self.author)
        if self.projects is not None:
            whose.append(requests.c.project.in_(self.projects))
        return query.where(or_(*whose)) if whose else query


def newest(
    connection: Connection, wanted: Wanted, after: int | None, limit: int
) -> tuple[list[Request], int | None]:
    """The newest first, those after the request `after`; the number to go on after, None at the end."""
    query = wanted.query().order_by(requests.c.id.desc())
    if after is not None:
        query = query.where(requests.c.id < after)
    return page(connection, query, limit)


def page(connection: Connection, query: Select[tuple[object, ...]], limit: int) -> tuple[list[Request], int | None]:
    """The first requests of this query, and the number to go on after if there are more."""
    rows = connection.execute(query.limit(limit + 1)).all()
    found = filled(connection, rows[:limit])
    return found, found[-1].id if len(rows) > limit else None

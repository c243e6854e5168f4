"""Every request of a database, and the bytes on the desk's disk, against every invariant.

It only looks. In one transaction it reads the log and the rows as they stood at one moment, so that it may run
beside a desk at work; the bytes, which never change, are hashed afterwards.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.database import Database
from enclave.errors import Broken
from enclave.layout import Layout
from output_review import objects
from output_review.checked import CheckEvent
from output_review.policy import DEFAULT, Policy, from_json
from output_review.steps import ASIDE, EVENT
from output_review.tables import (
    check_runs,
    claims,
    comments,
    release_records,
    released_files,
    request_files,
    requests,
    review_policies,
    reviews,
    rounds,
    votes,
)
from output_review.verification.invariants import RULES, Account, Invariant, Reported
from output_review.verification.story import told
from output_review.vocabulary import PolicyEvent, RequestEvent

_ACTIONS = {str(event): action for action, event in EVENT.items()}
_MOST_EVENTS = 1_000_000


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold, of which request or project, and what is wrong in a sentence's words."""

    invariant: Invariant
    subject: str
    told: str


@dataclass
class Report:
    """What was looked at, and what is wrong. `older` are requests that were made before there were rounds: their
    events tell too little to be followed, only their bytes are looked at."""

    events: int = 0
    requests: int = 0
    older: int = 0
    files: int = 0
    violations: list[Violation] = field(default_factory=list)

    def wrong(self, invariant: Invariant, subject: str, told: str) -> None:
        self.violations.append(Violation(invariant, subject, told))


def verify(database: Database, layout: Layout, stored: bool = True) -> Report:
    """Look at everything; without `stored` not at the bytes on the disk."""
    report = Report()
    with database.read() as connection:
        _log(connection, report)
        policies = _policies(connection, report)
        reported, digests = _reported(connection)
        for row in connection.execute(select(requests).order_by(requests.c.id)).all():
            known = Reported(reported.get(f"check:{row.id}", {}), digests)
            _request(connection, row, policies.get(row.project, {1: DEFAULT}), known, report)
        named = connection.execute(select(request_files).order_by(request_files.c.request_id)).all()
    report.files = len(named)
    if stored:
        _bytes(layout, named, report)
    return report


def _bytes(layout: Layout, files: Sequence[Any], report: Report) -> None:
    """What is stored of the files, and of the code beside them, is what their digests say."""
    for file in files:
        kept = [(file.name, file.sha256, file.size), (file.code_name, file.code_sha256, file.code_size)]
        for name, sha256, size in kept:
            if sha256 and not objects.is_intact(layout, sha256, size):
                what = f"the stored bytes of {name} (round {file.round}) are gone or differ from their digest"
                report.wrong(Invariant.BYTES, f"request:{file.request_id}", what)


def _log(connection: Connection, report: Report) -> None:
    """The chain of the log, and that it tells of no request that is not there."""
    try:
        report.events = audit.verify(connection)
    except Broken as broken:
        report.wrong(Invariant.LOG, "audit", str(broken))
    column = audit.audit_events.c.subject
    there = {f"request:{number}" for number in connection.execute(select(requests.c.id)).scalars()}
    for subject in connection.execute(select(column).where(column.like("request:%")).distinct()).scalars():
        if subject not in there:
            report.wrong(Invariant.EVENTS, subject, "the log tells of it, and it is not there")


def _policies(connection: Connection, report: Report) -> Mapping[str, Mapping[int, Policy]]:
    """Every project's versions. Each but the first, which nobody sets, was set by an event."""
    found: dict[str, dict[int, Policy]] = {}
    for row in connection.execute(select(review_policies).order_by(review_policies.c.version)):
        found.setdefault(row.project, {1: DEFAULT})[row.version] = from_json(row.policy)
        if row.set_by.startswith("system:"):
            continue  # brought over by a migration
        subject = f"project:{row.project}"
        events = audit.events(connection, subject, _MOST_EVENTS)
        if not any(e.event == PolicyEvent.SET and e.details["version"] == row.version for e in events):
            report.wrong(Invariant.POLICIES, subject, f"version {row.version} of its policy was set by no event")
    for project, versions in found.items():
        if sorted(versions) != list(range(1, len(versions) + 1)):
            report.wrong(Invariant.POLICIES, f"project:{project}", f"of its policy {sorted(versions)} are kept")
    return found


def _reported(connection: Connection) -> tuple[dict[str, dict[tuple[int, int], tuple[int, str]]], set[str]]:
    """The reports of checks that the log tells of: the newest by subject and (round, file); all digests."""
    found: dict[str, dict[tuple[int, int], tuple[int, str]]] = {}
    digests = set()
    c = audit.audit_events.c
    told = select(c.number, c.subject, c.details).where(c.event == CheckEvent.DONE).order_by(c.number)
    for row in connection.execute(told):
        digests.add(row.details["report"])
        for file in row.details["files"]:
            found.setdefault(row.subject, {})[row.details["round"], file] = (row.number, row.details["report"])
    return found, digests


def _request(
    connection: Connection, row: Any, policies: Mapping[int, Policy], known: Reported, report: Report
) -> None:
    subject = f"request:{row.id}"
    report.requests += 1
    events = list(reversed(audit.events(connection, subject, _MOST_EVENTS)))
    if events and events[0].event == RequestEvent.SUBMITTED and "policy_version" not in events[0].details:
        report.older += 1
        return
    try:
        story = told(events, _ACTIONS, ASIDE)
    except (KeyError, TypeError) as lacking:
        report.wrong(Invariant.EVENTS, subject, f"one of its events lacks {lacking}")
        return
    if story is None:
        report.wrong(Invariant.EVENTS, subject, "its first event is not that it was submitted")
        return
    account = Account(row, policies, *_rows(connection, row.id, known))
    for invariant, rule in RULES.items():
        for wrong in rule(account, story):
            report.wrong(invariant, subject, wrong)


def _rows(connection: Connection, number: int, known: Reported) -> Iterator[Any]:
    """The request's rows of each table, in the order of an `Account`, and what ends it."""
    of_files: tuple[Table, ...] = (comments, claims, released_files, release_records, check_runs)
    tables: tuple[Table, ...] = (rounds, request_files, reviews, votes, *of_files)
    for table in tables:
        yield connection.execute(select(table).where(table.c.request_id == number)).all()
    yield known

"""What was decided before there were rounds stays decided, on both databases, and nothing in flight is stuck."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text

from enclave.clock import now
from enclave.database import metadata
from enclave.migrations import upgrade
from enclave.people import Role
from output_review import records, store, tables, voting
from output_review.policies import in_force, versions
from output_review.queries import record_text
from output_review.reading import all_votes, get_request
from output_review.vocabulary import SYSTEM, Arrived, FileVerdict, Status, Submission
from tests.data_mounts.builders import add, login, open_project
from tests.databases import unmigrated
from tests.output_review.kit import acting, judged_all

OURS = {name for name, found in metadata.tables.items() if found in vars(tables).values()}
BEFORE = import_module("enclave.migrations.versions.0006_review_rounds").down_revision
THEN = datetime(2026, 11, 1, 9, tzinfo=UTC)
# number, status, round, reviewer, comment, whether the release is due
OLD = [
    (1, "submitted", 1, "", "", False),
    (2, "returned", 1, "carol", "round them", False),
    (3, "approved", 2, "carol", "no small cells", True),
    (4, "released", 1, "chen", "fine", True),
    (5, "rejected", 1, "carol", "raw rows", False),
    (6, "withdrawn", 1, "", "", False),
]
DECIDED = [
    (2, 1, "carol", "rejected"),
    (3, 1, "chen", "approved"), (3, 2, "carol", "approved"),
    (4, 1, "chen", "approved"),
    (5, 1, "carol", "rejected"),
]  # fmt: skip


def sha(number):
    return f"{number:064x}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old(request, tmp_path):
    """A database as it was before rounds, with a request in every status."""
    with unmigrated(request.param, request, tmp_path) as database:
        upgrade(database, BEFORE)
        with database.write() as connection:
            fill(connection)
        yield database


def fill(connection):
    for name, roles in {"alice": [], "carol": [Role.OUTPUT_CHECKER], "chen": [Role.OUTPUT_CHECKER]}.items():
        login(connection, name, *roles)
    for slug in ("tumour-ml", "quiet"):
        open_project(connection, slug)
    add(connection, "tumour-ml", "alice")
    for number, status, round_, reviewer, comment, due in OLD:
        connection.execute(
            text(
                "INSERT INTO requests (id, project, author, status, round, version, what, how, controls, comment,"
                " reviewer, created, updated, release_at) VALUES (:id, 'tumour-ml', 'alice', :status, :round, 3,"
                " 'what', 'how', 'none', :comment, :reviewer, :then, :later, :due)"
            ),
            {
                "id": number, "status": status, "round": round_, "comment": comment, "reviewer": reviewer,
                "then": stamp(THEN), "later": stamp(THEN + timedelta(hours=1)), "due": stamp(THEN) if due else None,
            },
        )  # fmt: skip
        for file_round in range(1, round_ + 1):
            insert = text("INSERT INTO request_files VALUES (:id, :round, 1, 'table.csv', 10, :sha)")
            connection.execute(insert, {"id": number, "round": file_round, "sha": sha(number)})
    for number, round_, reviewer, verdict in DECIDED:
        connection.execute(
            text("INSERT INTO decisions VALUES (:id, :round, :who, :sha, 1, :verdict, 'because', :then)"),
            {"id": number, "round": round_, "who": reviewer, "sha": sha(number), "verdict": verdict,
             "then": stamp(THEN)},
        )  # fmt: skip
    connection.execute(
        text("INSERT INTO released_files VALUES (4, 1, 'table.csv', 10, :sha, 'chen', :then, 2)"),
        {"sha": sha(4), "then": stamp(THEN)},
    )
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT setval('requests_id_seq', 100)"))


def stamp(moment):
    """As SQLite keeps it; PostgreSQL reads the same text."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f+00:00") if moment else None


def test_every_status_comes_over_with_its_words_files_and_votes(old):
    upgrade(old)
    with old.read() as connection:
        found = {number: get_request(connection, number) for number, *_ in OLD}
        assert [(one.id, one.status, one.round, one.comment, one.policy_version) for one in found.values()] == [
            (number, Status(status), round_, comment, 1) for number, status, round_, _, comment, _ in OLD
        ]
        assert all(one.policy.reviewers == 1 and not one.policy.blind for one in found.values())
        assert {(v.reviewer, v.round, v.counts) for v in all_votes(connection, found[3])} == {
            ("chen", 1, False), ("carol", 2, True),
        }  # fmt: skip
        word = found[4].votes[0].words[sha(4)]
        assert (word.verdict, word.reason, found[4].votes[0].comment) == (FileVerdict.APPROVED, "because", "fine")
        out = found[4].files[0]
        assert (out.downloads, out.allowed) == (2, 22) and timedelta(days=29) < out.until - now() < timedelta(
            days=30
        )
        assert record_text(connection, 4) is None
        assert found[4].waiting_since == THEN
        assert found[3].waiting_since == THEN + timedelta(hours=1)
        noted = dict(connection.execute(select(tables.requests.c.id, tables.requests.c.due)).all())
        assert noted == {number: one.due for number, one in found.items()}


def test_nothing_in_flight_is_stuck(old):
    upgrade(old)
    with old.write() as connection:
        carol, alice = (acting(connection, name, "tumour-ml") for name in ("carol", "alice"))
        waiting = get_request(connection, 1)
        one = voting.vote(connection, carol, 1, 1, "fine", judged_all(waiting), timedelta(0), now())
        assert one.status is Status.APPROVED  # by one, as when it was submitted
        for number in (1, 3):
            version = get_request(connection, number).version
            assert records.release(connection, SYSTEM, number, version, now()).status is Status.RELEASED
        files = (Arrived("table.csv", 10, sha(20)),)
        asked = Submission("tumour-ml", "alice", "what", "how", "none", files)
        again = store.resubmit(connection, alice, 2, None, asked, now())
        assert (again.round, again.policy_version, again.policy.reviewers) == (2, 2, 2)
        assert records.recall(connection, carol, 4, 3, "too early", now()).status is Status.RECALLED


def test_projects_with_requests_say_how_it_was_and_what_holds_now(old):
    upgrade(old)
    with old.read() as connection:
        now_, before = versions(connection, "tumour-ml")
        assert (now_.version, now_.policy.reviewers, now_.policy.blind) == (2, 2, True)
        assert (before.version, before.policy.reviewers, before.set_by) == (1, 1, "system:migration")
        assert in_force(connection, "quiet").version == 1 and in_force(connection, "quiet").policy.reviewers == 2


def test_the_migrated_tables_are_the_declared_ones(databases):
    with databases.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        differences = [str(one) for one in compare_metadata(context, metadata)]
    assert {"review_policies", "rounds", "reviews", "votes", "claims", "comments", "requests"} <= OURS
    assert [one for one in differences if any(f"'{name}'" in one for name in OURS)] == []

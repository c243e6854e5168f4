"""Every room's tables are what the migrations make; a database with rows in it is brought along without loss."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from data_mounts import answers, projects
from data_mounts.access import Access, Policy
from enclave import audit
from enclave.clock import now
from enclave.database import Database, metadata
from enclave.migrations import state, upgrade
from tests.data_mounts.builders import SETTINGS, YESTERDAY, dump
from tests.databases import unmigrated

BEFORE_POLICY = "0004_output_review"


def test_the_migrated_tables_are_the_declared_ones(databases):
    with databases.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database as it was before projects had a policy."""
    with unmigrated(request.param, request, tmp_path) as database:
        upgrade(database, BEFORE_POLICY)
        yield database


def an_older_project(connection) -> None:
    """A project with a member, as an older version wrote it."""
    moment = {"at": YESTERDAY.replace(tzinfo=None).isoformat(sep=" ")}
    for line in (
        "INSERT INTO people VALUES (1, 'https://idp', 'a', 'alice', 'Alice', 'a@example.org', '[]', false, :at)",
        """INSERT INTO projects (id, slug, title, purpose, authorisation, start, "end", state, state_reason,
             memory_bytes, cpus, pids, tmp_bytes, idle_stop_minutes, gid, created, edition)
           VALUES (1, 'tumour-ml', 'Tumours', 'Learn.', 'A-1', :at, '2199-12-31 00:00:00', 'active', '',
             4294967296, 2.0, 512, 1073741824, 60, 200000, :at, 1)""",
        """INSERT INTO members (id, project_id, person_id, email, role, added, added_by, removed_by)
           VALUES (1, 1, 1, 'alice@example.org', 'member', :at, 'operator:root', '')""",
    ):
        connection.execute(text(line), moment)


def test_an_older_project_keeps_all_it_had_and_gets_the_default_policy(older):
    with older.write() as connection:
        an_older_project(connection)
        audit.record(connection, "operator:root", "project.created", "project:tumour-ml", {"title": "Tumours"})
    upgrade(older)
    assert state(older)[0] == state(older)[1]
    with older.write() as connection:
        found = projects.project(connection, "tumour-ml")
        assert (found.title, found.gid, found.edition, found.policy) == ("Tumours", 200_000, 1, Policy())
        assert audit.verify(connection) == 1
        answer = answers.access_for(connection, "alice", "tumour-ml", SETTINGS, now())
    assert isinstance(answer, Access) and answer.policy == Policy()


def test_bringing_a_database_up_to_date_twice_changes_nothing(older):
    with older.write() as connection:
        an_older_project(connection)
    upgrade(older)
    before = dump(older)
    upgrade(older)
    assert dump(older) == before

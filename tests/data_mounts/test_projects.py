"""Projects in the database: each change with its event, closing final, nobody overwrites what is new to them."""

import pytest

from data_mounts import projects
from data_mounts.access import Limits, ProjectState
from data_mounts.changes import Changes
from enclave import audit
from enclave.errors import BadInput, NotFound, Refused
from enclave.layout import FIRST_PROJECT_GID
from tests.data_mounts.builders import (
    GIVEN,
    NEXT_YEAR,
    OPERATOR,
    TOMORROW,
    YESTERDAY,
    dump,
    open_project,
)


def test_a_project_starts_active_with_the_default_limits_and_a_gid_of_its_own(databases):
    with databases.write() as connection:
        first, second = open_project(connection), open_project(connection, "diabetes-care")
        assert (first.state, first.limits, first.idle_stop_minutes) == (ProjectState.ACTIVE, Limits(), 60)
        assert (first.gid, second.gid) == (FIRST_PROJECT_GID, FIRST_PROJECT_GID + 1)
        assert first.limits.memory_bytes == 4 * 1024**3
        (event,) = audit.events(connection, "project:tumour-ml")
        assert (event.event, event.actor) == ("project.created", OPERATOR)
        assert event.details["title"] == "Tumours"


def test_a_name_is_never_used_again_not_even_after_closing(databases):
    with databases.write() as connection:
        open_project(connection)
        projects.close(connection, OPERATOR, "tumour-ml", "done")
    with pytest.raises(Refused, match="never used again"), databases.write() as connection:
        open_project(connection)


def test_what_is_missing_is_named(database):
    with pytest.raises(BadInput, match="title and purpose"), database.write() as connection:
        open_project(connection, title=None, purpose=None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "a\x00b"},
        {"purpose": "x" * 2001},
        {"authorisation": "\n"},
        {"start": NEXT_YEAR, "end": YESTERDAY},
        {"end": YESTERDAY},
        {"memory_bytes": 1},
        {"cpus": 0.0},
        {"cpus": float("nan")},
        {"cpus": float("inf")},
        {"pids": 10**9},
        {"tmp_bytes": -1},
        {"idle_stop_minutes": 0},
        {"idle_stop_minutes": 10**6},
    ],
)
def test_values_out_of_bounds_are_refused_and_change_nothing(database, wrong):
    with database.write() as connection:
        open_project(connection, "other")
    before = dump(database)
    with pytest.raises(BadInput), database.write() as connection:
        open_project(connection, **wrong)
    with pytest.raises(BadInput), database.write() as connection:
        projects.change(connection, OPERATOR, "other", Changes(**wrong))
    assert dump(database) == before


def test_a_change_is_recorded_with_what_was_before_and_saying_it_twice_records_it_once(databases):
    with databases.write() as connection:
        open_project(connection)
        for _ in range(2):
            changed = projects.change(connection, OPERATOR, "tumour-ml", Changes(end=TOMORROW, pids=100, cpus=0.5))
        assert (changed.end, changed.limits.pids, changed.limits.cpus, changed.edition) == (TOMORROW, 100, 0.5, 2)
        newest, first = audit.events(connection, "project:tumour-ml")
        assert newest.event == "project.changed" and first.event == "project.created"
        assert newest.details["from"] == {"end": NEXT_YEAR.isoformat(), "pids": 512, "cpus": 2.0}


def test_suspending_keeps_the_reason_until_it_is_resumed(databases):
    with databases.write() as connection:
        open_project(connection)
        suspended = projects.suspend(connection, "adam", "tumour-ml", "audit in progress")
        again = projects.suspend(connection, "adam", "tumour-ml", "another reason")
        assert (suspended.state, suspended.state_reason) == (ProjectState.SUSPENDED, "audit in progress")
        assert again == suspended
        resumed = projects.resume(connection, "adam", "tumour-ml", "audit passed")
        assert (resumed.state, resumed.state_reason) == (ProjectState.ACTIVE, "")
        assert [e.event for e in audit.events(connection, "project:tumour-ml")] == [
            "project.resumed",
            "project.suspended",
            "project.created",
        ]


@pytest.mark.parametrize("verb", [projects.suspend, projects.resume])
def test_closing_is_final(databases, verb):
    with databases.write() as connection:
        open_project(connection)
        projects.close(connection, OPERATOR, "tumour-ml", "the study is over")
        assert projects.close(connection, OPERATOR, "tumour-ml", "again").state_reason == "the study is over"
        with pytest.raises(Refused, match="closing is final"):
            verb(connection, OPERATOR, "tumour-ml", "after all")
        with pytest.raises(Refused, match="closing is final"):
            projects.change(connection, OPERATOR, "tumour-ml", Changes(title="New"))


def test_of_two_who_decided_on_the_same_page_one_is_told(databases):
    with databases.write() as connection:
        seen = open_project(connection).edition
        projects.change(connection, OPERATOR, "tumour-ml", Changes(title="New"), edition=seen)
        with pytest.raises(Refused, match="changed meanwhile"):
            projects.suspend(connection, "adam", "tumour-ml", "late", edition=seen)


def test_a_turn_needs_a_reason(database):
    with database.write() as connection:
        open_project(connection)
        with pytest.raises(BadInput, match="The reason is empty"):
            projects.suspend(connection, "adam", "tumour-ml", " \n ")


def test_projects_are_listed_by_name_and_an_unknown_one_is_not_found(database):
    with database.write() as connection:
        for slug in ("tumour-ml", "diabetes-care"):
            open_project(connection, slug)
        assert [p.slug for p in projects.all_projects(connection)] == ["diabetes-care", "tumour-ml"]
        with pytest.raises(NotFound, match="no project called 'x'"):
            projects.project(connection, "x")
    assert GIVEN.title == "Tumours"

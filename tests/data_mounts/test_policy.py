"""A project's policy: its bounds, what must agree, and that it goes into every answer about a workspace."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_mounts import projects
from data_mounts.access import Access, Policy
from data_mounts.answers import access_for
from data_mounts.changes import MB, SIZES, Changes, agreeing, checked
from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput
from tests.data_mounts.builders import GIVEN, OPERATOR, SETTINGS, dump, open_project, tumour_ml

DAYS = {"start": GIVEN.start, "end": GIVEN.end}
sizes = st.one_of(st.integers(-(2**63), 2**63), st.sampled_from([n for _, a, b in SIZES.values() for n in (a, b)]))


def test_the_defaults_are_those_of_the_design_and_lie_within_their_own_bounds():
    policy = Policy()
    assert (policy.budget_soft_bytes, policy.budget_hard_bytes) == (64 * MB, 4 * 64 * MB)
    assert (policy.message_bytes, policy.upload_bytes, policy.disk_bytes) == (8 * MB, MB, 20 * 1024 * MB)
    assert (policy.uploads, policy.terminals) == (True, False)
    values = checked(replace(GIVEN, **asdict(policy)))
    assert agreeing(values) == values


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(SIZES, sizes)))
def test_a_size_passes_exactly_when_it_is_within_its_bounds(given):
    within = all(SIZES[key][1] <= value <= SIZES[key][2] for key, value in given.items())
    if within:
        assert checked(Changes(**given)) == given
    else:
        with pytest.raises(BadInput, match="is not possible for the"):
            checked(Changes(**given))


@given(*(st.integers(*SIZES[key][1:]) for key in ("budget_soft_bytes", "budget_hard_bytes", "message_bytes")))
def test_neither_the_soft_budget_nor_one_output_is_ever_above_the_hard_budget(soft, hard, message):
    policy = replace(Policy(), budget_soft_bytes=soft, budget_hard_bytes=hard, message_bytes=message)
    values = DAYS | asdict(policy)
    if max(soft, message) <= hard:
        assert agreeing(values) == values
    else:
        with pytest.raises(BadInput, match="at most as much is expected"):
            agreeing(values)


WRONG = [
    {"budget_soft_bytes": 0},
    {"budget_soft_bytes": 300 * MB},
    {"budget_hard_bytes": 63 * MB},
    {"budget_soft_bytes": MB, "budget_hard_bytes": 4 * MB},
    {"message_bytes": 65 * MB},
    {"message_bytes": -1},
    {"upload_bytes": 1},
    {"disk_bytes": 2**62},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_policy_that_makes_no_sense_is_refused_and_changes_nothing(database, wrong):
    with database.write() as connection:
        open_project(connection, "other")
    before = dump(database)
    with pytest.raises(BadInput) as refused, database.write() as connection:
        open_project(connection, **wrong)
    assert "\n" not in str(refused.value)
    with pytest.raises(BadInput), database.write() as connection:
        projects.change(connection, OPERATOR, "other", Changes(**wrong))
    assert dump(database) == before


def test_the_two_budgets_are_compared_with_what_the_project_has(database):
    with database.write() as connection:
        open_project(connection)
        projects.change(connection, OPERATOR, "tumour-ml", Changes(budget_hard_bytes=512 * MB))
        changed = projects.change(connection, OPERATOR, "tumour-ml", Changes(budget_soft_bytes=500 * MB))
        assert changed.policy.budget_soft_bytes == 500 * MB
        with pytest.raises(BadInput, match=r"500 MB, more than the budget until content pauses \(256 MB\)"):
            projects.change(connection, OPERATOR, "tumour-ml", Changes(budget_hard_bytes=256 * MB))


def test_a_change_of_policy_is_recorded_with_what_was_before_and_said_twice_recorded_once(databases):
    with databases.write() as connection:
        open_project(connection, uploads=False)
        for _ in range(2):
            changed = projects.change(
                connection, OPERATOR, "tumour-ml", Changes(uploads=True, terminals=True, disk_bytes=1024 * MB)
            )
        assert (changed.policy, changed.edition) == (replace(Policy(), terminals=True, disk_bytes=1024 * MB), 2)
        newest, first = audit.events(connection, "project:tumour-ml")
    assert newest.details["from"] == {"uploads": False, "terminals": False, "disk_bytes": 20 * 1024 * MB}
    assert newest.details["to"] == {"uploads": True, "terminals": True, "disk_bytes": 1024 * MB}
    assert first.details["uploads"] is False


def test_what_a_project_has_is_in_the_answer_about_each_of_its_workspaces(databases):
    with databases.write() as connection:
        tumour_ml(connection)
        projects.change(connection, OPERATOR, "tumour-ml", Changes(message_bytes=MB, terminals=True))
        answer = access_for(connection, "alice", "tumour-ml", SETTINGS, now())
    assert isinstance(answer, Access)
    assert answer.policy == replace(Policy(), message_bytes=MB, terminals=True)

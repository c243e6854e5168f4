"""Grants: asked for, decided by the dataset's controller and nobody else, taken back, never forgotten."""

import pytest

from data_mounts import decisions, projects
from data_mounts.decisions import Decider
from data_mounts.grants import GrantState, grant, grants
from enclave import audit
from enclave.errors import BadInput, Forbidden, NotFound, Refused
from enclave.people import Role
from tests.data_mounts.builders import (
    DAY,
    NEXT_YEAR,
    OPERATOR,
    TOMORROW,
    YESTERDAY,
    granted,
    login,
    open_project,
    register,
    requested,
)

DIEGO = Decider("diego")
FOR_DIEGO = Decider(OPERATOR, operator=True, on_behalf_of="diego")


@pytest.fixture
def connection(databases):
    with databases.write() as found:
        open_project(found)
        for name, version in (("wdbc", "1"), ("wdbc", "2"), ("diabetes", "1")):
            register(found, name, version)
        yield found


def test_a_request_waits_and_names_who_decides(connection):
    asked = requested(connection)
    assert (asked.state, asked.controller, asked.requested_by) == (GrantState.REQUESTED, "diego", OPERATOR)
    assert not asked.live(YESTERDAY + DAY / 2)
    event = audit.events(connection, "project:tumour-ml")[0]
    assert (event.event, event.details["dataset"]) == ("grant.requested", "wdbc@1")


def test_the_controller_approves_once_and_says_why(connection):
    asked = requested(connection)
    for _ in range(2):
        done = decisions.approve(connection, DIEGO, asked.id, "agreed by the board")
    assert done.live(YESTERDAY) and not done.live(TOMORROW)
    assert (done.decided_by, done.on_behalf_of, done.decision_reason) == ("diego", "", "agreed by the board")
    assert [e.event for e in audit.events(connection, "project:tumour-ml")][:2] == [
        "grant.approved",
        "grant.requested",
    ]


def test_an_operator_writes_the_controllers_decision_down(connection):
    done = decisions.approve(connection, FOR_DIEGO, requested(connection).id, "letter of 3 March")
    assert (done.decided_by, done.on_behalf_of) == (OPERATOR, "diego")
    assert audit.events(connection, "project:tumour-ml")[0].details["on_behalf_of"] == "diego"


@pytest.mark.parametrize(
    "by",
    [
        Decider("dana"),
        Decider("adam"),
        Decider(""),
        Decider(OPERATOR, operator=True),
        Decider(OPERATOR, operator=True, on_behalf_of="dana"),
        Decider("diego", operator=True),
    ],
)
def test_nobody_else_approves_or_refuses(connection, by):
    asked = requested(connection)
    for decide in (decisions.approve, decisions.refuse):
        with pytest.raises(Forbidden, match="diego"):
            decide(connection, by, asked.id, "because")
    assert grant(connection, asked.id) == asked


def test_being_admin_or_auditor_makes_nobody_a_decider(connection):
    with pytest.raises(Forbidden, match="data controllers"):
        decisions.controller(login(connection, "adam", Role.ADMIN, Role.AUDITOR, Role.OUTPUT_CHECKER))
    assert decisions.controller(login(connection, "diego", Role.DATA_CONTROLLER)) == DIEGO


def test_a_refused_request_is_over_and_another_may_be_made(connection):
    asked = requested(connection)
    assert decisions.refuse(connection, DIEGO, asked.id, "too broad").state is GrantState.REFUSED
    assert decisions.refuse(connection, DIEGO, asked.id, "again").decision_reason == "too broad"
    with pytest.raises(Refused, match="is refused; only a waiting request"):
        decisions.approve(connection, DIEGO, asked.id, "after all")
    assert requested(connection).id != asked.id


def test_a_revoked_grant_stays_in_the_history_with_both_reasons(connection):
    given = granted(connection)
    for _ in range(2):
        over = decisions.revoke(connection, DIEGO, given.id, "consent withdrawn")
    assert (over.state, over.decision_reason) == (GrantState.REVOKED, "agreed by the board")
    assert (over.revoked_by, over.revocation_reason) == ("diego", "consent withdrawn")
    assert not over.live(YESTERDAY) and grants(connection, "tumour-ml") == [over]
    for decide in (decisions.approve, decisions.refuse):
        with pytest.raises(Refused, match="is revoked"):
            decide(connection, DIEGO, given.id, "after all")


def test_an_operator_may_take_back_alone_because_it_only_narrows(connection):
    given = granted(connection)
    with pytest.raises(Forbidden):
        decisions.revoke(connection, Decider("dana"), given.id, "not hers")
    with pytest.raises(Forbidden):
        decisions.revoke(connection, Decider(OPERATOR, True, "dana"), given.id, "wrong controller")
    assert decisions.revoke(connection, Decider(OPERATOR, True), given.id, "incident").revoked_by == OPERATOR


def test_only_what_was_approved_can_be_revoked(connection):
    with pytest.raises(Refused, match="is requested; only an approved one"):
        decisions.revoke(connection, DIEGO, requested(connection).id, "x")


def test_the_same_request_is_not_made_twice(connection):
    requested(connection)
    with pytest.raises(Refused, match="already waits for diego"):
        requested(connection)
    requested(connection, version="2")


@pytest.mark.parametrize("start,end", [(TOMORROW, YESTERDAY), (YESTERDAY, YESTERDAY), (YESTERDAY - DAY, YESTERDAY)])
def test_a_period_that_is_over_or_upside_down_is_refused(connection, start, end):
    with pytest.raises(BadInput, match="would end"):
        requested(connection, start=start, end=end)


def test_a_request_that_waited_until_its_end_cannot_be_approved(connection, monkeypatch):
    asked = requested(connection)
    monkeypatch.setattr(decisions, "now", lambda: TOMORROW)
    with pytest.raises(Refused, match="would have ended"):
        decisions.approve(connection, DIEGO, asked.id, "late")


@pytest.mark.parametrize("version", ["1", "2"])
def test_one_version_of_a_dataset_at_a_time_is_granted_to_a_project(connection, version):
    granted(connection)
    second = requested(connection, version=version)
    with pytest.raises(Refused, match="already gives wdbc@1"):
        decisions.approve(connection, DIEGO, second.id, "newer")
    later = requested(connection, version={"1": "2", "2": "1"}[version], start=TOMORROW, end=NEXT_YEAR)
    assert decisions.approve(connection, DIEGO, later.id, "afterwards").state is GrantState.APPROVED
    granted(connection, name="diabetes")


def test_after_a_revocation_the_next_version_can_be_granted(connection):
    decisions.revoke(connection, DIEGO, granted(connection).id, "replaced")
    assert granted(connection, version="2").live(YESTERDAY)


def test_a_closed_project_is_granted_nothing(connection):
    asked = requested(connection)
    projects.close(connection, OPERATOR, "tumour-ml", "over")
    with pytest.raises(Refused, match="closed"):
        decisions.approve(connection, DIEGO, asked.id, "x")
    with pytest.raises(Refused, match="closed"):
        requested(connection, version="2")


def test_a_decision_on_an_outdated_page_is_refused(connection):
    asked = requested(connection)
    decisions.approve(connection, DIEGO, asked.id, "yes", asked.edition)
    with pytest.raises(Refused, match="changed meanwhile"):
        decisions.revoke(connection, DIEGO, asked.id, "no", asked.edition)


@pytest.mark.parametrize("number", [0, -1, 99, 2**31, 10**30])
def test_a_grant_that_is_not_there_is_not_found(connection, number):
    with pytest.raises(NotFound, match="no grant"):
        grant(connection, number)


def test_grants_are_found_by_project_and_by_controller_the_newest_first(connection):
    open_project(connection, "diabetes-care")
    register(connection, "claims", controller="dana")
    first, second = granted(connection), requested(connection, "diabetes-care", "claims")
    assert grants(connection) == [second, first]
    assert grants(connection, "tumour-ml") == [first] == grants(connection, controller="diego")
    assert grants(connection, controller="eve") == []


@pytest.mark.parametrize("slug,data", [("nothing", ("wdbc", "1")), ("tumour-ml", ("wdbc", "9"))])
def test_a_request_for_what_is_not_there_is_refused(connection, slug, data):
    with pytest.raises(NotFound):
        requested(connection, slug, *data)

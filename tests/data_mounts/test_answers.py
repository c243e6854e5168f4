"""What other rooms ask this one, answered from the database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from data_mounts import decisions, members, projects
from data_mounts.access import NOBODY, Access, Code, ProjectState
from data_mounts.answers import access_for, is_member, look, members_of, project_card, projects_of
from data_mounts.changes import Changes
from data_mounts.decisions import Decider
from data_mounts.numbers import allocate_uid
from enclave import audit
from enclave.clock import now
from enclave.errors import NotFound
from enclave.layout import FIRST_WORKSPACE_UID
from enclave.people import Role, set_blocked
from tests.data_mounts.builders import (
    DAY,
    OPERATOR,
    SETTINGS,
    TOMORROW,
    add,
    login,
    open_project,
    register,
    requested,
    tumour_ml,
)


@pytest.fixture
def connection(databases):
    with databases.write() as found:
        tumour_ml(found)
        yield found


def ask(connection, person="alice", project="tumour-ml", later=0):
    return access_for(connection, person, project, SETTINGS, now() + later * DAY)


def test_a_member_gets_the_granted_data_until_the_grant_ends(connection):
    answer = ask(connection)
    assert [str(mount) for mount in answer.mounts] == ["wdbc@1"]
    assert str(answer.mounts[0].source) == "/srv/enclave/datasets/wdbc/1"
    assert answer.until == TOMORROW
    assert ask(connection, later=2).mounts == ()


def test_each_workspace_has_a_uid_of_its_own_for_ever_and_each_project_a_gid(connection):
    open_project(connection, "other")
    add(connection, "other", "alice")
    answers = [ask(connection), ask(connection, "bob"), ask(connection, project="other")]
    assert [answer.uid for answer in answers] == [FIRST_WORKSPACE_UID + n for n in range(3)]
    assert answers[0].gid == answers[1].gid != answers[2].gid
    assert [ask(connection), ask(connection, "bob"), ask(connection, project="other")] == answers
    assert [e.details["uid"] for e in audit.events(connection) if e.event == "workspace.uid-allocated"] == [
        FIRST_WORKSPACE_UID + n for n in (2, 1, 0)
    ]


def test_looking_gives_no_uid_and_nothing_else_differs(connection):
    seen = look(connection, "alice", "tumour-ml", SETTINGS, now())
    assert seen.uid == NOBODY
    answer = ask(connection)
    assert answer == replace(seen, uid=answer.uid)
    assert look(connection, "alice", "tumour-ml", SETTINGS, now()) == answer


def test_a_refused_person_uses_up_no_uid(connection):
    login(connection, "erin")
    assert ask(connection, "erin").code is Code.NOT_A_MEMBER
    assert ask(connection).uid == FIRST_WORKSPACE_UID


@pytest.mark.parametrize("person,project", [("erin", "tumour-ml"), ("alice", "nothing"), ("nobody", "tumour-ml")])
def test_strangers_and_unknown_names_get_the_same_answer(connection, person, project):
    login(connection, "erin")
    answer = ask(connection, person, project)
    assert answer.code is Code.NOT_A_MEMBER
    assert answer.reason.replace("nothing", "tumour-ml") == ask(connection, "erin").reason


NARROWINGS = {
    Code.PERSON_BLOCKED: lambda c: set_blocked(c, "adam", "alice", True),
    Code.NOT_A_MEMBER: lambda c: members.ensure_removed(c, "adam", "tumour-ml", "alice"),
    Code.PROJECT_SUSPENDED: lambda c: projects.suspend(c, "adam", "tumour-ml", "audit"),
    Code.PROJECT_CLOSED: lambda c: projects.close(c, "adam", "tumour-ml", "over"),
    Code.PROJECT_ENDED: lambda c: projects.change(c, OPERATOR, "tumour-ml", Changes(end=now())),
    Code.PROJECT_NOT_STARTED: lambda c: projects.change(c, OPERATOR, "tumour-ml", Changes(start=TOMORROW)),
}


@pytest.mark.parametrize("code", Code)
def test_each_way_of_narrowing_shows_in_the_next_answer(connection, code):
    assert isinstance(ask(connection), Access)
    NARROWINGS[code](connection)
    assert ask(connection).code is code


def test_a_revoked_grant_leaves_the_next_answer_and_a_waiting_one_never_was_in_it(connection):
    register(connection, "claims")
    waiting = requested(connection, name="claims")
    assert [str(mount) for mount in ask(connection).mounts] == ["wdbc@1"]
    decisions.revoke(connection, Decider("diego"), waiting.id - 1, "withdrawn")
    assert ask(connection).mounts == ()


def test_no_role_of_the_platform_opens_a_project(connection):
    login(connection, "adam", *Role)
    assert ask(connection, "adam").code is Code.NOT_A_MEMBER
    assert ask(connection, "diego").code is Code.NOT_A_MEMBER


def test_members_are_listed_by_name(connection):
    assert members_of(connection, "tumour-ml") == ["alice", "bob"]
    assert is_member(connection, "bob", "tumour-ml") and not is_member(connection, "diego", "tumour-ml")
    assert members_of(connection, "nothing") == []


def test_a_card_says_what_the_project_is_and_what_it_sees_now(connection):
    card = project_card(connection, "tumour-ml")
    assert (card.title, card.lead, card.state) == ("Tumours", "", ProjectState.ACTIVE)
    assert card.datasets == (("wdbc", "1", "The data wdbc"),)
    assert project_card(connection, "tumour-ml", now() + 2 * DAY).datasets == ()
    with pytest.raises(NotFound):
        project_card(connection, "nothing")


def test_the_lead_is_named_by_display_name_and_before_the_first_login_by_address(connection):
    members.ensure_invited(connection, OPERATOR, "tumour-ml", "erin@example.org", members.MemberRole.LEAD)
    assert project_card(connection, "tumour-ml").lead == "erin@example.org"
    members.ensure_member(connection, OPERATOR, "tumour-ml", "bob", members.MemberRole.LEAD)
    assert project_card(connection, "tumour-ml").lead == "Bob"


def test_a_persons_projects_come_by_title_whatever_their_state(connection):
    open_project(connection, "another", title="Another")
    add(connection, "another", "alice")
    projects.close(connection, OPERATOR, "another", "over")
    assert [card.slug for card in projects_of(connection, "alice")] == ["another", "tumour-ml"]
    assert projects_of(connection, "diego") == []


def test_numbers_asked_for_at_the_same_moment_are_never_the_same(databases):
    """The write transaction is taken at its start, on PostgreSQL too: nobody counts up from a stale highest."""
    people = [f"person-{number}" for number in range(8)]
    with databases.write() as connection:
        open_project(connection)
        for name in people:
            login(connection, name)
        add(connection, "tumour-ml", *people)

    def open_workspace(name):
        with databases.write() as connection:
            return open_project(connection, name).gid, ask(connection, name).uid

    with ThreadPoolExecutor(4) as pool:
        gids, uids = zip(*pool.map(open_workspace, people), strict=True)
    assert len(set(gids)) == len(set(uids)) == len(people)
    with databases.write() as connection:
        assert [allocate_uid(connection, name, "tumour-ml") for name in people] == list(uids)

"""Members: by name or by invitation, one lead, and a past that stays."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from data_mounts import members, projects, tables
from data_mounts.answers import is_member, members_of
from data_mounts.members import MemberRole
from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput, NotFound, Refused
from tests.data_mounts.builders import OPERATOR, add, login, open_project


@pytest.fixture
def connection(databases):
    with databases.write() as found:
        for name in ("alice", "bob"):
            login(found, name)
        open_project(found)
        yield found


def events(connection):
    return [(e.event, e.details.get("who")) for e in reversed(audit.events(connection, "project:tumour-ml"))][1:]


def test_adding_somebody_twice_makes_one_membership_and_one_event(connection):
    for _ in range(2):
        made = members.ensure_member(connection, OPERATOR, "tumour-ml", "alice")
    assert (made.who, made.role) == ("alice", MemberRole.MEMBER)
    assert members_of(connection, "tumour-ml") == ["alice"]
    assert events(connection) == [("member.added", "alice")]


def test_a_new_lead_takes_the_place_of_the_former_one_who_stays_a_member(connection):
    members.ensure_member(connection, OPERATOR, "tumour-ml", "alice", MemberRole.LEAD)
    members.ensure_member(connection, OPERATOR, "tumour-ml", "bob", MemberRole.LEAD)
    present = members.members(connection, "tumour-ml")
    assert [(m.name, m.role) for m in present] == [("bob", "lead"), ("alice", "member")]


def test_adding_a_lead_again_without_a_role_leaves_the_lead(connection):
    members.ensure_member(connection, OPERATOR, "tumour-ml", "alice", MemberRole.LEAD)
    assert members.ensure_member(connection, OPERATOR, "tumour-ml", "alice").role is MemberRole.LEAD
    lowered = members.ensure_member(connection, OPERATOR, "tumour-ml", "alice", MemberRole.MEMBER)
    assert lowered.role is MemberRole.MEMBER


def test_somebody_who_never_logged_in_is_added_by_address_only(connection):
    with pytest.raises(NotFound, match="Nobody called 'erin'"):
        members.ensure_member(connection, OPERATOR, "tumour-ml", "erin")
    invited = members.ensure_invited(connection, OPERATOR, "tumour-ml", "Erin@Example.org", MemberRole.LEAD)
    assert (invited.name, invited.who, invited.role) == (None, "erin@example.org", MemberRole.LEAD)
    assert members.ensure_invited(connection, OPERATOR, "tumour-ml", "erin@example.org").id == invited.id
    assert members_of(connection, "tumour-ml") == []


def test_an_invitation_becomes_a_membership_at_the_login_with_that_verified_address(connection):
    members.ensure_invited(connection, OPERATOR, "tumour-ml", "erin@example.org")
    stranger = login(connection, "mallory", email="")
    assert members.bind_invitations(connection, stranger) == []
    erin = login(connection, "erin")
    assert members.bind_invitations(connection, erin) == ["tumour-ml"]
    assert is_member(connection, "erin", "tumour-ml")
    assert events(connection)[-1][0] == "member.bound"
    login(connection, "erin", email="new@example.org")
    assert is_member(connection, "erin", "tumour-ml")


def test_an_invitation_is_handed_over_once(connection):
    members.ensure_invited(connection, OPERATOR, "tumour-ml", "erin@example.org")
    members.bind_invitations(connection, login(connection, "erin"))
    second = login(connection, "erin-two", email="erin@example.org")
    assert members.bind_invitations(connection, second) == []


def test_inviting_the_address_of_somebody_known_makes_them_a_member_at_once(connection):
    assert members.ensure_invited(connection, OPERATOR, "tumour-ml", "alice@example.org").name == "alice"


def test_an_address_that_two_people_share_invites_neither(connection):
    login(connection, "alice-two", email="alice@example.org")
    with pytest.raises(Refused, match="alice and alice-two"):
        members.ensure_invited(connection, OPERATOR, "tumour-ml", "alice@example.org")


def test_an_invitation_of_somebody_who_is_a_member_already_lapses(connection):
    members.ensure_invited(connection, OPERATOR, "tumour-ml", "later@example.org")
    add(connection, "tumour-ml", "alice")
    alice = login(connection, "alice", email="later@example.org")
    assert members.bind_invitations(connection, alice) == []
    assert [m.who for m in members.members(connection, "tumour-ml")] == ["alice"]


@pytest.mark.parametrize("who", ["alice", "alice@example.org"])
def test_a_removed_member_is_none_any_more_but_stays_in_the_history(connection, who):
    add(connection, "tumour-ml", "alice")
    for _ in range(2):
        members.ensure_removed(connection, "adam", "tumour-ml", who)
    assert not is_member(connection, "alice", "tumour-ml")
    assert members.members(connection, "tumour-ml") == []
    (past,) = members.members(connection, "tumour-ml", history=True)
    assert (past.who, past.removed_by) == ("alice", "adam") and past.removed is not None
    assert events(connection) == [("member.added", "alice"), ("member.removed", "alice")]


def test_a_removed_invitation_is_not_bound(connection):
    members.ensure_invited(connection, OPERATOR, "tumour-ml", "erin@example.org")
    members.ensure_removed(connection, OPERATOR, "tumour-ml", "erin@example.org")
    assert members.bind_invitations(connection, login(connection, "erin")) == []


def test_who_was_removed_can_be_added_again_and_is_an_ordinary_member(connection):
    members.ensure_member(connection, OPERATOR, "tumour-ml", "alice", MemberRole.LEAD)
    members.ensure_removed(connection, OPERATOR, "tumour-ml", "alice")
    assert members.ensure_member(connection, OPERATOR, "tumour-ml", "alice").role is MemberRole.MEMBER
    assert len(members.members(connection, "tumour-ml", history=True)) == 2


def test_removing_somebody_who_never_was_a_member_is_a_typing_error(connection):
    with pytest.raises(NotFound, match="never was a member"):
        members.ensure_removed(connection, OPERATOR, "tumour-ml", "bbo")


def test_nobody_is_added_to_a_closed_project_but_can_be_removed(connection):
    add(connection, "tumour-ml", "alice")
    projects.close(connection, OPERATOR, "tumour-ml", "over")
    with pytest.raises(Refused, match="closed"):
        add(connection, "tumour-ml", "bob")
    with pytest.raises(Refused, match="closed"):
        members.ensure_invited(connection, OPERATOR, "tumour-ml", "erin@example.org")
    members.ensure_removed(connection, OPERATOR, "tumour-ml", "alice")


def test_an_address_that_is_none_is_refused(connection):
    with pytest.raises(BadInput):
        members.ensure_invited(connection, OPERATOR, "tumour-ml", "erin")


def test_the_database_itself_holds_a_person_to_one_present_membership(databases):
    with databases.write() as connection:
        person, project = login(connection, "alice"), open_project(connection)
        add(connection, "tumour-ml", "alice")
    values = {"project_id": project.id, "person_id": person.id, "email": "", "role": "member", "added": now()}
    with pytest.raises(IntegrityError), databases.write() as connection:
        connection.execute(insert(tables.members).values(added_by="x", removed_by="", **values))

"""A person is one subject of the identity provider, and nobody can become somebody else."""

import pytest

from enclave import audit, people
from enclave.errors import BadInput, Forbidden, NotFound
from enclave.people import Identity, Role


def identity(subject="s-1", username="alice", roles=(), **changes):
    known = {"issuer": "https://idp", "display_name": "Alice A.", "email": "Alice@Example.org"}
    return Identity(subject=subject, username=username, roles=frozenset(roles), **(known | changes))


def test_the_first_login_makes_the_person_and_the_next_finds_it(databases):
    with databases.write() as connection:
        first = people.ensure_person(connection, identity())
        again = people.ensure_person(connection, identity())
        assert first == again and first.email == "alice@example.org"
        assert len(audit.events(connection)) == 1


def test_roles_follow_the_identity_provider_at_each_login(databases):
    with databases.write() as connection:
        assert not people.ensure_person(connection, identity()).has(Role.ADMIN)
        assert people.ensure_person(connection, identity(roles=[Role.ADMIN])).has(Role.ADMIN)
        assert not people.ensure_person(connection, identity()).has(Role.ADMIN)
        assert [event.event for event in audit.events(connection)] == ["person.changed"] * 2 + [
            "person.first-login"
        ]


@pytest.mark.parametrize("username", ["alice", "Alice", "ALICE"])
def test_another_subject_cannot_take_a_name_that_differs_only_in_case(databases, username):
    with databases.write() as connection:
        people.ensure_person(connection, identity())
        with pytest.raises(Forbidden, match="another person"):
            people.ensure_person(connection, identity(subject="s-2", username=username))


def test_the_same_subject_at_another_issuer_is_another_person(databases):
    with databases.write() as connection:
        people.ensure_person(connection, identity())
        other = people.ensure_person(connection, identity(issuer="https://other", username="alice-b"))
        assert other.name == "alice-b"


@pytest.mark.parametrize("wrong", [{"subject": ""}, {"issuer": ""}, {"username": "../x"}, {"username": "a b"}])
def test_a_login_that_names_nobody_is_refused(databases, wrong):
    with databases.write() as connection:
        with pytest.raises(BadInput):
            people.ensure_person(connection, identity(**wrong))
        assert people.everybody(connection) == []


def test_a_display_name_carries_no_control_codes_and_is_never_empty(databases):
    with databases.write() as connection:
        shown = people.ensure_person(
            connection, identity(display_name="Al\x1b[31m\u202eice\n" + "x" * 200)
        ).display_name
        assert shown.isprintable() and len(shown) == 80
        assert people.ensure_person(connection, identity(display_name="\n")).display_name == "alice"


def test_a_blocked_person_holds_no_role_and_blocking_twice_is_one_event(databases):
    with databases.write() as connection:
        people.ensure_person(connection, identity(roles=[Role.OUTPUT_CHECKER]))
        people.set_blocked(connection, "adam", "alice", True)
        blocked = people.set_blocked(connection, "adam", "alice", True)
        assert blocked.blocked and not blocked.has(Role.OUTPUT_CHECKER)
        assert people.set_blocked(connection, "adam", "alice", False).has(Role.OUTPUT_CHECKER)
        assert [e.event for e in audit.events(connection)][:2] == ["person.unblocked", "person.blocked"]


def test_an_unknown_person_is_not_found(databases):
    with databases.read() as connection, pytest.raises(NotFound, match="Nobody called"):
        people.person_named(connection, "nobody")


def test_an_empty_group_gives_its_role_to_nobody():
    group_of = {Role.ADMIN: "", Role.AUDITOR: "auditors"}
    assert people.roles_from_groups(["", "auditors", "others"], group_of) == {Role.AUDITOR}

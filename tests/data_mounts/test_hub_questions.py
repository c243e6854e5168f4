"""The Hub's two questions, through the desk's own application."""

import pytest
from aiohttp.test_utils import TestClient, TestServer

from data_mounts import members, projects
from data_mounts.answers import is_member
from data_mounts.web import room
from enclave.people import Role, person_named, set_blocked
from enclave.settings import Settings
from enclave.web.desk import make_app, make_desk
from enclave.web.ground import room as ground
from enclave.web.rooms import Caller
from tests.data_mounts.builders import OPERATOR, tumour_ml

SETTINGS = Settings.from_env({"ENCLAVE_GROUP_AUDITOR": " "})
LOGIN = {
    "issuer": "https://idp",
    "subject": "subject-erin",
    "username": "Erin",
    "display_name": "Erin Moreau",
    "email": "erin@example.org",
    "groups": ["enclave-output-checkers", "staff"],
}


@pytest.fixture
async def hub(databases):
    with databases.write() as connection:
        tumour_ml(connection)
    rooms = [ground, room]
    desk = make_desk(SETTINGS, databases, rooms)
    async with TestClient(TestServer(make_app(desk, rooms, Caller.HUB))) as client:
        yield client


async def test_a_login_gets_its_name_and_the_roles_of_its_groups(hub, databases):
    answer = await hub.post("/hub/people", json=LOGIN)
    assert (answer.status, await answer.json()) == (200, {"name": "erin"})
    with databases.read() as connection:
        erin = person_named(connection, "erin")
    assert (erin.roles, erin.display_name) == ({Role.OUTPUT_CHECKER}, "Erin Moreau")
    await hub.post("/hub/people", json=LOGIN | {"groups": []})
    with databases.read() as connection:
        assert person_named(connection, "erin").roles == set()


async def test_a_login_takes_up_its_invitations(hub, databases):
    with databases.write() as connection:
        members.ensure_invited(connection, OPERATOR, "tumour-ml", "erin@example.org")
    await hub.post("/hub/people", json=LOGIN | {"email": ""})
    with databases.read() as connection:
        assert not is_member(connection, "erin", "tumour-ml")
    await hub.post("/hub/people", json=LOGIN)
    with databases.read() as connection:
        assert is_member(connection, "erin", "tumour-ml")


async def test_a_name_of_somebody_else_is_refused(hub):
    answer = await hub.post("/hub/people", json=LOGIN | {"username": "alice"})
    assert answer.status == 403 and "already belongs to another person" in (await answer.json())["error"]


async def test_a_blocked_person_is_not_let_in(hub, databases):
    await hub.post("/hub/people", json=LOGIN)
    with databases.write() as connection:
        set_blocked(connection, "adam", "erin", True)
    answer = await hub.post("/hub/people", json=LOGIN)
    assert answer.status == 403 and "blocked" in (await answer.json())["error"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": ""},
        {"subject": ""},
        {"subject": None},
        {"username": "../x"},
        {"username": "x" * 300},
        {"display_name": 3},
        {"email": "a\0b"},
        {"groups": "enclave-admins"},
        {"groups": [1]},
        {"groups": {"enclave-admins": True}},
    ],
)
async def test_a_login_that_is_not_whole_is_refused_with_a_sentence(hub, wrong):
    answer = await hub.post("/hub/people", json=LOGIN | wrong)
    assert answer.status == 400 and (await answer.json())["error"].endswith(".")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff", b"[" * 100_000])
async def test_a_body_that_is_not_an_object_is_refused(hub, body):
    answer = await hub.post("/hub/people", data=body, headers={"Content-Type": "application/json"})
    assert answer.status == 400


async def test_access_says_yes_or_why_not(hub, databases):
    assert await (await hub.get("/hub/access/alice/tumour-ml")).json() == {"allowed": True, "reason": ""}
    with databases.write() as connection:
        projects.suspend(connection, "adam", "tumour-ml", "audit")
    refused = await (await hub.get("/hub/access/alice/tumour-ml")).json()
    assert (refused["allowed"], refused["code"]) == (False, "project-suspended")
    assert refused["reason"].endswith("audit")


@pytest.mark.parametrize("path", ["nobody/tumour-ml", "alice/nothing", "alice/%00", "%00/tumour-ml", "alice/%ff"])
async def test_access_to_what_is_not_there_is_a_plain_no(hub, path):
    answer = await hub.get(f"/hub/access/{path}")
    assert answer.status == 200 and (await answer.json())["code"] == "not-a-member"


async def test_the_pages_are_not_served_to_the_hub(hub):
    for path in ("/home", "/desk/admin", "/desk/grants", "/desk/projects/tumour-ml"):
        assert (await hub.get(path, headers={"X-Enclave-Person": "alice"})).status == 404

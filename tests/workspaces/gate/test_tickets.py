"""One-time tickets: the only way into the workspaces' origin."""

import asyncio

from tests.workspaces.gate.conftest import ALICE, BASE
from tests.workspaces.gate.test_workspaces import echo


async def enter(world, ticket, base=BASE, **headers):
    async with world.get(f"{world.work}{base}enter?ticket={ticket}", **headers) as answer:
        return answer.status, answer.headers


async def test_a_ticket_becomes_a_cookie_for_this_workspace_alone(world):
    await world.workspace(echo)
    status, headers = await enter(world, world.gate.tickets.issue("token-of-alice", ALICE))
    assert (status, headers["Location"]) == (302, BASE + "lab")
    cookie = headers["Set-Cookie"]
    for part in (f"Path={BASE}", "HttpOnly", "SameSite=Strict"):
        assert part in cookie
    async with world.get(world.work + BASE + "lab", Cookie=cookie.partition(";")[0]) as answer:
        assert answer.status == 200


async def test_it_is_good_for_one_use(world):
    ticket = world.gate.tickets.issue("token-of-alice", ALICE)
    assert (await enter(world, ticket))[0] == 302
    assert (await enter(world, ticket))[0] == 403


async def test_it_expires(world):
    ticket = world.gate.tickets.issue("token-of-alice", ALICE)
    world.gate.tickets._clock = lambda: asyncio.get_running_loop().time() + 31
    assert (await enter(world, ticket))[0] == 403


async def test_it_is_for_one_place(world):
    for base in ("/user/alice/diabetes-care/", "/user/erin/tumour-ml/"):
        ticket = world.gate.tickets.issue("token-of-alice", ALICE)
        status, headers = await enter(world, ticket, base)
        assert status == 403
        assert "Set-Cookie" not in headers


async def test_another_browser_session_cannot_use_it(world):
    ticket = world.gate.tickets.issue("token-of-alice", ALICE)
    assert (await enter(world, ticket, **world.cookie("erin")))[0] == 403
    ticket = world.gate.tickets.issue("token-of-alice", ALICE)
    assert (await enter(world, ticket, **world.cookie("alice")))[0] == 302


async def test_it_is_void_once_the_session_has_ended(world):
    ticket = world.gate.tickets.issue("token-of-alice", ALICE)
    del world.tokens["token-of-alice"]
    assert (await enter(world, ticket))[0] == 401


async def test_a_session_of_somebody_else_does_not_make_it_good(world):
    ticket = world.gate.tickets.issue("token-of-erin", ALICE)
    assert (await enter(world, ticket))[0] == 401


async def test_an_invented_one_is_refused(world):
    for ticket in ("", "x", "%00"):
        assert (await enter(world, ticket))[0] == 403

"""A workspace's inward socket abused: it may ask for releases in its own name, and nothing else."""

import asyncio
from contextlib import suppress

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.gate.conftest import ALICE
from tests.workspaces.gate.test_workspaces import echo
from workspaces.gate import forward, inward

INWARD = "workspaces/gate/inward.py"
LIES = {"X-Enclave-Person": "carol", "X-Enclave-Project": "diabetes-care"}
MEGABYTES = inward.LARGEST_BODY // 1_000_000 + 10


async def call(path, method: str, where: str, **options):
    """What code inside a workspace does: status and answer."""
    url = URL("http://desk" + where, encoded=True)
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as client,
        client.request(method, url, **options) as answer,
    ):
        return answer.status, await answer.json()


@pytest.fixture
async def sockets(world):
    """The inward socket of alice's workspace, and for the controls the desk's own."""
    await world.workspace(echo)
    return world.settings.layout.inward_folder(*ALICE) / inward.NAME, world.settings.layout.desk_socket("gate")


@attack(
    "other-calls-by-the-inward-socket",
    by=By.WORKSPACE,
    stops=Stops(
        INWARD,
        ("if not any(request.method == method and path.fullmatch(request.raw_path) for method, path, _ in CALLS):"),
        "if False:",
    ),
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/../gate/workspaces/alice/tumour-ml"),
        ("POST", "/v1/requests/12/approve"),
        ("DELETE", "/v1/requests/12"),
        ("GET", "/v1/requests/../../../home"),
        ("GET", "/v1/requests/12?person=carol"),
        ("GET", "/v1/requests/%31"),
        ("GET", "//v1/requests"),
        ("PUT", "/v1/policy"),
        ("TRACE", "/v1/policy"),
    ],
)
async def test_a_call_that_is_not_listed_does_not_reach_the_desk(world, sockets, control, method, path):
    ours, desk = sockets
    with control("on the desk's own socket it arrives"):
        assert (await call(desk, method, path))[0] == 200
    world.desk_calls.clear()
    assert (await call(ours, method, path))[0] == 404
    assert world.desk_calls == []


@attack(
    "somebody-elses-name-by-the-inward-socket",
    by=By.WORKSPACE,
    stops=Stops(
        INWARD,
        "headers[PERSON_HEADER], headers[PROJECT_HEADER] = place",
        ("headers.update({PERSON_HEADER: place[0], PROJECT_HEADER: place[1], **request.headers})"),
    ),
)
@pytest.mark.parametrize("more", [{}, {"Connection": "X-Enclave-Person"}, {"x_enclave_person": "carol"}])
async def test_the_name_is_the_sockets_whatever_is_sent(world, sockets, control, more):
    ours, desk = sockets
    with control("on the desk's own socket the name that is sent is believed"):
        _, believed = await call(desk, "GET", "/inward/v1/policy", headers=LIES)
        assert believed["headers"]["X-Enclave-Person"] == "carol"
    _, seen = await call(ours, "GET", "/v1/policy", headers={**LIES, **more})
    names = {name.lower().replace("_", "-"): value for name, value in seen["headers"].items()}
    assert (names["x-enclave-person"], names["x-enclave-project"]) == ALICE
    assert not {"carol", "diabetes-care"} & {*seen["headers"].values()}


async def too_much():
    for _ in range(MEGABYTES):
        yield bytes(1_000_000)


@attack("body-without-end-by-the-inward-socket", by=By.WORKSPACE, stops=Stops(INWARD, "body_limit=LARGEST_BODY,"))
async def test_a_body_ends_at_its_limit(world, sockets, control):
    ours, desk = sockets
    with control("the desk's socket by itself takes all of it"):
        assert (await call(desk, "POST", "/inward/v1/requests", data=too_much()))[0] == 200
        assert len(world.desk_bodies.pop()) == MEGABYTES * 1_000_000
    with suppress(aiohttp.ClientError):  # cut off while it was still sending
        assert (await call(ours, "POST", "/v1/requests", data=too_much()))[0] == 413
    assert world.desk_bodies == []


@attack(
    "body-that-drips-by-the-inward-socket",
    by=By.WORKSPACE,
    stops=Stops(
        "workspaces/gate/forward.py",
        "async with asyncio.timeout(BODY_SECONDS):",
        "async with asyncio.timeout(None):",
    ),
)
async def test_a_body_that_does_not_come_is_given_up(world, sockets, control, monkeypatch):
    ours, desk = sockets
    monkeypatch.setattr(forward, "BODY_SECONDS", 0.2)
    ended = asyncio.Event()

    async def dripping():
        yield b"a"
        await ended.wait()

    waiting = asyncio.create_task(call(desk, "POST", "/inward/v1/requests", data=dripping()))
    with control("the desk's socket by itself waits"):
        await asyncio.wait([waiting], timeout=2)
        assert not waiting.done()
    try:
        async with asyncio.timeout(20):
            assert (await call(ours, "POST", "/v1/requests", data=dripping()))[0] == 503
    finally:
        ended.set()
        await asyncio.gather(waiting, return_exceptions=True)


@attack(
    "calls-at-a-time-by-the-inward-socket",
    by=By.WORKSPACE,
    stops=Stops(INWARD, "if turns.locked():", "if False:"),
    more=(
        Stops(
            INWARD,
            "_AT_ONCE = 8  # calls of one workspace that are worked on together",
            "_AT_ONCE = 800",
        ),
    ),
)
async def test_one_workspace_does_not_take_all_the_desk_has(world, sockets, control):
    ours, desk = sockets
    free = asyncio.Event()

    async def slow(_request):
        await free.wait()
        return web.json_response({})

    world.desk_answer = slow

    async def at_once(path, where: str) -> list[int]:
        calls = [asyncio.create_task(call(path, "GET", where)) for _ in range(20)]
        await asyncio.wait(calls, timeout=1)
        free.set()
        done = [status for status, _ in await asyncio.gather(*calls)]
        free.clear()
        return done

    with control("the desk's socket by itself takes on all of them"):
        assert await at_once(desk, "/inward/v1/policy") == [200] * 20
    assert sorted(await at_once(ours, "/v1/policy")) == [200] * 8 + [429] * 12

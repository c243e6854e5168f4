"""The inward sockets: person and project come from the socket, and only the listed calls pass."""

import asyncio
import io
import shutil

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from enclave.names import person_name, project_slug
from tests.workspaces.gate.conftest import ALICE, BASE
from tests.workspaces.gate.test_workspaces import echo
from workspaces.gate import inward


async def call(world, method, path, place=ALICE, **options):
    """What code inside this workspace does."""
    socket = world.settings.layout.inward_folder(*place) / "desk.sock"
    connector = aiohttp.UnixConnector(str(socket))
    async with (
        aiohttp.ClientSession(connector=connector) as client,
        client.request(method, "http://desk" + path, **options) as answer,
    ):
        return answer.status, await answer.json(), answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/requests"),
        ("POST", "/v1/requests"),
        ("GET", "/v1/requests/12"),
        ("POST", "/v1/requests/12/withdraw"),
        ("GET", "/v1/policy"),
    ],
)
async def test_the_listed_calls_reach_the_desk_in_the_name_of_the_socket(world, method, path):
    await world.workspace(echo)
    lies = {"X-Enclave-Person": "carol", "X-Enclave-Project": "diabetes-care", "Cookie": "a=b", "X-Other": "1"}
    status, body, _ = await call(world, method, path, headers=lies)
    assert status == 200
    assert body["path"] == "/inward" + path
    assert body["headers"]["X-Enclave-Person"] == "alice"
    assert body["headers"]["X-Enclave-Project"] == "tumour-ml"
    assert "Cookie" not in body["headers"]
    assert "X-Other" not in body["headers"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/home"),
        ("GET", "/gate/workspaces/alice/tumour-ml"),
        ("POST", "/v1/requests/12"),
        ("DELETE", "/v1/requests/12"),
        ("POST", "/v1/requests/12/approve"),
        ("GET", "/v1/requests/../../desk"),
        ("GET", "/v1/requests/12?person=carol"),
        ("GET", "/v1/requests/%31"),
        ("GET", "//v1/requests"),
        ("GET", "/v1/requests/12x"),
        ("PUT", "/v1/policy"),
    ],
)
async def test_nothing_else_does(world, method, path):
    await world.workspace(echo)
    socket = world.settings.layout.inward_folder(*ALICE) / "desk.sock"
    connector = aiohttp.UnixConnector(str(socket))
    url = URL("http://desk" + path, encoded=True)
    async with aiohttp.ClientSession(connector=connector) as client, client.request(method, url) as answer:
        assert answer.status == 404
    assert world.desk_calls == []


async def test_each_workspace_has_its_own_name(world):
    bob = person_name("bob"), project_slug("diabetes-care")
    await world.workspace(echo)
    await world.workspace(echo, bob)
    _, body, _ = await call(world, "GET", "/v1/policy", bob)
    assert (body["headers"]["X-Enclave-Person"], body["headers"]["X-Enclave-Project"]) == bob


async def test_a_submission_streams_and_its_size_is_limited(world):
    await world.workspace(echo)
    status, _, _ = await call(world, "POST", "/v1/requests", data=io.BytesIO(bytes(20_000_000)))
    assert status == 200
    assert len(world.desk_bodies[-1]) == 20_000_000

    async def endless():
        for _ in range(inward.LARGEST_BODY // 1_000_000 + 10):
            yield bytes(1_000_000)

    try:
        status, body, _ = await call(world, "POST", "/v1/requests", data=endless())
        assert (status, "135 MB" in body["error"]) == (413, True)
    except aiohttp.ClientError:
        pass  # cut off while still sending
    assert len(world.desk_bodies) == 1


async def test_only_type_and_length_come_back(world):
    async def desk(_request):
        return web.json_response({}, headers={"Set-Cookie": "a=b", "X-Internal": "1"})

    world.desk_answer = desk
    await world.workspace(echo)
    _, _, headers = await call(world, "GET", "/v1/policy")
    assert set(headers) == {"Content-Type", "Content-Length", "Server", "Date"}


async def test_too_many_calls_at_a_time_are_refused_and_the_desk_down_is_said(world):
    free = asyncio.Event()

    async def slow(_request):
        await free.wait()
        return web.json_response({})

    world.desk_answer = slow
    await world.workspace(echo)
    waiting = [asyncio.create_task(call(world, "GET", "/v1/policy")) for _ in range(8)]
    async with asyncio.timeout(5):
        while len(world.desk_calls) < 8:
            await asyncio.sleep(0.01)
    assert (await call(world, "GET", "/v1/policy"))[0] == 429
    free.set()
    assert [status for status, _, _ in await asyncio.gather(*waiting)] == [200] * 8
    await world.runners.pop("desk").cleanup()
    assert (await call(world, "GET", "/v1/policy"))[0] == 503


async def test_the_socket_comes_with_the_route_and_goes_with_it(world):
    await world.workspace(echo)
    folder = world.settings.layout.inward_folder(*ALICE)
    assert (folder / "desk.sock").stat().st_mode & 0o777 == 0o666
    await world.control("DELETE", "/routes", {"routespec": BASE})
    with pytest.raises(aiohttp.ClientError):
        await call(world, "GET", "/v1/policy")
    await world.route()
    assert (await call(world, "GET", "/v1/policy"))[0] == 200


async def test_a_folder_that_was_made_anew_gets_its_socket_with_the_next_route(world):
    await world.workspace(echo)
    folder = world.settings.layout.inward_folder(*ALICE)
    shutil.rmtree(folder)
    await world.route()  # the folder is missing: said in the log, nothing breaks
    folder.mkdir()
    await world.route()
    await world.route()
    assert (await call(world, "GET", "/v1/policy"))[0] == 200


async def test_a_restarted_gate_listens_again(world):
    await world.workspace(echo)
    await world.restart_gate()
    assert (await call(world, "GET", "/v1/policy"))[0] == 200


async def test_a_socket_is_made_where_a_path_is_too_long_for_one(root):
    folder = root / ("x" * 90)
    folder.mkdir()
    listening = inward._listen(folder)
    assert (folder / "desk.sock").is_socket()
    listening.close()
    (folder / "desk.sock").unlink()
    (folder / "desk.sock").mkdir()
    with pytest.raises(OSError):
        inward._listen(folder)

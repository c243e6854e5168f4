"""The control socket: what the Hub says and asks."""

import json
import stat

import aiohttp
import pytest
from aiohttp import web

from enclave.errors import BadInput
from tests.workspaces.gate.conftest import ALICE, BASE, until
from tests.workspaces.gate.test_workspaces import echo
from workspaces.gate.routes import Routes, parse
from workspaces.proxy import GateProxy

HUB_ROUTE = {"routespec": "/", "target": "http+unix://%2Fhub.sock:80", "data": {"hub": True}}


async def test_a_target_comes_back_word_for_word_with_the_last_sign_of_life(world):
    await world.control("POST", "/routes", HUB_ROUTE)
    await world.route()
    status, routes = await world.control("GET", "/routes")
    assert status == 200
    assert routes["/"] == HUB_ROUTE
    assert routes[BASE]["target"] == "http+unix://%2Fsomewhere:80"
    assert routes[BASE]["data"] == {"user": "alice", "server_name": "tumour-ml"}
    assert routes[BASE]["last_activity"].endswith("Z")


async def test_routes_outlive_a_restart_and_sessions_too(world):
    await world.workspace(echo)
    inside = world.inside()
    await world.restart_gate()
    async with world.get(world.work + BASE + "api", **inside) as answer:
        assert answer.status == 200
    assert list((await world.control("GET", "/routes"))[1]) == [BASE]


async def test_deleting_a_route_is_idempotent(world):
    await world.workspace(echo)
    for _ in range(2):
        assert (await world.control("DELETE", "/routes", {"routespec": BASE[:-1]}))[0] == 204
    assert (await world.control("GET", "/routes"))[1] == {}
    await world.control("POST", "/routes", HUB_ROUTE)
    assert (await world.control("DELETE", "/routes", {"routespec": "/"}))[0] == 204


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"routespec": "/x/", "target": 1, "data": {}},
        {"routespec": "/user/erin/tumour-ml/", "target": "", "data": {"user": "alice", "server_name": "tumour-ml"}},
        {"routespec": BASE, "target": "", "data": {"user": "alice", "server_name": ""}},
        {"routespec": BASE, "target": "", "data": {"user": "../alice", "server_name": "tumour-ml"}},
    ],
)
async def test_a_route_that_is_none_is_refused(world, body):
    status, answer = await world.control("POST", "/routes", body)
    assert status == 400
    assert answer["error"]


async def test_anything_else_is_not_there(world):
    for method, path in (("GET", "/"), ("PUT", "/routes"), ("GET", "/ready/alice"), ("GET", "/hub")):
        assert (await world.control(method, path))[0] == 404


async def test_only_owner_and_group_open_the_control_socket(world):
    mode = world.settings.layout.control_socket.stat().st_mode
    assert stat.S_IMODE(mode) == 0o660


async def test_ready_means_that_jupyterlab_answers(world):
    ready, api = "/ready/alice/tumour-ml", BASE + "api"
    assert (await world.control("GET", ready))[0] == 503

    async def failing(_request):
        return web.Response(status=500)

    await world.workspace(failing, routed=False)
    assert (await world.control("GET", ready))[0] == 503
    await world.workspace(echo, routed=False)
    assert (await world.control("GET", ready))[0] == 200
    assert (await world.control("GET", api))[0] == 200
    assert (await world.control("GET", "/ready/Alice/x"))[0] == 400


async def test_a_routed_workspace_that_is_only_slow_is_alive_for_the_hub(world):
    async def failing(_request):
        return web.Response(status=500)

    await world.workspace(failing)
    assert (await world.control("GET", BASE + "api"))[0] == 200
    await world.runners.pop("alice/tumour-ml").cleanup()
    assert (await world.control("GET", BASE + "api"))[0] == 503


async def test_the_hub_is_asked_for_its_routes_until_it_answers(world):
    await until(lambda: "POST /hub/api/proxy" in world.hub_calls)
    world.hub_calls.clear()
    world.hub_status = 500
    await world.restart_gate()
    await until(lambda: "POST /hub/api/proxy" in world.hub_calls)
    world.hub_status = 200
    world.hub_calls.clear()
    await until(lambda: "POST /hub/api/proxy" in world.hub_calls)


async def test_health_is_answered(world):
    assert (await world.control("GET", "/health"))[1] == {"routes": 0}


async def test_the_proxy_of_the_hub_speaks_to_it(world):
    proxy = GateProxy(control_socket=str(world.settings.layout.control_socket))
    assert proxy.should_start is False
    await proxy.add_route(BASE, "http+unix://x:80", {"user": ALICE[0], "server_name": ALICE[1]})
    assert (await proxy.get_all_routes())[BASE]["target"] == "http+unix://x:80"
    assert (await proxy.get_route(BASE))["data"]["server_name"] == "tumour-ml"
    with pytest.raises(aiohttp.ClientResponseError):
        await proxy.add_route("/user/x/", "", {"user": "x", "server_name": "y"})
    await proxy.delete_route(BASE)
    assert await proxy.get_all_routes() == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"/": {}}', '{"/x/": {"target": 1, "data": {}}}', '{"/": null}'])
def test_a_damaged_file_is_as_good_as_none(root, text):
    (root / "routes.json").write_text(text)
    routes = Routes(root / "routes.json")
    assert routes.all() == []
    routes.add(parse("/", "x", {}))
    assert json.loads((root / "routes.json").read_text())["/"] == {"target": "x", "data": {}}


def test_a_route_belongs_to_the_names_in_it():
    with pytest.raises(BadInput):
        parse("/user/erin/x1/", "t", {"user": "alice", "server_name": "x1"})

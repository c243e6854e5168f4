"""Requests that claim to come from somebody or somewhere else, or to be for somebody else."""

import pytest
from aiohttp import web

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.gate.conftest import serve

PAGES, HEADERS = "workspaces/gate/pages.py", "workspaces/gate/headers.py"
ORIGINS = "workspaces/gate/origins.py"


async def status_of(world, address: str, headers: dict[str, str], method: str = "GET") -> int:
    async with world.request(method, address, headers) as answer:
        return answer.status


@attack(
    "page-of-another-site",
    by=By.PAGE,
    stops=Stops(ORIGINS, "return given == [origin.url]", "return True"),
    more=(
        Stops(
            ORIGINS,
            'return request.headers.get("Sec-Fetch-Site") == "same-origin"',
            "return True",
        ),
        Stops(PAGES, "refuse_foreign(request, self.origin)"),
    ),
)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "the workspaces'"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_nothing_is_changed_on_behalf_of_another_page(world, plain, control, headers):
    """The browser sends the cookie along; a workspace's page counts as another site."""
    given = {name: world.work if value == "the workspaces'" else value for name, value in headers.items()}
    desk = world.settings.layout.desk_socket("gate")
    with control("a plain proxy to the desk changes it"):
        assert (
            await status_of(world, await plain.to(desk) + "/desk/requests/12", {**world.cookie(), **given}, "POST")
            == 200
        )
    world.desk_calls.clear()
    for path in ("/desk/requests/12", "/workspace/tumour-ml/start", "/hub/api/users/alice/tokens"):
        assert await status_of(world, world.pages + path, {**world.cookie(), **given}, "POST") == 403
    assert world.desk_calls == []


FORGED = {
    "X-Enclave-Person": "carol",
    "X_Enclave_Person": "carol",
    "x-enclave-project": "diabetes-care",
    "X-Forwarded-User": "carol",
    "X-Real-IP": "10.0.0.1",
    "Authorization": "token stolen",
}


@attack(
    "name-of-somebody-else-in-a-header",
    by=By.PERSON,
    stops=Stops(
        HEADERS,
        (
            "if plain in HOP_BY_HOP or plain in NOT_TO_OURS or plain in named or "
            "plain.startswith(_NOT_TO_OURS_PREFIXES):"
        ),
        "if plain in HOP_BY_HOP:",
    ),
    more=(
        Stops(
            HEADERS,
            'plain = name.lower().replace("_", "-")',
            "plain = name.lower()",
        ),
    ),
)
@pytest.mark.parametrize("name", FORGED)
async def test_the_desk_hears_only_the_gate_say_who_somebody_is(world, plain, control, name):
    sent = {**world.cookie(), name: FORGED[name]}
    desk = world.settings.layout.desk_socket("gate")
    with control("through a plain proxy the desk hears what the browser says"):
        async with world.get(await plain.to(desk) + "/desk/requests", **sent) as answer:
            assert FORGED[name] in (await answer.json())["headers"].values()
    async with world.get(world.pages + "/desk/requests", **sent) as answer:
        seen = (await answer.json())["headers"]
    assert FORGED[name] not in seen.values() and seen["X-Enclave-Person"] == "alice"


@attack("header-named-as-one-of-the-connection", by=By.PERSON, stops=Stops(HEADERS, "kept.update(added)"))
async def test_nobody_has_the_gates_own_word_taken_out(world, plain, control):
    """`Connection: X-Enclave-Person` asks a proxy to remove that header; the desk would hear no name at all."""
    sent = {**world.cookie(), "Connection": "X-Enclave-Person, Host", "Host": world.pages.removeprefix("http://")}
    desk = world.settings.layout.desk_socket("gate")
    adding = await plain.to(desk, X_Enclave_Person="alice")
    with control("a proxy that says who it is, and then obeys, says nothing"):
        async with world.get(adding + "/desk/requests", **world.cookie()) as answer:
            assert (await answer.json())["headers"]["X-Enclave-Person"] == "alice"
        async with world.get(adding + "/desk/requests", **sent) as answer:
            assert "X-Enclave-Person" not in (await answer.json())["headers"]
    async with world.get(world.pages + "/desk/requests", **sent, **{"X-Forwarded-For": "10.0.0.1"}) as answer:
        seen = (await answer.json())["headers"]
    assert (seen["X-Enclave-Person"], seen["X-Forwarded-For"]) == ("alice", "127.0.0.1")
    assert seen["Host"] == world.pages.removeprefix("http://")


INNER = [
    "/gate/workspaces/erin/diabetes-care",
    "/gate/activity",
    "/inward/v1/requests",
    "/guard/standing",
    "/healthy",
]


@attack(
    "the-desks-inner-calls",
    by=By.PERSON,
    stops=Stops(
        PAGES,
        '_DESK = re.compile(r"/(?:home|desk(?:/.*)?)")',
        '_DESK = re.compile(r"/.*")',
    ),
)
@pytest.mark.parametrize("path", INNER)
async def test_what_is_for_the_gate_alone_is_not_for_browsers(world, plain, control, path):
    async def desk(request):
        return web.json_response({"inner": request.path})

    world.runners["inner"] = await serve(desk, world.settings.layout.desk_socket("gate"))
    with control("a plain proxy to the desk's socket reaches them"):
        assert await status_of(world, await plain.to(world.settings.layout.desk_socket("gate")) + path, {}) == 200
    async with world.get(world.pages + path, **world.cookie()) as answer:
        assert answer.status == 404 and "inner" not in await answer.text()


@attack(
    "name-that-points-here",
    by=By.PAGE,
    stops=Stops("workspaces/gate/gate.py", "if host == pages.host:", "if True:"),
)
@pytest.mark.parametrize("host", ["evil.example", "localhost", "evil.the pages'", "the pages'.evil.example", ""])
async def test_a_name_of_somebody_elses_gets_nothing(world, plain, control, host):
    """A page of evil.example whose name is made to point here (DNS rebinding) would be of one origin with us."""
    host = host.replace("the pages'", world.pages.removeprefix("http://"))
    desk = world.settings.layout.desk_socket("gate")
    with control("a plain proxy answers by whatever name it is called"):
        assert await status_of(world, await plain.to(desk) + "/home", {**world.cookie(), "Host": host}) == 200
    world.desk_calls.clear()
    assert await status_of(world, world.pages + "/home", {**world.cookie(), "Host": host}) == 421
    assert world.desk_calls == []

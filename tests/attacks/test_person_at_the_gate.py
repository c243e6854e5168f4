"""A person, or somebody with their browser, at the gate's door: other paths, other people's things, other names."""

import pytest
from aiohttp import web

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.gate.conftest import BASE, serve
from tests.workspaces.gate.test_workspaces import echo

PATHS, SITE, PAGES = "workspaces/gate/paths.py", "workspaces/gate/workspaces.py", "workspaces/gate/pages.py"
HEADERS, ORIGINS = "workspaces/gate/headers.py", "workspaces/gate/origins.py"


async def status_of(world, address: str, headers: dict[str, str], method: str = "GET") -> int:
    async with world.request(method, address, headers) as answer:
        return answer.status


class Remembering:
    """A workspace that remembers what it was asked, as it arrived."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def answer(self, request):
        if not request.path.endswith("/api/kernels"):
            self.asked.append(request.raw_path)
        return web.json_response({})


DISGUISED = [
    "api/contents/../../files/rows.csv",
    "api/contents/%2e%2e/%2e%2e/files/rows.csv",
    "api/contents/..%2f..%2ffiles/rows.csv",
    "api/contents/.%2E/files",
    "api/contents/%5c..%5cfiles",
    "api/contents/\\..\\files",
    "api/contents//files/rows.csv",
    "api/contents/%00/rows.csv",
    "api/contents/x%1fy",
    "api/contents/%zz",
    "api/./contents/x",
]


@attack("path-with-two-readings", by=By.PERSON,
        stops=Stops(PATHS, "if not _PLAIN.fullmatch(path) or _TRICK.search(path):", "if False:"))  # fmt: skip
@pytest.mark.parametrize("path", DISGUISED)
async def test_a_path_that_two_programs_read_differently_goes_nowhere(world, plain, control, path):
    workspace = Remembering()
    folder = await world.workspace(workspace.answer)
    with control("a plain proxy hands it on for the server to read in its own way"):
        await status_of(world, await plain.to(folder / "server.sock") + BASE + path, {})
        assert len(workspace.asked) == 1
    workspace.asked.clear()
    assert await status_of(world, world.work + BASE + path, world.inside()) == 400
    assert workspace.asked == []


UNLISTED = [
    ("GET", "files/project/rows.csv"),
    ("GET", "files/rows.csv?download=1"),
    ("GET", "view/page.html"),
    ("GET", "nbconvert/html/a.ipynb"),
    ("POST", "nbconvert/html"),
    ("GET", "tree"),
    ("GET", "doc/x"),
    ("GET", "lab/api/extensions"),
    ("POST", "api/shutdown"),
    ("GET", "metrics"),
    ("GET", "login"),
    ("GET", "custom/custom.css"),
    ("HEAD", "api/contents/rows.csv"),
    ("OPTIONS", "api/contents/rows.csv"),
]


@attack("path-that-is-not-listed", by=By.PERSON,
        stops=Stops(SITE, "rule is None", "False"),
        more=(Stops(PATHS, "return None", "return RULES[12]"),))  # fmt: skip
@pytest.mark.parametrize(("method", "path"), UNLISTED)
async def test_what_is_not_in_the_table_is_not_asked_of_the_workspace(world, plain, control, method, path):
    workspace = Remembering()
    folder = await world.workspace(workspace.answer)
    with control("a plain proxy asks for anything"):
        assert await status_of(world, await plain.to(folder / "server.sock") + BASE + path, {}, method) == 200
    workspace.asked.clear()
    assert await status_of(world, world.work + BASE + path, world.inside(Origin=world.work), method) == 404
    assert workspace.asked == []


@attack("terminal-without-permission", by=By.PERSON,
        stops=Stops(SITE, "or (rule.needs and not await self._offers.allow(rule, place))"))  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_terminal_opens_where_the_project_has_none(world, plain, control, method):
    workspace = Remembering()
    folder = await world.workspace(workspace.answer)
    with control("a plain proxy opens one wherever the server has them"):
        assert (
            await status_of(world, await plain.to(folder / "server.sock") + BASE + "api/terminals", {}, method)
            == 200
        )
    workspace.asked.clear()
    headers = world.inside(Origin=world.work)
    assert await status_of(world, world.work + BASE + "api/terminals", headers, method) == 404
    assert workspace.asked == []


@attack("somebody-elses-workspace", by=By.PERSON,
        stops=Stops(SITE, "if session is not None and session.person == place[0]:", "if session is not None:"),
        more=(Stops(SITE, 'if sealed is None or (sealed["person"], sealed["project"]) != place:', "if sealed is None:"),))  # fmt: skip
@pytest.mark.parametrize("way", ["nobody", "erin's own", "another project's", "erin's token", "our pages' cookie"])
async def test_only_its_owner_gets_in(world, plain, control, way):
    folder = await world.workspace(echo)
    seal = world.sealer.seal
    cookies = {
        "nobody": {},
        "erin's own": world.inside("erin", "tumour-ml"),
        "another project's": world.inside("alice", "diabetes-care"),
        "erin's token": {
            "Cookie": f"enclave-workspace={seal('workspace', token='token-of-erin', person='alice', project='tumour-ml')}"
        },
        "our pages' cookie": {"Cookie": world.cookie()["Cookie"].replace("session", "workspace", 1)},
    }
    with control("a plain proxy asks nobody who they are"):
        assert await status_of(world, await plain.to(folder / "server.sock") + BASE + "api", cookies[way]) == 200
    assert await status_of(world, world.work + BASE + "api", cookies[way]) == 401
    assert await status_of(world, world.work + BASE + "api", world.inside()) == 200


@attack("cookie-of-the-person-to-the-workspace", by=By.WORKSPACE,
        stops=Stops(HEADERS, "for name in _SENT:", "for name in given:"))  # fmt: skip
@pytest.mark.parametrize(
    "name", ["Cookie", "Authorization", "X-XSRFToken", "X-Forwarded-For", "Referer", "Upgrade"]
)
async def test_a_workspace_learns_nothing_that_it_could_use_as_its_person(world, plain, control, name):
    folder = await world.workspace(echo)
    sent = world.inside(**({name: "enclave-session=secret"} if name != "Cookie" else {}))
    with control("a plain proxy hands everything on"):
        async with world.get(await plain.to(folder / "server.sock") + BASE + "api", **sent) as answer:
            assert name == "Upgrade" or name in (await answer.json())["headers"]
    async with world.get(world.work + BASE + "api", **sent) as answer:
        assert name not in (await answer.json())["headers"]


@attack("page-of-another-site", by=By.PAGE,
        stops=Stops(ORIGINS, "return given == [origin.url]", "return True"),
        more=(Stops(ORIGINS, 'return request.headers.get("Sec-Fetch-Site") == "same-origin"', "return True"),
              Stops(PAGES, "refuse_foreign(request, self.origin)")))  # fmt: skip
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


@attack("name-of-somebody-else-in-a-header", by=By.PERSON,
        stops=Stops(HEADERS, "if plain in HOP_BY_HOP or plain in NOT_TO_OURS or plain in named or plain.startswith(_NOT_TO_OURS_PREFIXES):",
                    "if plain in HOP_BY_HOP:"),
        more=(Stops(HEADERS, 'plain = name.lower().replace("_", "-")', "plain = name.lower()"),))  # fmt: skip
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


@attack("header-named-as-one-of-the-connection", by=By.PERSON,
        stops=Stops(HEADERS, "kept.update(added)", "kept = CIMultiDict({**added, **kept})"))  # fmt: skip
async def test_nobody_has_the_gates_own_word_taken_out(world, plain, control):
    """`Connection: X-Enclave-Person` asks a proxy to remove that header; the desk would hear no name at all."""
    sent = {**world.cookie(), "Connection": "X-Enclave-Person, Host", "Host": world.pages.removeprefix("http://")}
    desk = world.settings.layout.desk_socket("gate")
    with control("a plain proxy lets the browser say who and where it is"):
        async with world.get(await plain.to(desk) + "/desk/requests", **sent, **FORGED) as answer:
            assert (await answer.json())["headers"]["X-Enclave-Person"] == "carol"
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


@attack("the-desks-inner-calls", by=By.PERSON,
        stops=Stops(PAGES, r'_DESK = re.compile(r"/(?:home|desk(?:/.*)?)")', r'_DESK = re.compile(r"/.*")'))  # fmt: skip
@pytest.mark.parametrize("path", INNER)
async def test_what_is_for_the_gate_alone_is_not_for_browsers(world, plain, control, path):
    async def desk(request):
        return web.json_response({"inner": request.path})

    world.runners["inner"] = await serve(desk, world.settings.layout.desk_socket("gate"))
    with control("a plain proxy to the desk's socket reaches them"):
        assert await status_of(world, await plain.to(world.settings.layout.desk_socket("gate")) + path, {}) == 200
    async with world.get(world.pages + path, **world.cookie()) as answer:
        assert answer.status == 404 and "inner" not in await answer.text()


@attack("name-that-points-here", by=By.PAGE,
        stops=Stops("workspaces/gate/gate.py", "if host == pages.host:", "if True:"))  # fmt: skip
@pytest.mark.parametrize("host", ["evil.example", "localhost", "evil.the pages'", "the pages'.evil.example", ""])
async def test_a_name_of_somebody_elses_gets_nothing(world, plain, control, host):
    """A page of evil.example whose name is made to point here (DNS rebinding) shares its origin with our answers."""
    host = host.replace("the pages'", world.pages.removeprefix("http://"))
    desk = world.settings.layout.desk_socket("gate")
    with control("a plain proxy answers by whatever name it is called"):
        assert await status_of(world, await plain.to(desk) + "/home", {**world.cookie(), "Host": host}) == 200
    world.desk_calls.clear()
    assert await status_of(world, world.pages + "/home", {**world.cookie(), "Host": host}) == 421
    assert world.desk_calls == []

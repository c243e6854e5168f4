"""A person, or somebody with their browser, at the gate's door: other paths, other people's things, other names."""

import pytest
from aiohttp import web

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.gate.conftest import BASE
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


@attack(
    "path-with-two-readings",
    by=By.PERSON,
    stops=Stops(
        PATHS,
        "if not _PLAIN.fullmatch(path) or _TRICK.search(path):",
        "if False:",
    ),
)
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


@attack(
    "path-that-is-not-listed",
    by=By.PERSON,
    stops=Stops(SITE, "rule is None", "False"),
    more=(Stops(PATHS, "return None", "return RULES[12]"),),
)
@pytest.mark.parametrize(("method", "path"), UNLISTED)
async def test_what_is_not_in_the_table_is_not_asked_of_the_workspace(world, plain, control, method, path):
    workspace = Remembering()
    folder = await world.workspace(workspace.answer)
    with control("a plain proxy asks for anything"):
        assert await status_of(world, await plain.to(folder / "server.sock") + BASE + path, {}, method) == 200
    workspace.asked.clear()
    assert await status_of(world, world.work + BASE + path, world.inside(Origin=world.work), method) == 404
    assert workspace.asked == []


@attack(
    "terminal-without-permission",
    by=By.PERSON,
    stops=Stops(SITE, "or (rule.needs and not await self._offers.allow(rule, place))"),
)
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


@attack(
    "somebody-elses-workspace",
    by=By.PERSON,
    stops=Stops(
        SITE,
        "if session is not None and session.person == place[0]:",
        "if session is not None:",
    ),
    more=(
        Stops(
            SITE,
            'if sealed is None or (sealed["person"], sealed["project"]) != place:',
            "if sealed is None:",
        ),
    ),
)
@pytest.mark.parametrize("way", ["nobody", "erin's own", "another project's", "erin's token", "our pages' cookie"])
async def test_only_its_owner_gets_in(world, plain, control, way):
    folder = await world.workspace(echo)
    borrowed = world.sealer.seal("workspace", token="token-of-erin", person="alice", project="tumour-ml")
    cookies = {
        "nobody": {},
        "erin's own": world.inside("erin", "tumour-ml"),
        "another project's": world.inside("alice", "diabetes-care"),
        "erin's token": {"Cookie": f"enclave-workspace={borrowed}"},
        "our pages' cookie": {"Cookie": world.cookie()["Cookie"].replace("session", "workspace", 1)},
    }
    with control("a plain proxy asks nobody who they are"):
        assert await status_of(world, await plain.to(folder / "server.sock") + BASE + "api", cookies[way]) == 200
    assert await status_of(world, world.work + BASE + "api", cookies[way]) == 401
    assert await status_of(world, world.work + BASE + "api", world.inside()) == 200


@attack(
    "cookie-of-the-person-to-the-workspace",
    by=By.WORKSPACE,
    stops=Stops(HEADERS, "for name in _SENT:", "for name in given:"),
)
@pytest.mark.parametrize(
    "name", ["Cookie", "Authorization", "X-XSRFToken", "X-Forwarded-For", "Referer", "Upgrade"]
)
async def test_a_workspace_learns_nothing_that_it_could_use_as_its_person(world, plain, control, name):
    folder = await world.workspace(echo)
    sent = world.inside(**({name: "enclave-session=secret"} if name != "Cookie" else {}))
    with control("a plain proxy hands everything on"):
        async with world.get(await plain.to(folder / "server.sock") + BASE + "api", **sent) as answer:
            assert name in (await answer.json())["headers"]
    async with world.get(world.work + BASE + "api", **sent) as answer:
        assert name not in (await answer.json())["headers"]

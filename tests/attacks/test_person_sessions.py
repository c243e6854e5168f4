"""Sessions: stolen, planted, used twice, used for something else."""

import pytest
from aiohttp import web
from jupyterhub import orm
from jupyterhub.scopes import expand_scopes

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.gate.conftest import ALICE, BASE
from tests.workspaces.gate.test_real_hub import enclave
from tests.workspaces.gate.test_workspaces import echo

__all__ = ["enclave"]
TICKETS, SITE, LOGIN = "workspaces/gate/tickets.py", "workspaces/gate/workspaces.py", "workspaces/gate/login.py"


async def enter(world, ticket: str, base: str = BASE, **headers: str):
    async with world.get(f"{world.work}{base}enter?ticket={ticket}", **headers) as answer:
        return answer.status, answer.headers.get("Set-Cookie", "")


async def control_enters(world) -> None:
    """A ticket used as it is meant to be lets in."""
    status, cookie = await enter(world, world.gate.tickets.issue("token-of-alice", ALICE), **world.cookie())
    assert status == 302 and "enclave-workspace=" in cookie


@attack(
    "ticket-used-again",
    by=By.PERSON,
    stops=Stops(
        TICKETS,
        "ticket = self._issued.pop(name, None)",
        "ticket = self._issued.get(name)",
    ),
)
async def test_a_ticket_in_an_address_is_good_once(world, control):
    """It stands in the address of the frame, so it is seen by whoever sees addresses."""
    await world.workspace(echo)
    ticket = world.gate.tickets.issue("token-of-alice", ALICE)
    with control("it lets in"):
        status, cookie = await enter(world, ticket)
        assert status == 302 and "enclave-workspace=" in cookie
    status, cookie = await enter(world, ticket)
    assert (status, cookie) == (403, "")


@attack(
    "ticket-for-another-place",
    by=By.PERSON,
    stops=Stops(
        TICKETS,
        "if ticket is None or ticket.until <= self._clock() or ticket.place != place:",
        "if ticket is None:",
    ),
    more=(
        Stops(
            SITE,
            "if token is None or (here is not None and here != token):",
            "if token is None:",
        ),
        Stops(
            SITE,
            "if session is None or session.person != place[0]:",
            "if session is None:",
        ),
    ),
)
@pytest.mark.parametrize(
    "way", ["another project", "another person", "too old", "another browser", "another's token"]
)
async def test_a_ticket_is_for_one_session_one_place_and_a_short_while(world, control, way):
    await world.workspace(echo)
    with control("used as it is meant to be, it lets in"):
        await control_enters(world)
        assert world.gate.tickets.redeem("invented", ALICE) is None
    ticket = world.gate.tickets.issue("token-of-erin" if way == "another's token" else "token-of-alice", ALICE)
    base, headers = BASE, world.cookie("erin") if way == "another browser" else {}
    if way == "another project":
        base = "/user/alice/diabetes-care/"
    if way == "another person":
        base = "/user/erin/tumour-ml/"
    if way == "too old":
        start = world.gate.tickets._clock()
        world.gate.tickets._clock = lambda: start + 60
    status, cookie = await enter(world, ticket, base, **headers)
    assert status in (401, 403) and cookie == ""


@attack(
    "cookie-used-as-another",
    by=By.PERSON,
    stops=Stops(
        "workspaces/gate/sessions.py",
        'return known if known.get("kind") == kind else None',
        "return known",
    ),
)
@pytest.mark.parametrize("kind", ["workspace", "login"])
async def test_a_cookie_is_good_for_what_it_was_sealed_for(world, control, kind):
    """What hostile code might get hold of, at a workspace's origin, is no key to our pages."""
    content = {"token": "token-of-alice", "person": "alice", "project": "tumour-ml"}
    with control("the same content, sealed as a session, is one"):
        sealed = world.sealer.seal("session", **content)
        async with world.get(world.pages + "/home", Cookie=f"enclave-session={sealed}") as answer:
            assert answer.status == 200
    sealed = world.sealer.seal(kind, **content)
    async with world.get(world.pages + "/home", Cookie=f"enclave-session={sealed}") as answer:
        assert answer.status == 401


@attack(
    "cookie-planted-beside-ours",
    by=By.PAGE,
    stops=Stops(
        "workspaces/gate/headers.py",
        "return tuple(value for found, _, value in pairs if found == name)",
        "return tuple(value for found, _, value in pairs if found == name)[:1]",
    ),
)
async def test_a_planted_cookie_neither_logs_in_nor_out(world, control):
    """Whoever may set cookies on a parent domain can put one of the same name before ours."""
    ours = world.cookie()["Cookie"]
    with control("by itself it is what the gate looks at, and it is no session"):
        async with world.get(world.pages + "/home", Cookie="enclave-session=planted") as answer:
            assert answer.status == 401
    async with world.get(world.pages + "/home", Cookie=f"enclave-session=planted; {ours}") as answer:
        assert answer.status == 200


async def confirming(_request):
    """A Hub that gives alice's token for any code."""
    return web.json_response({"access_token": "token-of-alice"})


async def begun(world, target: str = "/home") -> tuple[str, str]:
    """Begin a login: the state in the address, and the cookie."""
    async with world.get(world.pages + target, Accept="text/html") as answer:
        state = answer.headers["Location"].partition("&state=")[2].partition("&")[0]
        return state, answer.headers["Set-Cookie"].partition(";")[0]


@attack(
    "login-begun-by-somebody-else",
    by=By.PAGE,
    stops=Stops(
        LOGIN,
        ('begun = next((content for content in opened if content and content["state"] == state), None)'),
        ('begun = next((content for content in opened if content), {"verifier": "", "target": "/home"})'),
    ),
)
@pytest.mark.parametrize("way", ["no cookie", "another attempt's cookie"])
async def test_a_browser_is_not_logged_in_by_somebody_elses_address(world, control, way):
    """Else a page could log its visitor in as the attacker, whose workspace then receives what they type."""
    world.hub_answer = confirming
    state, cookie = await begun(world)
    with control("the browser that began is logged in"):
        async with world.get(f"{world.pages}/oauth/callback?code=c&state={state}", Cookie=cookie) as answer:
            assert "enclave-session=" in str(answer.headers.getall("Set-Cookie"))
    other, _ = await begun(world)
    renamed = f"enclave-login-{other[:12]}={cookie.partition('=')[2]}"
    headers = {"Cookie": renamed} if way == "another attempt's cookie" else {}
    async with world.get(f"{world.pages}/oauth/callback?code=c&state={other}", **headers) as answer:
        assert answer.status == 403 and "Set-Cookie" not in answer.headers


@attack(
    "login-that-leads-elsewhere",
    by=By.PAGE,
    stops=Stops(
        LOGIN,
        'return target if _LOCAL.fullmatch(target) else "/home"',
        "return target",
    ),
)
@pytest.mark.parametrize("target", ["//evil.example/", "/\\evil.example/", "https://evil.example/"])
async def test_a_login_ends_at_a_page_of_ours(world, control, target):
    login = world.gate._pages.login
    world.hub_answer = confirming
    with control("a browser follows where the answer points"):
        async with world.browser.get(world.pages + "/", allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/home"
    begins = login.begin(target)
    state = begins.headers["Location"].partition("&state=")[2].partition("&")[0]
    cookie = next(iter(begins.cookies.values()))
    sent = {"Cookie": f"{cookie.key}={cookie.value}"}
    async with world.get(f"{world.pages}/oauth/callback?code=c&state={state}", **sent) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/home")


@attack(
    "token-made-at-the-hub",
    by=By.PERSON,
    stops=Stops(
        "workspaces/hub.py",
        ('"scopes": ["read:users!user", "read:servers!user", "access:servers!user", _ACCESS_GATE],'),
        '"scopes": ["self", _ACCESS_GATE],',
    ),
)
async def test_a_person_makes_no_token_and_starts_no_server_at_the_hub(enclave, control):
    """A token would be a session that no login, page or second factor stands before, and that lasts."""
    world, _, browser = enclave
    with control("JupyterHub's own role of a user makes tokens and starts servers"):
        granted = expand_scopes(["self"], owner=orm.User(name="alice"))
        assert {"tokens!user=alice", "servers!user=alice"} <= granted
    await browser.login("alice")
    await browser.get("/hub/token")
    cookies = {cookie.key: cookie.value for cookie in browser.client.cookie_jar}
    headers = {"Origin": world.pages, "X-XSRFToken": cookies.get("_xsrf", ""), "Accept": "application/json"}
    for method, path in (("POST", "users/alice/tokens"), ("GET", "users/alice/tokens"), ("GET", "users"),
                         ("POST", "users/alice/servers/tumour-ml"), ("POST", "shares/alice/tumour-ml"),
                         ("POST", "users/alice/tokens?_xsrf=x"), ("PATCH", "users/alice")):  # fmt: skip
        way = f"{world.pages}/hub/api/{path}"
        async with browser.client.request(method, way, headers=headers, json={}) as answer:
            assert answer.status in (403, 404), (method, path, await answer.text())

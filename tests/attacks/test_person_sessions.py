"""Sessions: stolen, planted, used twice, used for something else."""

from urllib.parse import quote

import pytest
from aiohttp import web

from tests.attacks.claims import By, Stops, attack
from tests.attacks.doors import door
from tests.workspaces.gate.conftest import ALICE, BASE
from tests.workspaces.gate.test_real_hub import Browser, answers, enclave
from tests.workspaces.gate.test_workspaces import echo

__all__ = ["door", "enclave"]
TICKETS, SITE, LOGIN = "workspaces/gate/tickets.py", "workspaces/gate/workspaces.py", "workspaces/gate/login.py"


async def enter(world, ticket: str, base: str = BASE, origin: str = "", **headers: str):
    async with world.get(f"{origin or world.work}{base}enter?ticket={ticket}", **headers) as answer:
        return answer.status, answer.headers.get("Set-Cookie", "")


def let_in(answer: tuple[int, str]) -> bool:
    return answer[0] == 302 and "enclave-workspace=" in answer[1]


@attack(
    "ticket-used-again",
    by=By.PERSON,
    stops=Stops(
        TICKETS,
        "ticket = self._issued.pop(name, None)",
        "ticket = self._issued.get(name)",
    ),
)
async def test_a_ticket_in_an_address_is_good_once(world, door, control):
    """It stands in the address of the frame, so it is seen by whoever sees addresses."""
    await world.workspace(echo)
    with control("what is sealed and not remembered lets in again"):
        again = door.ticket("token-of-alice")
        assert let_in(await enter(world, again, origin=door.url))
        assert let_in(await enter(world, again, origin=door.url))
    ticket = world.gate.tickets.issue("token-of-alice", ALICE)
    assert let_in(await enter(world, ticket))
    assert await enter(world, ticket) == (403, "")


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
async def test_a_ticket_is_for_one_session_one_place_and_a_short_while(world, door, control, way):
    await world.workspace(echo)
    token = "token-of-erin" if way == "another's token" else "token-of-alice"
    base = {"another project": "/user/alice/diabetes-care/", "another person": "/user/erin/tumour-ml/"}.get(
        way, BASE
    )
    headers = world.cookie("erin") if way == "another browser" else {}
    with control("what is sealed and looked at no further lets in"):
        old = door.ticket(token, 3600 if way == "too old" else 0)
        assert let_in(await enter(world, old, base, door.url, **headers))
    assert let_in(await enter(world, world.gate.tickets.issue("token-of-alice", ALICE), **world.cookie()))
    ticket = world.gate.tickets.issue(token, ALICE)
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
async def test_a_cookie_is_good_for_what_it_was_sealed_for(world, door, control, kind):
    """What hostile code might get hold of, at a workspace's origin, is no key to our pages."""
    content = {"token": "token-of-alice", "person": "alice", "project": "tumour-ml"}
    sealed = world.sealer.seal(kind, **content)
    with control("where one key seals everything it is a session"):
        assert await home(world, door.url, f"enclave-session={sealed}") == 200
    assert await home(world, world.pages, f"enclave-session={sealed}") == 401
    assert await home(world, world.pages, f"enclave-session={world.sealer.seal('session', **content)}") == 200


async def home(world, origin: str, cookies: str) -> int:
    async with world.get(origin + "/home", Cookie=cookies) as answer:
        return answer.status


@attack(
    "cookie-planted-beside-ours",
    by=By.PAGE,
    stops=Stops(
        "workspaces/gate/headers.py",
        "return tuple(value for found, _, value in pairs if found == name)",
        "return tuple(value for found, _, value in pairs if found == name)[:1]",
    ),
)
@pytest.mark.parametrize("where", ["before ours", "after ours"])
async def test_a_planted_cookie_neither_logs_in_nor_out(world, door, control, where):
    """Whoever may set cookies on a parent domain can put one of the same name beside ours."""
    ours, planted = world.cookie()["Cookie"], "enclave-session=planted"
    door.takes_first = where == "before ours"
    both = f"{planted}; {ours}" if where == "before ours" else f"{ours}; {planted}"
    with control("where one of them is taken the person is logged out, or somebody else"):
        assert await home(world, door.url, ours) == 200
        assert await home(world, door.url, both) == 401
    assert await home(world, world.pages, both) == 200


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
async def test_a_browser_is_not_logged_in_by_somebody_elses_address(world, door, control, way):
    """Else a page could log its visitor in as the attacker, whose workspace then receives what they type."""
    world.hub_answer = confirming
    with control("where a code is all that is asked for, whoever opens the address is logged in"):
        async with world.get(f"{door.url}/oauth/callback?code=c&state=x") as answer:
            assert "enclave-session=" in answer.headers["Set-Cookie"]
    state, cookie = await begun(world)
    async with world.get(f"{world.pages}/oauth/callback?code=c&state={state}", Cookie=cookie) as answer:
        assert "enclave-session=" in str(answer.headers.getall("Set-Cookie")), "the browser that began it is"
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
async def test_a_login_ends_at_a_page_of_ours(world, door, control, target):
    login = world.gate._pages.login
    world.hub_answer = confirming
    with control("where the target is believed, the login ends there"):
        async with world.get(f"{door.url}/oauth/callback?code=c&target={quote(target)}") as answer:
            assert (answer.status, answer.headers["Location"]) == (302, target)
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
    world, hub, browser = enclave
    await hub.stop()
    await hub.start(TEST_PEOPLE="as JupyterHub has them")
    await answers(world)
    with control("with JupyterHub's own role of a user they make tokens and start servers"):
        assert await asked(world, browser, "POST", "users/alice/tokens") == 201
        assert await asked(world, browser, "POST", "users/alice/servers/tumour-ml") in (201, 202)
    await browser.client.close()
    await hub.stop()
    await hub.start()
    await answers(world)
    browser.client = Browser(world).client
    for method, path in (("POST", "users/alice/tokens"), ("GET", "users/alice/tokens"), ("GET", "users"),
                         ("POST", "users/alice/servers/tumour-ml"), ("POST", "shares/alice/tumour-ml"),
                         ("POST", "users/alice/tokens?_xsrf=x"), ("PATCH", "users/alice")):  # fmt: skip
        assert await asked(world, browser, method, path) in (403, 404), (method, path)


async def asked(world, browser: Browser, method: str, path: str) -> int:
    """What the Hub's API answers alice's browser."""
    if not list(browser.client.cookie_jar):
        await browser.login("alice")
        await browser.get("/hub/token")
    cookies = {cookie.key: cookie.value for cookie in browser.client.cookie_jar}
    headers = {"Origin": world.pages, "X-XSRFToken": cookies.get("_xsrf", ""), "Accept": "application/json"}
    way = f"{world.pages}/hub/api/{path}"
    async with browser.client.request(method, way, headers=headers, json={}) as answer:
        return answer.status

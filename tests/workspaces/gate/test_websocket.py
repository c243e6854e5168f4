"""Channels: opened by our own pages only, passed on faithfully, ended with the session."""

import asyncio
import contextlib

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from tests.workspaces.gate import kernel_messages
from tests.workspaces.gate.conftest import ALICE, BASE, until
from tests.workspaces.gate.kernel_messages import Kernel, message, printed
from workspaces.gate import workspaces
from workspaces.gate.meter.messages import SUBPROTOCOL

PATH = BASE + "api/kernels/1/channels?session_id=a%2Fb"
HELLO = printed("hello")


def connect(world, headers=None, protocols=("other", SUBPROTOCOL)):
    headers = world.inside(Origin=world.work) if headers is None else headers
    return kernel_messages.connect(world, PATH, headers=headers, protocols=protocols)


async def test_messages_subprotocol_and_close_codes_pass_and_cookies_do_not(world):
    kernel = Kernel()
    await world.workspace(kernel.answer)
    async with connect(world) as channel:
        assert channel.protocol == SUBPROTOCOL
        large = message("display_data", {"data": {"text/plain": "x" * 5_000_000}})
        for one in (HELLO, large):
            await channel.send_bytes(one)
            assert await channel.receive_bytes() == one
        await kernel.there.ping(b"are you there")
        await channel.send_bytes(HELLO)
        assert await channel.receive_bytes() == HELLO
        async with asyncio.timeout(3):
            closing = asyncio.create_task(kernel.there.close(code=4001, message=b"bye"))
            told = await channel.receive()
            await closing
        assert (told.type, told.data, told.extra) == (WSMsgType.CLOSE, 4001, "bye")
    assert "Cookie" not in kernel.headers
    assert "Origin" not in kernel.headers
    assert kernel.headers["Sec-WebSocket-Protocol"] == SUBPROTOCOL
    assert kernel.pongs == [b"are you there"]


async def test_the_browsers_close_code_reaches_the_workspace(world):
    kernel = Kernel()
    await world.workspace(kernel.answer)
    async with connect(world) as channel:
        await channel.close(code=4007)
    await until(lambda: kernel.closed == 4007)


async def test_a_kernel_that_does_not_speak_the_measured_protocol_opens_no_channel(world):
    """Nor does a browser that does not offer it: in the old one, JSON as text, headers cannot be found quickly."""
    await world.workspace(Kernel(protocols=()).answer)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(world)
    assert refused.value.status == 502
    await world.workspace(Kernel().answer)
    for protocols in ((), ("unknown",)):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await connect(world, protocols=protocols)
        assert refused.value.status == 502


async def test_a_channel_that_is_not_a_kernels_has_the_subprotocol_that_both_ends_know(world):
    events = BASE + "api/events/subscribe"
    for known, agreed in (((), None), (("notices",), "notices")):
        await world.workspace(Kernel(protocols=known).answer)
        async with kernel_messages.connect(world, events, protocols=("other", "notices")) as channel:
            assert channel.protocol == agreed
            await channel.send_str("a notice")
            assert await channel.receive_str() == "a notice"


@pytest.mark.parametrize("origin", [None, "pages", "null", "https://evil.example"])
async def test_another_origin_opens_no_channel(world, origin):
    kernel = Kernel()
    await world.workspace(kernel.answer)
    headers = world.inside(**({"Origin": world.pages if origin == "pages" else origin} if origin else {}))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(world, headers)
    assert refused.value.status == 403
    assert kernel.headers == {}


async def test_somebody_else_opens_no_channel(world):
    await world.workspace(Kernel().answer)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(world, world.inside("erin", Origin=world.work))
    assert refused.value.status == 401


async def test_a_channel_ends_when_the_session_is_revoked(world):
    kernel = Kernel()
    await world.workspace(kernel.answer)
    async with connect(world) as channel:
        await channel.send_bytes(HELLO)
        await channel.receive_bytes()
        del world.tokens["token-of-alice"]
        world.gate._site._login.sessions.forget("token-of-alice")
        async with asyncio.timeout(5):
            message = await channel.receive()
        assert (message.type, message.data) == (WSMsgType.CLOSE, 4401)
    await until(lambda: kernel.closed is not None)


async def test_a_channel_ends_when_the_workspace_is_stopped(world):
    await world.workspace(Kernel().answer)
    async with connect(world) as channel:
        await world.control("DELETE", "/routes", {"routespec": BASE})
        async with asyncio.timeout(5):
            message = await channel.receive()
        assert message.type is WSMsgType.CLOSE


async def test_a_workspace_that_refuses_the_channel_or_is_gone_makes_an_http_answer(world):
    async def refuse(_request):
        return web.Response(status=404)

    await world.workspace(refuse)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(world)
    assert refused.value.status == 502
    await world.runners.pop("alice/tumour-ml").cleanup()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(world)
    assert refused.value.status == 503


async def test_a_server_that_breaks_off_closes_the_channel(world):
    async def vanish(request):
        channel = web.WebSocketResponse(protocols=[SUBPROTOCOL])
        await channel.prepare(request)
        request.transport.abort()
        return channel

    await world.workspace(vanish)
    async with connect(world) as channel:
        async with asyncio.timeout(5):
            message = await channel.receive()
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1011)


async def test_a_browsers_endless_message_ends_the_channel_and_not_the_gate(world):
    """What a workspace sends without end is replaced: `test_meter_channels.py`."""
    kernel = Kernel()
    await world.workspace(kernel.answer)
    async with connect(world) as channel:
        with contextlib.suppress(ConnectionError):  # the gate may be gone before all of it is sent
            await channel.send_bytes(bytes(17 * 1024 * 1024))
        async with asyncio.timeout(20):
            told = await channel.receive()
        assert told.type is not WSMsgType.BINARY
    await until(lambda: kernel.closed is not None)
    async with connect(world) as channel:
        await channel.send_bytes(HELLO)
        assert await channel.receive_bytes() == HELLO


async def test_what_the_person_sends_is_a_sign_of_life_and_what_the_workspace_sends_is_not(world):
    kernel = Kernel()
    await world.workspace(kernel.answer)
    activity = world.gate.activity
    async with connect(world) as channel:
        activity._life(ALICE).last -= 1000
        await channel.ping()
        await asyncio.sleep(0.1)
        assert activity.idle_seconds(ALICE) > 900
        await channel.send_bytes(HELLO)
        await channel.receive()
        assert activity.idle_seconds(ALICE) < 5


async def test_channels_are_counted(world, monkeypatch):
    monkeypatch.setattr(workspaces, "CHANNELS", 1)
    await world.workspace(Kernel().answer)
    async with connect(world):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await connect(world)
        assert refused.value.status == 503
    await until(lambda: not world.gate._site._channels)
    async with connect(world):
        pass


async def test_a_channel_is_not_an_ordinary_path_nor_the_other_way_round(world):
    await world.workspace(Kernel().answer)
    async with world.get(world.work + PATH, **world.inside()) as answer:
        assert answer.status == 404
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await world.browser.ws_connect(world.work + BASE + "api", headers=world.inside(Origin=world.work))
    assert refused.value.status == 404

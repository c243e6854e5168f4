"""Channels: opened by our own pages only, passed on faithfully, ended with the session."""

import asyncio

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from yarl import URL

from tests.workspaces.gate.conftest import ALICE, BASE, until
from workspaces.gate import workspaces

PATH = BASE + "api/kernels/1/channels?session_id=a%2Fb"


class Kernel:
    """A workspace whose channel echoes and can be told to close."""

    def __init__(self):
        self.headers = {}
        self.closed = None
        self.pongs = []

    async def answer(self, request):
        if not request.path.endswith("/channels"):
            return web.json_response([])
        self.headers = dict(request.headers)
        channel = web.WebSocketResponse(
            protocols=["v1.kernel.websocket.jupyter.org"], autoping=False, max_msg_size=0
        )
        await channel.prepare(request)
        async for message in channel:
            if message.type is WSMsgType.TEXT and message.data == "close":
                await channel.close(code=4001, message=b"bye")
            elif message.type is WSMsgType.TEXT and message.data == "ping":
                await channel.ping(b"are you there")
            elif message.type is WSMsgType.TEXT:
                await channel.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await channel.send_bytes(message.data)
            elif message.type is WSMsgType.PONG:
                self.pongs.append(bytes(message.data))
        self.closed = channel.close_code
        return channel


def connect(world, headers=None, protocols=("other", "v1.kernel.websocket.jupyter.org"), **options):
    headers = world.inside(Origin=world.work) if headers is None else headers
    return world.browser.ws_connect(
        URL(world.work + PATH, encoded=True), headers=headers, protocols=protocols, max_msg_size=0, **options
    )


async def test_messages_subprotocol_and_close_codes_pass_and_cookies_do_not(world):
    kernel = Kernel()
    await world.workspace(kernel.answer)
    async with connect(world) as channel:
        assert channel.protocol == "v1.kernel.websocket.jupyter.org"
        await channel.send_str("hello")
        assert await channel.receive_str() == "hello"
        await channel.send_bytes(bytes(5_000_000))
        assert await channel.receive_bytes() == bytes(5_000_000)
        await channel.send_str("ping")
        await channel.send_str("after the ping")
        assert await channel.receive_str() == "after the ping"
        async with asyncio.timeout(3):
            await channel.send_str("close")
            message = await channel.receive()
        assert message.type is WSMsgType.CLOSE
        assert (message.data, message.extra) == (4001, "bye")
    assert "Cookie" not in kernel.headers
    assert "Origin" not in kernel.headers
    assert kernel.pongs == [b"are you there"]


async def test_the_browsers_close_code_reaches_the_workspace(world):
    kernel = Kernel()
    await world.workspace(kernel.answer)
    async with connect(world) as channel:
        await channel.close(code=4007)
    await until(lambda: kernel.closed == 4007)


async def test_no_subprotocol_is_offered_that_the_workspace_did_not_choose(world):
    await world.workspace(Kernel().answer)
    async with connect(world, protocols=("unknown",)) as channel:
        assert channel.protocol is None


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
        await channel.send_str("hello")
        await channel.receive_str()
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
        channel = web.WebSocketResponse()
        await channel.prepare(request)
        request.transport.abort()
        return channel

    await world.workspace(vanish)
    async with connect(world) as channel:
        async with asyncio.timeout(5):
            message = await channel.receive()
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1011)


async def test_an_endless_message_ends_the_channel_and_not_the_gate(world):
    async def flood(request):
        channel = web.WebSocketResponse(compress=False)
        await channel.prepare(request)
        await channel.send_bytes(bytes(65 * 1024 * 1024))
        await channel.receive()
        return channel

    await world.workspace(flood)
    async with connect(world) as channel:
        async with asyncio.timeout(20):
            message = await channel.receive()
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1009)


async def test_what_the_person_sends_is_a_sign_of_life_and_what_the_workspace_sends_is_not(world):
    kernel = Kernel()
    await world.workspace(kernel.answer)
    activity = world.gate.activity
    async with connect(world) as channel:
        activity._life(ALICE).last -= 1000
        await channel.ping()
        await asyncio.sleep(0.1)
        assert activity.idle_seconds(ALICE) > 900
        await channel.send_str("execute")
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

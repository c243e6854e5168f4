"""Channels abused, from either end."""

import asyncio

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from yarl import URL

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.gate.conftest import ALICE, BASE, until
from workspaces.gate import websocket, workspaces

PATH = BASE + "api/kernels/1/channels"
CHANNEL, SITE = "workspaces/gate/websocket.py", "workspaces/gate/workspaces.py"
KNOWN = "v1.kernel.websocket.jupyter.org"


class Kernel:
    """A workspace whose channel echoes; `sends` is said again and again as soon as a channel is open."""

    def __init__(self, sends: str = "", protocols: tuple[str, ...] = (KNOWN,)) -> None:
        self.sends, self.protocols = sends, protocols
        self.received: list[str] = []
        self.opened = 0

    async def answer(self, request):
        if not request.path.endswith("/channels"):
            return web.json_response([])
        self.opened += 1
        channel = web.WebSocketResponse(protocols=self.protocols, max_msg_size=0, compress=False)
        await channel.prepare(request)
        sending = asyncio.create_task(self.send(channel))
        async for message in channel:
            if message.type is WSMsgType.TEXT:
                self.received.append(message.data)
                await channel.send_str(message.data)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        return channel

    async def send(self, channel):
        while self.sends:
            await channel.send_str(self.sends)
            await asyncio.sleep(0.01)


def connect(world, address: str, headers: dict[str, str], protocols=(KNOWN,)):
    url = URL(address + PATH, encoded=True)
    return world.browser.ws_connect(url, headers=headers, protocols=protocols, max_msg_size=0)


async def opens(world, address: str, headers: dict[str, str]) -> bool:
    try:
        async with connect(world, address, headers) as channel:
            await channel.send_str("run this")
            return await channel.receive_str(timeout=5) == "run this"
    except aiohttp.WSServerHandshakeError:
        return False


@attack("channel-from-another-origin", by=By.PAGE,
        stops=Stops(SITE, "refuse_foreign(request, self._origin, channel)", "refuse_foreign(request, self._origin)"))  # fmt: skip
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "the pages'", "none"])
async def test_a_page_of_another_origin_opens_no_channel(world, plain, control, origin):
    kernel = Kernel()
    folder = await world.workspace(kernel.answer)
    origin = world.pages if origin == "the pages'" else origin
    headers = world.inside() if origin == "none" else world.inside(Origin=origin)
    with control("through a plain proxy it runs code, for a browser sends the cookie along"):
        assert await opens(world, await plain.to(folder / "server.sock"), headers)
    assert not await opens(world, world.work, headers)
    assert kernel.opened == 1
    assert await opens(world, world.work, world.inside(Origin=world.work)), "our own page does"


@attack("channel-of-somebody-else", by=By.PERSON,
        stops=Stops(SITE, 'if sealed is None or (sealed["person"], sealed["project"]) != place:',
                    "if sealed is None:"))  # fmt: skip
@pytest.mark.parametrize("project", ["tumour-ml", "diabetes-care"])
async def test_another_workspaces_session_opens_no_channel(world, plain, control, project):
    """Alice's own other project is another workspace as well."""
    folder = await world.workspace(Kernel().answer)
    headers = world.inside("erin" if project == "tumour-ml" else "alice", project, Origin=world.work)
    with control("a plain proxy asks nobody who they are"):
        assert await opens(world, await plain.to(folder / "server.sock"), headers)
    assert not await opens(world, world.work, headers)


@attack("channel-that-outlives-the-session", by=By.PERSON,
        stops=Stops(CHANNEL, "asyncio.create_task(_watch(channel)),"))  # fmt: skip
async def test_who_has_logged_out_types_no_more(world, plain, control, monkeypatch):
    kernel = Kernel()
    folder = await world.workspace(kernel.answer)
    monkeypatch.setattr(websocket, "CHECK_SECONDS", 0.05)
    through_ours = connect(world, world.work, world.inside(Origin=world.work))
    through_plain = connect(world, await plain.to(folder / "server.sock"), world.inside())
    async with through_ours as ours, through_plain as plainly:
        for channel in (ours, plainly):
            await channel.send_str("before")
            await channel.receive_str()
        del world.tokens["token-of-alice"]
        world.gate._site._login.sessions.forget("token-of-alice")
        await asyncio.sleep(1)
        with control("a channel of a plain proxy goes on"):
            await plainly.send_str("after")
            assert await plainly.receive_str() == "after"
        message = await ours.receive(timeout=5)
        assert (message.type, message.data) == (WSMsgType.CLOSE, websocket.SESSION_ENDED)


@attack("message-without-end", by=By.WORKSPACE,
        stops=Stops(CHANNEL, "LARGEST_MESSAGE = 64 * 1024 * 1024  # bytes, either way; a larger one ends the channel (1009)",
                    "LARGEST_MESSAGE = 0"))  # fmt: skip
async def test_a_message_in_fragments_ends_at_its_limit(world, plain, control):
    """In many fragments, each small: only their sum is too much."""
    size, count = 1 << 20, 70

    async def flood(request):
        if not request.path.endswith("/channels"):
            return web.json_response([])
        channel = web.WebSocketResponse(compress=False)
        await channel.prepare(request)
        head = bytes([127]) + size.to_bytes(8)
        for number in range(count):
            first = (0x02 if number == 0 else 0x00) | (0x80 if number == count - 1 else 0)
            request.transport.write(bytes([first]) + head + bytes(size))
            await asyncio.sleep(0)
        await channel.receive()
        return channel

    folder = await world.workspace(flood)
    with control("a plain proxy hands it on whole"):
        async with connect(world, await plain.to(folder / "server.sock"), {}) as channel:
            assert len(await channel.receive_bytes(timeout=30)) == size * count
    async with connect(world, world.work, world.inside(Origin=world.work)) as channel:
        message = await channel.receive(timeout=30)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1009)


@attack("channels-without-number", by=By.PERSON,
        stops=Stops(SITE, "if self._channels.get(place, 0) >= CHANNELS:", "if False:"))  # fmt: skip
async def test_one_workspace_has_a_number_of_channels(world, plain, control, monkeypatch):
    folder = await world.workspace(Kernel().answer)
    monkeypatch.setattr(workspaces, "CHANNELS", 3)
    opened: list[aiohttp.ClientWebSocketResponse] = []

    async def open_four(address: str) -> int:
        before = len(opened)
        for _ in range(4):
            try:
                opened.append(await connect(world, address, world.inside(Origin=world.work)))
            except aiohttp.WSServerHandshakeError:
                break
        return len(opened) - before

    with control("a plain proxy opens as many as are asked for"):
        assert await open_four(await plain.to(folder / "server.sock")) == 4
    assert await open_four(world.work) == 3
    for channel in opened:
        await channel.close()


@attack("keeping-itself-alive", by=By.WORKSPACE,
        stops=Stops(CHANNEL, "asyncio.create_task(_pump(inner, outer, None)),",
                    "asyncio.create_task(_pump(inner, outer, channel.touched)),"))  # fmt: skip
async def test_what_a_workspace_sends_is_no_sign_of_its_person(world, control):
    """Otherwise a notebook that prints for ever is never idle, and holds its memory for ever."""
    await world.workspace(Kernel(sends="still here").answer)
    activity = world.gate.activity
    async with connect(world, world.work, world.inside(Origin=world.work)) as channel:
        await channel.receive_str()
        activity._life(ALICE).last -= 1000
        with control("what is sent arrives, and by itself says nothing of who caused it"):
            assert [await channel.receive_str() for _ in range(5)] == ["still here"] * 5
        assert activity.idle_seconds(ALICE) > 900
        await channel.send_str("a person")
        await until(lambda: activity.idle_seconds(ALICE) < 5)


@attack("protocol-that-was-not-agreed", by=By.WORKSPACE,
        stops=Stops(CHANNEL, "protocols=[inner.protocol] if inner.protocol else (),", "protocols=offered,"))  # fmt: skip
async def test_browser_and_workspace_speak_the_same_protocol(world, plain, control):
    """Two ends that read the same bytes by different rules are how messages are misread, and measured wrongly."""
    folder = await world.workspace(Kernel(protocols=()).answer)
    with control("a plain proxy agrees to what the browser offers, whatever the workspace speaks"):
        async with connect(world, await plain.to(folder / "server.sock"), {}) as channel:
            assert channel.protocol == KNOWN
    async with connect(world, world.work, world.inside(Origin=world.work)) as channel:
        assert channel.protocol is None


@attack("channel-to-an-ordinary-path", by=By.PERSON,
        stops=Stops(SITE, "or (rule.kind is Kind.CHANNEL) is not channel"))  # fmt: skip
async def test_no_channel_opens_where_the_table_has_none(world, plain, control):
    """A channel to `api/contents` would be an unmeasured, unlooked-at way for files."""
    asked = []

    async def anything(request):
        asked.append(request.path)
        channel = web.WebSocketResponse()
        if not channel.can_prepare(request):
            return web.json_response({})
        await channel.prepare(request)
        await channel.send_str("rows")
        return channel

    folder = await world.workspace(anything)
    where = BASE + "api/contents/rows.csv"
    with control("a plain proxy opens one wherever the workspace likes"):
        async with world.browser.ws_connect(await plain.to(folder / "server.sock") + where) as channel:
            assert await channel.receive_str() == "rows"
    asked.clear()
    headers = world.inside(Origin=world.work)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await world.browser.ws_connect(world.work + where, headers=headers)
    assert refused.value.status == 404 and where not in asked

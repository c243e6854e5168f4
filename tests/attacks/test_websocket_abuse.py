"""Channels abused, from either end."""

import asyncio

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from yarl import URL

from tests.attacks.claims import By, Stops, attack
from tests.attacks.kernels import SUBPROTOCOL, Kernel, message
from tests.workspaces.gate.conftest import BASE
from workspaces.gate import websocket, workspaces

PATH = BASE + "api/kernels/1/channels"
CHANNEL, SITE = "workspaces/gate/websocket.py", "workspaces/gate/workspaces.py"


def connect(world, address: str, headers: dict[str, str], protocols=(SUBPROTOCOL,)):
    url = URL(address + PATH, encoded=True)
    return world.browser.ws_connect(url, headers=headers, protocols=protocols, max_msg_size=0)


async def opens(world, address: str, headers: dict[str, str]) -> bool:
    try:
        async with connect(world, address, headers) as channel:
            await channel.send_bytes(message("run this", "execute_request"))
            return b"done" in await channel.receive_bytes(timeout=5)
    except aiohttp.WSServerHandshakeError:
        return False


@attack(
    "channel-from-another-origin",
    by=By.PAGE,
    stops=Stops(
        SITE,
        "refuse_foreign(request, self._origin, channel)",
        "refuse_foreign(request, self._origin)",
    ),
)
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


@attack(
    "channel-of-somebody-else",
    by=By.PERSON,
    stops=Stops(
        SITE,
        'if sealed is None or (sealed["person"], sealed["project"]) != place:',
        "if sealed is None:",
    ),
)
@pytest.mark.parametrize("project", ["tumour-ml", "diabetes-care"])
async def test_another_workspaces_session_opens_no_channel(world, plain, control, project):
    """Alice's own other project is another workspace as well."""
    folder = await world.workspace(Kernel().answer)
    headers = world.inside("erin" if project == "tumour-ml" else "alice", project, Origin=world.work)
    with control("a plain proxy asks nobody who they are"):
        assert await opens(world, await plain.to(folder / "server.sock"), headers)
    assert not await opens(world, world.work, headers)


@attack(
    "channel-that-outlives-the-session", by=By.PERSON, stops=Stops(CHANNEL, "asyncio.create_task(_watch(channel)),")
)
async def test_who_has_logged_out_types_no_more(world, plain, control, monkeypatch):
    kernel = Kernel()
    folder = await world.workspace(kernel.answer)
    monkeypatch.setattr(websocket, "CHECK_SECONDS", 0.05)
    through_ours = connect(world, world.work, world.inside(Origin=world.work))
    through_plain = connect(world, await plain.to(folder / "server.sock"), world.inside())
    async with through_ours as ours, through_plain as plainly:
        for channel in (ours, plainly):
            await channel.send_bytes(message("before", "execute_request"))
            await channel.receive_bytes()
        del world.tokens["token-of-alice"]
        world.gate._site._login.sessions.forget("token-of-alice")
        await asyncio.sleep(1)
        with control("a channel of a plain proxy goes on"):
            await plainly.send_bytes(message("after", "execute_request"))
            assert b"done" in await plainly.receive_bytes()
        ending = await ours.receive(timeout=5)
        assert (ending.type, ending.data) == (WSMsgType.CLOSE, websocket.SESSION_ENDED)


@attack(
    "channels-without-number",
    by=By.PERSON,
    stops=Stops(SITE, "if self._channels.get(place, 0) >= CHANNELS:", "if False:"),
)
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


@attack(
    "protocol-that-cannot-be-measured",
    by=By.WORKSPACE,
    stops=Stops("workspaces/gate/meter/gauge.py", "if protocol != SUBPROTOCOL:", "if False:"),
)
@pytest.mark.parametrize("speaks", ["none", "another"])
async def test_a_kernel_speaks_the_protocol_that_is_measured(world, plain, control, speaks):
    """Two ends that read the same bytes by different rules are how messages are misread, and measured wrongly."""
    other = "v0.kernel.websocket.jupyter.org"

    async def answer(request):
        if speaks == "another":  # whatever was offered
            request = request.clone(headers={**request.headers, "Sec-WebSocket-Protocol": other})
        return await Kernel(protocols=(other,)).answer(request)

    folder = await world.workspace(answer)
    with control("a plain proxy opens it, whatever the workspace speaks"):
        async with connect(world, await plain.to(folder / "server.sock"), {}) as channel:
            await channel.send_bytes(message("run this", "execute_request"))
            assert b"done" in await channel.receive_bytes(timeout=5)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(world, world.work, world.inside(Origin=world.work))
    assert refused.value.status == 502


@attack(
    "channel-to-an-ordinary-path", by=By.PERSON, stops=Stops(SITE, "or (rule.kind is Kind.CHANNEL) is not channel")
)
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

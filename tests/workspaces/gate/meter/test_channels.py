"""Channels under the meter: memory is bounded, nobody waits for ever, what comes from a browser is looked at."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from tests.workspaces.gate.conftest import ALICE, BASE, until
from workspaces.gate import websocket
from workspaces.gate.meter.frames import BINARY, PING, Frames, Shelf
from workspaces.gate.meter.messages import SUBPROTOCOL, write
from workspaces.gate.meter.policy import Policy, Raised

CHANNEL = BASE + "api/kernels/1/channels"


def message(kind, content, channel="iopub", buffers=()):
    header = json.dumps({"msg_id": "m-1", "msg_type": kind}).encode()
    whole = write(channel, header, b"{}", b"{}", json.dumps(content).encode())
    count = int.from_bytes(whole[:8], "little")
    told = [int.from_bytes(whole[8 * at : 8 * at + 8], "little") for at in range(1, count + 1)]
    offsets = [at + 8 * len(buffers) for at in told]
    for buffer in buffers:
        offsets.append(offsets[-1] + len(buffer))
    numbers = b"".join(number.to_bytes(8, "little") for number in (len(offsets), *offsets))
    return numbers + whole[8 * (count + 1) :] + b"".join(buffers)


class Kernel:
    """A workspace that does with an open channel what a test says."""

    def __init__(self, act=None):
        self.act = act
        self.got = []
        self.pongs = 0
        self.closed = None

    async def answer(self, request):
        if "Upgrade" not in request.headers:
            return web.json_response([])
        channel = web.WebSocketResponse(protocols=[SUBPROTOCOL], autoping=False, compress=False, max_msg_size=0)
        await channel.prepare(request)
        acting = asyncio.create_task(self.act(channel)) if self.act else None
        async for told in channel:
            if told.type is WSMsgType.PONG:
                self.pongs += 1
            else:
                self.got.append(told.data)
        self.closed = channel.close_code
        if acting:
            acting.cancel()
            await asyncio.gather(acting, return_exceptions=True)
        return channel


def connect(world, **options):
    return world.browser.ws_connect(
        URL(world.work + CHANNEL, encoded=True),
        headers=world.inside(Origin=world.work),
        protocols=(SUBPROTOCOL,),
        **options,
    )


async def closing(channel):
    async with asyncio.timeout(5):
        return (await channel.receive()).data


async def test_a_workspace_hears_that_we_are_there_while_the_browser_does_not_read(world, monkeypatch):
    monkeypatch.setattr(websocket, "ALIVE_SECONDS", 0.05)
    sent = 0

    async def flood(channel):
        nonlocal sent
        while True:
            await channel.send_bytes(message("stream", {"name": "stdout", "text": "x" * 1_000_000}))
            sent += 1

    kernel = Kernel(flood)
    await world.workspace(kernel.answer)
    async with connect(world):  # and reads nothing
        before = -1
        while before != sent:  # until the kernel can write no more
            before = sent
            await asyncio.sleep(0.3)
        heard = kernel.pongs
        await until(lambda: kernel.pongs > heard + 3)
        assert sent == before


async def test_a_browser_that_is_gone_without_a_word_is_noticed(world, monkeypatch):
    monkeypatch.setattr(websocket, "BROWSER_SECONDS", 0.4)
    kernel = Kernel()
    await world.workspace(kernel.answer)
    async with connect(world, autoping=False):  # answers no ping
        await until(lambda: kernel.closed is not None)
    async with connect(world) as channel:  # the control: one that answers stays
        kernel.closed = None
        waiting = asyncio.create_task(channel.receive())
        await asyncio.sleep(1.2)
        assert kernel.closed is None and not waiting.done()
        waiting.cancel()


@pytest.mark.parametrize("told", ["text", b"", b"\x06" + bytes(60), message("execute_request", {}, "nowhere")])
async def test_what_a_browser_sends_to_a_kernel_is_a_message_or_ends_the_channel(world, told):
    kernel = Kernel()
    await world.workspace(kernel.answer)
    async with connect(world) as channel:
        await channel.send_bytes(message("execute_request", {}, "shell"))
        await until(lambda: kernel.got)
        await (channel.send_str(told) if isinstance(told, str) else channel.send_bytes(told))
        assert await closing(channel) == 1002
    assert len(kernel.got) == 1


async def test_what_a_widget_brings_in_obeys_the_policy_for_files(world):
    kernel = Kernel()
    await world.workspace(kernel.answer)
    account = await world.gate.meter.account(ALICE)
    told = []
    world.gate._site._uploads.tell = lambda place, event, **detail: told.append((event, detail["bytes"]))
    plain = message("comm_msg", {}, "shell")
    small, large = (message("comm_msg", {}, "shell", (b"a" * 10, b"b" * size)) for size in (90, 2_000_000))
    async with connect(world) as channel:
        for one in (small, large, plain):
            await channel.send_bytes(one)
        await until(lambda: len(kernel.got) == 2)
        assert kernel.got == [small, plain]
        account.learn(Policy(uploads=False), Raised())
        for one in (small, plain):
            await channel.send_bytes(one)
        await until(lambda: len(kernel.got) == 3)
        assert kernel.got[-1] == plain
    assert told == [("upload", 100), ("upload-refused", 2_000_010), ("upload-refused", 100)]


async def test_unfinished_messages_of_all_channels_share_one_bound_and_are_replaced_beyond_it(world):
    account = await world.gate.meter.account(ALICE)
    before = account.shelf.left
    output = message("display_data", {"data": {"text/plain": "x" * 1_500_000}, "metadata": {}})

    async def send(channel):
        await channel.send_bytes(output)

    await world.workspace(Kernel(send).answer)
    account.shelf.left = 500_000
    async with connect(world) as channel:
        async with asyncio.timeout(5):
            said = await channel.receive_bytes()
    assert len(said) < 4096 and b"came at the same time" in said
    await until(lambda: account.shelf.left == 500_000)
    account.shelf.left = before
    async with connect(world) as channel:
        async with asyncio.timeout(5):
            assert await channel.receive_bytes() == output
    await until(lambda: account.shelf.left == before)


def server_frame(opcode, data, final):
    size = len(data)
    head = bytes([(0x80 if final else 0) | opcode])
    if size < 126:
        return head + bytes([size]) + data
    return head + bytes([126]) + size.to_bytes(2, "big") + data


@given(
    st.lists(st.lists(st.binary(max_size=300), min_size=1, max_size=4), max_size=8),
    st.lists(st.integers(1, 400), min_size=1, max_size=20),
    st.integers(1, 400),
    st.integers(0, 2000),
    st.integers(0, 8),
)
def test_whatever_is_sent_in_whatever_pieces_the_room_comes_back(wholes, cuts, limit, room, kept):
    wire = b""
    for pieces in wholes:
        for number, piece in enumerate(pieces):
            wire += server_frame(0 if number else BINARY, piece, number == len(pieces) - 1)
            if number != len(pieces) - 1:
                wire += server_frame(PING, b"!", True)
    shelf = Shelf(room)
    frames = Frames(lambda: limit, shelf)
    found, at, turn = [], 0, 0
    while at < len(wire) or frames.more:
        cut = cuts[turn % len(cuts)]
        found += frames.feed(wire[at : at + cut])
        at, turn = at + cut, turn + 1
    data = [one for one in found if one.opcode == BINARY]
    assert [one.size for one in data] == [sum(map(len, pieces)) for pieces in wholes]
    for one, pieces in zip(data, wholes, strict=True):
        whole = b"".join(pieces)
        assert whole.startswith(one.data) and whole.endswith(one.tail)
        assert len(one.data) == one.size or one.size > limit or one.held <= room
    for one in data[:kept]:
        frames.sent(one)
    frames.drop()
    assert shelf.left == room


async def test_an_error_of_the_handshake_leaves_no_room_taken(world):
    account = await world.gate.meter.account(ALICE)
    before = account.shelf.left

    async def refuse(_request):
        return web.Response(status=404)

    await world.workspace(refuse)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(world)
    assert refused.value.status == 502
    assert account.shelf.left == before

"""What a browser is sent by a kernel: all while the budget lasts, words in its place where it may not pass."""

import asyncio

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from tests.workspaces.gate.conftest import ALICE, BASE, until
from tests.workspaces.gate.kernel_messages import Kernel, connect, header_of, message, parts, printed, through
from tests.workspaces.gate.test_limits import memory
from tests.workspaces.gate.test_meter_frames import frame
from workspaces.gate import desk, websocket
from workspaces.gate.meter.frames import BINARY, CONTINUATION, PING, TEXT
from workspaces.gate.meter.messages import SUBPROTOCOL, read
from workspaces.gate.meter.policy import Level, Raised

KB, MB = 1 << 10, 1 << 20
SECRET = "4711-patient"
POLICY = {"budget_soft_bytes": 100 * KB, "budget_hard_bytes": 400 * KB, "message_bytes": 50 * KB, "uploads": True}


@pytest.fixture(autouse=True)
def ask_the_desk_each_time(monkeypatch):
    monkeypatch.setattr(desk, "FRESH_SECONDS", 0.0)


@pytest.fixture
async def kernel(world):
    """A workspace with a small budget whose channel gives back what it is sent."""
    world.info["policy"] = POLICY
    made = Kernel()
    await world.workspace(made.answer)
    return made


async def spend(world, share=1.0):
    """Let this share of the hard limit be spent."""
    account = await world.gate.meter.account(ALICE)
    account.add(int(share * account.hard) - account.window.bytes)
    return account


async def closed(channel):
    async with asyncio.timeout(10):
        while (told := await channel.receive()).type is WSMsgType.BINARY:
            pass
    return told.data


async def test_what_is_within_the_limits_passes_byte_by_byte_and_counts_whole(world, kernel):
    async with connect(world) as channel:
        small = [printed("a" * size) for size in (0, 1, 1000, 40_000)]
        for one in small:
            await channel.send_bytes(one)
            assert await channel.receive_bytes() == one
    account = world.gate.meter.known(ALICE)
    assert account.window.bytes == account.total == sum(map(len, small))


@pytest.mark.parametrize(
    ("kind", "content", "kept"),
    [
        ("display_data", {"data": {"text/plain": SECRET * 9000}, "transient": {"display_id": "d-1"}}, "d-1"),
        ("execute_result", {"data": {"text/plain": SECRET * 9000}, "metadata": {}, "execution_count": 77}, "77"),
        ("stream", {"name": "stdout", "text": SECRET * 9000}, "stderr"),
        ("error", {"ename": SECRET * 9000, "evalue": "", "traceback": []}, "NotShown"),
    ],
)
async def test_an_output_that_is_too_large_becomes_words_in_its_place_and_the_channel_lives_on(
    world, kernel, kind, content, kept
):
    async with connect(world) as channel:
        found, after = await through(channel, message(kind, content, "request-9"), printed("after"))
    assert found.header == header_of(kind) and found.parent["msg_id"] == "request-9"
    assert "106 KB, more than the 50 KB" in str(found.content) and "release" in str(found.content)
    assert kept in str(found.content) and SECRET not in str(found)
    assert after.content["text"] == "after"
    assert world.gate.meter.known(ALICE).window.bytes < 5 * KB, "what was not shown does not count"


async def test_a_hundred_megabytes_in_pieces_cost_no_memory_and_become_one_sentence(world):
    whole = printed("x" * MB)
    head = whole[: read(whole, len(whole)).offsets[4]]
    size, pieces = 100 * MB, 200

    async def flood(request):
        if "Upgrade" not in request.headers:
            return web.json_response([])
        channel = web.WebSocketResponse(protocols=[SUBPROTOCOL], compress=False)
        await channel.prepare(request)

        offsets = [*read(whole, len(whole)).offsets[:5], size]
        start = b"".join(one.to_bytes(8, "little") for one in (6, *offsets)) + head[56:]
        request.transport.write(frame(BINARY, start, final=False))
        left = size - len(start)
        while left:
            piece = min(left, size // pieces)
            left -= piece
            request.transport.write(frame(CONTINUATION, bytes(piece), final=not left))
            await channel._writer.protocol._drain_helper()
        await channel.send_bytes(printed("after"))
        await channel.receive()
        return channel

    await world.workspace(flood)
    before = memory()
    async with connect(world) as channel, asyncio.timeout(60):
        found, after = parts(await channel.receive_bytes()), parts(await channel.receive_bytes())
    assert "100 MB, more than the 8 MB" in found.content["text"] and found.parent["msg_id"] == "request-1"
    assert after.content["text"] == "after"
    assert memory() - before < 40 * MB


LYING = printed("x")[:8] + (10_000).to_bytes(8, "little") + printed("x")[16:]


@pytest.mark.parametrize(
    "wire",
    [
        frame(TEXT, b"{}"),
        frame(BINARY, b""),
        frame(BINARY, LYING),
        frame(BINARY, printed("x") + b"y"),
        frame(PING, b"") * 200 + b"\xf2\x00",
    ],
)
async def test_what_is_no_message_of_the_protocol_ends_the_channel(world, wire):
    """The last one: frames with an extension after more of them than are taken at a time."""

    async def lie(request):
        if "Upgrade" not in request.headers:
            return web.json_response([])
        channel = web.WebSocketResponse(protocols=[SUBPROTOCOL], autoping=False, compress=False)
        await channel.prepare(request)
        request.transport.write(wire)
        async for _ in channel:
            pass
        return channel

    await world.workspace(lie)
    async with connect(world) as channel:
        assert await closed(channel) == 1002


async def test_with_the_budget_spent_each_request_has_its_words_once_and_cells_still_end(world, kernel):
    await spend(world)
    async with connect(world) as channel:
        reply = {"status": "ok", "execution_count": 5, "payload": [SECRET], "user_expressions": {}}
        found = await through(
            channel,
            message("status", {"execution_state": "busy"}, "a"),
            printed(SECRET, "a"),
            printed(SECRET, "a"),
            message("execute_result", {"data": {"text/plain": SECRET}, "metadata": {}, "execution_count": 5}, "a"),
            message("comm_msg", {"data": SECRET}, "a"),
            message("magic", {"data": SECRET}, "a"),
            message("execute_reply", reply, "a", channel="shell"),
            message("status", {"execution_state": "idle"}, "a"),
            printed(SECRET, "b"),
        )
    assert [(one.kind, one.parent["msg_id"]) for one in found] == [
        ("status", "a"), ("stream", "a"), ("execute_reply", "a"), ("status", "a"), ("stream", "b")
    ]  # fmt: skip
    assert SECRET not in str(found)
    assert "budget of 400 KB" in found[1].content["text"] and "UTC" in found[1].content["text"]
    assert (found[2].content["status"], found[2].content["execution_count"]) == ("ok", 5)


async def test_a_status_with_data_in_it_does_not_pass_as_a_status(world, kernel):
    await spend(world)
    async with connect(world) as channel:
        assert await through(channel, message("status", {"execution_state": SECRET * 1000})) == []


async def test_beyond_the_control_share_the_channel_ends_and_no_other_opens(world, kernel):
    await spend(world)
    async with connect(world) as channel:
        for _ in range(200):
            await channel.send_bytes(message("status", {"execution_state": "x" * 2000}))
        assert await closed(channel) == websocket.BUDGET_SPENT
        assert channel.close_code == websocket.BUDGET_SPENT
    account = world.gate.meter.known(ALICE)
    assert account.over() and account.window.bytes < 1.25 * account.hard + 4 * KB
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(world)
    assert refused.value.status == 429


async def test_a_raise_lets_content_pass_again_on_the_same_channel(world, kernel):
    account = await spend(world)
    async with connect(world) as channel:
        assert SECRET not in str(await through(channel, printed(SECRET, "a")))
        world.info["raised"] = {"bytes": MB, "until": "2100-01-01T00:00:00+00:00"}
        await world.gate.meter.refresh(ALICE)
        assert account.level is Level.OK, "a raise is added to both limits"
        (found,) = await through(channel, printed(SECRET, "b"))
        assert found.content["text"] == SECRET
        world.info["raised"] = None
        await world.gate.meter.refresh(ALICE)
        assert SECRET not in str(await through(channel, printed(SECRET, "c")))


async def test_a_channel_that_is_not_a_kernels_is_silent_when_the_budget_is_spent(world, kernel):
    async with connect(world, BASE + "api/events/subscribe", protocols=()) as channel:
        await channel.send_str("shown")
        assert await channel.receive_str() == "shown"
        account = await spend(world)
        await channel.send_str(SECRET)
        await until(lambda: kernel.heard == ["shown", SECRET])
        await kernel.there.ping(b"all of it was read")
        await until(lambda: b"all of it was read" in kernel.pongs)
        account.learn(account.policy, Raised(MB, 1e12))
        await channel.send_str("after the raise")
        assert await channel.receive_str() == "after the raise"


async def test_pings_of_a_workspace_are_answered_by_the_gate_and_never_reach_the_browser(world, kernel):
    async with connect(world, autoping=False) as channel:
        await channel.send_bytes(printed("x"))
        await channel.receive_bytes()
        for number in range(300):
            await kernel.there.ping(str(number).encode())
        await channel.send_bytes(printed("after"))
        told = await channel.receive()
        assert told.type is WSMsgType.BINARY
        await until(lambda: len(kernel.pongs) >= 300)
    assert [one for one in kernel.pongs if one] == [str(number).encode() for number in range(300)]


async def test_while_one_workspace_floods_another_is_answered(world):
    """The flood goes on until the other's answers are there: nothing of it has to end first."""
    world.info["policy"] = {"budget_soft_bytes": 1 << 30, "budget_hard_bytes": 1 << 30}
    sent, one = 0, printed("x" * 100)
    enough = asyncio.Event()

    async def flood(request):
        nonlocal sent
        if "Upgrade" not in request.headers:
            return web.json_response([])
        channel = web.WebSocketResponse(protocols=[SUBPROTOCOL], compress=False)
        await channel.prepare(request)
        while sent < 20_000 or not enough.is_set():
            await channel.send_bytes(one)
            sent += 1
        await channel.close()
        return channel

    async def quiet(_request):
        return web.json_response({"version": "2"})

    other = ("erin", "diabetes-care")
    await world.workspace(flood)
    await world.workspace(quiet, other)
    received = answered = 0

    async def listen():
        nonlocal received
        async with connect(world) as channel:
            async for told in channel:
                assert told.data == one
                received += 1

    listening = asyncio.create_task(listen())
    await until(lambda: received > 100)
    for _ in range(20):
        headers = world.inside("erin", "diabetes-care")
        async with world.get(f"{world.work}/user/erin/diabetes-care/api", **headers) as answer:
            assert await answer.json() == {"version": "2"}
            answered += 1
    assert answered == 20 and not listening.done(), "the flood was still there"
    enough.set()
    await asyncio.wait_for(listening, 60)
    assert received == sent >= 20_000

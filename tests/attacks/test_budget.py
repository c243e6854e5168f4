"""Carrying data out through what the browser is shown: everything that a workspace may vary is counted."""

import asyncio
import base64
import hashlib
import json
import os

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from yarl import URL

from tests.attacks.claims import By, Stops, attack
from tests.attacks.kernels import SUBPROTOCOL, Kernel, message, text_of
from tests.workspaces.gate.conftest import ALICE, BASE

TOLL, GAUGE, UPLOADS = (
    "workspaces/gate/meter/toll.py",
    "workspaces/gate/meter/gauge.py",
    "workspaces/gate/uploads.py",
)
PASSES = "if message.whole and message.size <= account.policy.message_bytes and account.level is not Level.HARD:"
KB = 1 << 10
SOFT, HARD = 128 * KB, 256 * KB


@pytest.fixture
def small(world):
    """A project whose members may be shown 256 kB a day."""
    world.info["policy"] = {
        "budget_soft_bytes": SOFT,
        "budget_hard_bytes": HARD,
        "message_bytes": 64 * KB,
        "uploads": True,
        "upload_bytes": 16 * KB,
        "terminals": False,
    }
    return world


async def shown(world, address: str, headers: dict[str, str], times: int) -> int:
    """Bytes of random text in the bodies and in the entity tags of these many answers."""
    total = 0
    for number in range(times):
        async with world.get(f"{address}?{number}", **headers) as answer:
            text = await answer.text()
            total += text.count("r") + answer.headers.get("ETag", "").count("r")
    return total


def rows(size: int, **headers: str):
    """A server that answers with so many of the letter that is counted, never the same twice."""

    async def answer(_request):
        salt = hashlib.sha256(os.urandom(8)).hexdigest().replace("r", "x")
        return web.json_response({"content": salt + "r" * size}, headers=headers)

    return answer


async def plainly(world, plain, handler, path: str, times: int) -> int:
    """What arrives in all through a plain proxy."""
    folder = await world.workspace(handler)
    return await shown(world, await plain.to(folder / "server.sock") + BASE + path, {}, times)


@attack(
    "paging-through-files",
    by=By.PERSON,
    stops=Stops(
        TOLL,
        "if account.over() or (account.level is Level.HARD and (length is None or length > self._short())):",
        "if False:",
    ),
)
async def test_files_are_shown_up_to_the_budget(small, plain, control):
    with control("through a plain proxy there is no end to it"):
        assert await plainly(small, plain, rows(32 * KB), "api/contents/rows.csv", 20) > 2 * HARD
    got = await shown(small, small.work + BASE + "api/contents/rows.csv", small.inside(), 20)
    assert SOFT < got <= HARD + 64 * KB


@attack(
    "data-in-a-reply-that-is-polled",
    by=By.WORKSPACE,
    stops=Stops(TOLL, "self.account.add(news + OVERHEAD if news else 0)"),
)
async def test_what_is_new_in_a_polled_reply_counts(small, plain, control):
    """A server that was replaced puts data where JupyterLab asks every ten seconds: names and times of kernels."""
    with control("through a plain proxy there is no end to it"):
        assert await plainly(small, plain, rows(16 * KB), "api/kernels", 40) > 2 * HARD
    got = await shown(small, small.work + BASE + "api/kernels", small.inside(), 40)
    assert got <= 2 * HARD


@attack(
    "data-in-an-entity-tag",
    by=By.WORKSPACE,
    stops=Stops(TOLL, "self._counted = OVERHEAD + len(self._chosen)", "self._counted = 0"),
)
async def test_a_header_that_the_workspace_chooses_counts(small, plain, control):
    tag = rows(0, ETag=f'"{"r" * 7000}"')
    with control("through a plain proxy there is no end to it"):
        assert await plainly(small, plain, tag, "api/contents/x", 90) > 2 * HARD
    got = await shown(small, small.work + BASE + "api/contents/x", small.inside(), 90)
    assert got <= 2 * HARD


def channel_of(world, address: str, headers: dict[str, str]):
    url = URL(address + BASE + "api/kernels/1/channels", encoded=True)
    return world.browser.ws_connect(url, headers=headers, protocols=(SUBPROTOCOL,), max_msg_size=0)


async def heard(world, address: str, headers: dict[str, str], times: int) -> tuple[int, str]:
    """Letters that arrive over a channel for these many cells, and the last that was said."""
    total, last = 0, ""
    async with channel_of(world, address, headers) as channel:
        for _ in range(times):
            try:
                await channel.send_bytes(message("run", "execute_request"))
                received = await channel.receive(timeout=2)
            except (TimeoutError, ConnectionError, aiohttp.ClientError):
                break
            if received.type is not WSMsgType.BINARY:
                break
            last = text_of(received.data)
            total += last.count("rrrr") * 4
    return total, last


@attack(
    "printing-past-the-budget",
    by=By.WORKSPACE,
    stops=Stops(
        GAUGE,
        PASSES,
        "if message.whole and message.size <= account.policy.message_bytes:",
    ),
)
@pytest.mark.parametrize("kind", ["stream", "status", "execute_reply", "comm_msg", "nonsense"])
async def test_outputs_are_shown_up_to_the_budget_whatever_they_are_called(small, plain, control, kind):
    folder = await small.workspace(Kernel(message("r" * 16 * KB, kind)).answer)
    with control("through a plain proxy there is no end to it"):
        got, _ = await heard(small, await plain.to(folder / "server.sock"), {}, 40)
        assert got > 2 * HARD
    got, last = await heard(small, small.work, small.inside(Origin=small.work), 40)
    assert SOFT < got <= HARD + 64 * KB
    if kind == "stream":
        assert "An admin can raise it" in last


@attack(
    "output-that-is-too-large",
    by=By.WORKSPACE,
    stops=Stops(
        GAUGE,
        PASSES,
        "if account.level is not Level.HARD:",
    ),
)
async def test_one_output_that_is_too_large_is_replaced_by_words(small, plain, control):
    folder = await small.workspace(Kernel(message("r" * 100 * KB)).answer)
    with control("a plain proxy shows it whole"):
        got, _ = await heard(small, await plain.to(folder / "server.sock"), {}, 1)
        assert got == 100 * KB
    got, said = await heard(small, small.work, small.inside(Origin=small.work), 1)
    assert got == 0 and "Ask for its release instead" in said


@attack(
    "file-that-is-too-large",
    by=By.WORKSPACE,
    stops=Stops(TOLL, "if length is not None and length > account.policy.message_bytes:", "if False:"),
    more=(Stops(TOLL, "if self._size > self.account.policy.message_bytes:", "if False:"),),
)
@pytest.mark.parametrize("says", ["its length", "no length"])
async def test_one_file_that_is_too_large_is_not_shown(small, plain, control, says):
    async def answer(request):
        body = b"r" * 40 * KB
        if says == "its length":
            return web.Response(body=body, content_type="application/json")
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for start in range(0, len(body), 8 * KB):
            await response.write(body[start : start + 8 * KB])
            await asyncio.sleep(0.01)
        return response

    small.info["policy"]["message_bytes"] = 16 * KB
    folder = await small.workspace(answer)
    with control("a plain proxy shows it whole"):
        assert (
            await shown(small, await plain.to(folder / "server.sock") + BASE + "api/contents/x", {}, 1) == 40 * KB
        )
    try:
        got = await shown(small, small.work + BASE + "api/contents/x", small.inside(), 1)
    except aiohttp.ClientError:
        got = -1  # broken off
    assert got < 20 * KB


async def put(world, address: str, headers: dict[str, str], size: int, **more: object) -> int:
    content = base64.b64encode(bytes(size)).decode()
    body = json.dumps({"type": "file", "format": "base64", "content": content, **more}).encode()
    headers = {**headers, "Content-Type": "application/json"}
    async with world.request("PUT", address, headers, body) as answer:
        return answer.status


@attack(
    "file-brought-in-against-the-policy",
    by=By.PERSON,
    stops=Stops(UPLOADS, "if not account.policy.uploads:", "if False:"),
    more=(Stops(UPLOADS, "if total > account.policy.upload_bytes:", "if False:"),),
)
@pytest.mark.parametrize("way", ["none is allowed", "too large", "too large, in pieces"])
async def test_files_come_in_as_the_project_allows(small, plain, control, way):
    taken: list[int] = []

    async def save(request):
        if request.method == "PUT":
            taken.append(len(await request.read()))
        return web.json_response({}, status=201)

    folder = await small.workspace(save)
    small.info["policy"]["uploads"] = way != "none is allowed"
    size = 1 * KB if way == "none is allowed" else 12 * KB if "pieces" in way else 20 * KB
    pieces = [{"chunk": 1}, {"chunk": 2}, {"chunk": -1}] if "pieces" in way else [{}]
    other = await plain.to(folder / "server.sock") + BASE + "api/contents/x"
    with control("a plain proxy brings it in"):
        assert [await put(small, other, {}, size, **more) for more in pieces] == [201] * len(pieces)
    taken.clear()
    headers = small.inside(Origin=small.work)
    answers = [await put(small, small.work + BASE + "api/contents/x", headers, size, **more) for more in pieces]
    refused = {403} if way == "none is allowed" else {413}
    assert set(answers) - {201} == refused and len(taken) < len(pieces)
    assert small.gate.routes.has(ALICE)

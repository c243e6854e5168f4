"""Replies of a workspace under the meter: no part of one is free twice, and a spent budget leaves the lists."""

import io
import json

import pytest
from aiohttp import web

from tests.workspaces.gate.conftest import ALICE, BASE
from workspaces.gate.meter.memory import POLLED, REMEMBERED, Memory
from workspaces.gate.meter.policy import Level, Policy, Raised
from workspaces.gate.meter.toll import OVERHEAD


class Server:
    """A workspace that answers as it is told."""

    def __init__(self):
        self.status, self.headers, self.body = 200, {}, b"{}"
        self.received = []

    async def answer(self, request):
        self.received.append(await request.read())
        return web.Response(
            status=self.status, headers=self.headers, body=self.body, content_type="application/json"
        )


@pytest.fixture
async def server(world):
    made = Server()
    await world.workspace(made.answer)
    return made


async def cost(world, path, **options):
    """Bytes that the meter counts for one request."""
    account = await world.gate.meter.account(ALICE)
    before = account.total
    method = options.pop("method", "GET")
    sent = world.inside(Origin=world.work)
    async with world.request(method, world.work + BASE + path, sent, options.get("data")) as answer:
        await answer.read()
    return account.total - before


async def test_the_same_reply_again_is_free_and_any_other_is_not(world, server):
    server.body = b'{"content":"' + b"x" * 1000 + b'"}'
    first = await cost(world, "api/contents/a")
    assert first >= len(server.body)
    assert await cost(world, "api/contents/a") == 0
    assert await cost(world, "api/contents/b") == first  # another address
    server.body = server.body.upper()
    assert await cost(world, "api/contents/a") == first
    server.body = server.body.lower()
    assert await cost(world, "api/contents/a") == first  # the last reply is what counts, not every earlier one


@pytest.mark.parametrize("path", ["api/contents/a", "api/kernels"])
async def test_a_status_or_a_header_that_changes_is_paid_for(world, server, path):
    server.body = b"[]"
    await cost(world, path)
    for number in range(20):  # a server that spells data in its statuses
        server.status = 404 + number % 2
        assert await cost(world, path) >= OVERHEAD
    server.status = 200
    await cost(world, path)
    for number in range(5):
        server.headers = {"ETag": '"' + str(number) * 500 + '"'}
        assert await cost(world, path) >= 500
    assert await cost(world, path) == 0


async def test_replies_without_a_body_are_paid_for_too(world, server):
    server.status, server.body = 204, b""
    assert await cost(world, "api/kernels/1", method="DELETE") >= OVERHEAD
    assert await cost(world, "api/kernels/1", method="DELETE") >= OVERHEAD  # only reading is free the second time


async def test_with_the_budget_spent_lists_pass_and_files_do_not(world, server):
    account = await world.gate.meter.account(ALICE)
    account.add(Policy().budget_hard_bytes)
    assert account.level is Level.HARD
    sessions = [{"id": f"{number:032}", "name": "n" * 400, "kernel": {"id": str(number)}} for number in range(20)]
    server.body = json.dumps(sessions).encode()
    assert len(server.body) > 4096
    async with world.get(world.work + BASE + "api/sessions", **world.inside()) as answer:
        assert answer.status == 200 and await answer.json() == sessions
    async with world.get(world.work + BASE + "api/contents/data.csv", **world.inside()) as answer:
        assert answer.status == 429
        assert "An admin can raise it" in (await answer.json())["message"]
    account.learn(Policy(), Raised(10 << 20, 4e9))
    async with world.get(world.work + BASE + "api/contents/data.csv", **world.inside()) as answer:
        assert answer.status == 200


def test_what_is_remembered_of_a_workspace_is_bounded():
    memory = Memory()
    for number in range(2 * REMEMBERED):
        memory.same(f"GET /{number}", b"digest")
        memory.values(f"GET /{number}", {"": "x"})
    assert len(memory._digests) == REMEMBERED
    assert len(memory._values) == POLLED
    assert not memory.same("GET /0", b"digest")  # forgotten: counted again, never free


TEXT = {"type": "file", "format": "text", "content": "line\n" * 1_200_000}


async def test_a_long_text_is_saved(world, server):
    body = json.dumps(TEXT).encode()
    await cost(world, "api/contents/long.txt", method="PUT", data=io.BytesIO(body))
    assert server.received == [body]


@pytest.mark.parametrize(
    ("dressed", "status", "words"),
    [
        (
            {"type": "file", "format": "base64", "content": "QUJD" * 1_500_000},
            413,
            "An admin brings in larger ones",
        ),
        ({"format": "base64", "chunk": 1, "content": "QUJD" * 1_500_000}, 413, "An admin brings in larger ones"),
        ({"format": "text", "chunk": 1, "content": "line\n" * 1_200_000}, 413, "An admin brings in larger ones"),
        ({"content": "QUJD" * 1_500_000, "type": "file", "format": "text"}, 400, "before its content"),
    ],
)
async def test_a_long_body_that_does_not_say_first_that_it_is_a_text_is_refused(
    world, server, dressed, status, words
):
    sent = world.inside(Origin=world.work)
    body = io.BytesIO(json.dumps(dressed).encode())
    async with world.request("PUT", world.work + BASE + "api/contents/x", sent, body) as answer:
        assert answer.status == status
        assert words in (await answer.json())["message"]
    assert server.received == []

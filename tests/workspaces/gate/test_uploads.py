"""Files that are brought in through the browser: by the project's policy, and recorded; saving is no upload."""

import asyncio
import base64
import io
import json

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from tests.workspaces.gate.conftest import ALICE, BASE
from workspaces.gate import uploads

KB, MB = 1 << 10, 1 << 20


@pytest.fixture
def told(world):
    heard = []
    world.gate._site._uploads.tell = lambda place, event, **detail: heard.append((place, event, detail))
    return heard


@pytest.fixture
async def written(world):
    """What arrives at the workspace."""
    bodies = []

    async def take(request):
        if request.method in ("PUT", "POST", "PATCH"):
            bodies.append(json.loads(await request.read()))
        return web.json_response({})

    await world.workspace(take)
    return bodies


async def put(world, name, body, method="PUT"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = world.inside(Origin=world.work, **{"Content-Type": "application/json"})
    async with world.request(method, f"{world.work}{BASE}api/contents/{name}", sent, io.BytesIO(data)) as answer:
        return answer.status, await answer.json()


def file(size, **more):
    """As JupyterLab sends it: content comes last."""
    return {"type": "file", "format": "base64", **more, "content": base64.b64encode(bytes(size)).decode()}


async def test_a_file_of_code_size_is_brought_in_and_recorded(world, written, told):
    body = file(3000)
    assert (await put(world, "project/my%20code.py", body))[0] == 200
    assert written == [body]
    assert told == [(ALICE, "upload", {"bytes": 3000, "name": "project/my code.py"})]


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH"])
async def test_where_the_policy_says_no_nothing_arrives(world, written, told, method):
    world.info["policy"] = {"uploads": False}
    status, answer = await put(world, "project/x.py", file(10), method)
    assert status == 403 and "does not take files" in answer["message"]
    assert written == []
    assert told == [(ALICE, "upload-refused", {"bytes": 10, "name": "project/x.py"})]


async def test_a_larger_file_is_refused_and_the_person_is_told_the_limit(world, written, told):
    assert (await put(world, "project/x.bin", file(MB)))[0] == 200
    written.clear()
    told.clear()
    for size in (MB + 3, 7 * MB):
        told.clear()
        status, answer = await put(world, "project/x.bin", file(size))
        assert status == 413 and "at most 1 MB" in answer["message"]
        assert written == [] and told == [(ALICE, "upload-refused", {"bytes": size, "name": "project/x.bin"})]


@given(
    size=st.integers(64 * KB, 200 * KB),
    names=st.lists(st.text(max_size=12), max_size=2),
    chunk=st.sampled_from([0, 1, -1]),
)
def test_a_size_that_is_told_by_the_length_is_right_to_two_bytes(size, names, chunk):
    """As JupyterLab writes it, content last; the beginning is all that is looked at."""
    piece = {"chunk": chunk} if chunk else {}
    told = {"type": "file", "format": "base64", **dict(zip(("name", "path"), names, strict=False)), **piece}
    body = json.dumps(
        {**told, "content": file(size)["content"]}, ensure_ascii=False, separators=(",", ":")
    ).encode()
    assert uploads._upload(body) == (size, chunk or None)
    found, number = uploads._large_upload(body[: uploads.INSPECTED], len(body))
    assert size - 2 <= found <= size and number == (chunk or None)


async def test_a_large_file_tells_its_length_and_a_notebook_need_not(world, written, told):
    async def pieces(body):
        yield json.dumps(body).encode()

    address, sent = f"{world.work}{BASE}api/contents/x", world.inside(Origin=world.work)
    async with world.request("PUT", address, sent, pieces(file(300 * KB))) as answer:
        assert answer.status == 400 and "tells its length" in (await answer.json())["message"]
    assert written == told == []
    notebook = {"type": "notebook", "format": "json", "content": {"cells": ["x" * 300 * KB]}}
    async with world.request("PUT", address, sent, pieces(notebook)) as answer:
        assert answer.status == 200 and written == [notebook]


async def test_no_more_than_64_kb_are_held_before_the_rest_is_passed_on(world):
    """The workspace has the beginning, and the client has not sent the rest."""
    arrived, rest = asyncio.Event(), asyncio.Event()

    async def take(request):
        if request.method == "PUT":
            await request.content.readexactly(64 * KB)
            arrived.set()
            await request.content.read()
        return web.json_response({})

    await world.workspace(take)
    body = json.dumps(file(900 * KB)).encode()

    async def sending():
        yield body[: 64 * KB]
        await rest.wait()
        yield body[64 * KB :]

    sent = world.inside(Origin=world.work, **{"Content-Length": str(len(body))})
    asked = asyncio.ensure_future(world.request("PUT", f"{world.work}{BASE}api/contents/x", sent, sending()))
    async with asyncio.timeout(10):
        await arrived.wait()
        rest.set()
        async with await asked as answer:
            assert answer.status == 200


async def test_pieces_are_summed_and_told_once(world, written, told):
    for chunk in (1, 2, -1):
        assert (await put(world, "project/x.bin", file(300 * KB, chunk=chunk)))[0] == 200
    assert len(written) == 3
    about = 900 * KB - 3 * 2  # each piece to two bytes
    assert told == [(ALICE, "upload", {"bytes": about, "name": "project/x.bin"})]
    told.clear()
    statuses = [(await put(world, "project/y.bin", file(300 * KB, chunk=chunk)))[0] for chunk in (1, 2, 3, 4, -1)]
    assert statuses == [200, 200, 200, 413, 413], "nor does the rest come in after a piece was refused"
    assert [(event, detail["bytes"]) for _, event, detail in told] == [
        ("upload-refused", 1200 * KB - 4 * 2),
        ("upload-refused", 1500 * KB - 5 * 2),
    ]


async def test_two_files_in_pieces_at_the_same_time_are_two(world, written, told):
    for chunk in (1, 2, -1):
        for name in ("a", "b"):
            assert (await put(world, name, file(200 * KB, chunk=chunk)))[0] == 200
    assert [detail["bytes"] for _, _, detail in told] == [pytest.approx(600 * KB, abs=6)] * 2


@pytest.mark.parametrize("uploads", [True, False])
async def test_saving_a_notebook_of_ten_megabytes_is_no_upload(world, written, told, uploads):
    world.info["policy"] = {"uploads": uploads}
    notebook = {"type": "notebook", "format": "json", "content": {"cells": ["x" * 10 * MB]}}
    assert (await put(world, "project/a.ipynb", notebook))[0] == 200
    assert written == [notebook]
    cells, text = {"type": "notebook", "content": {"cells": []}}, {"type": "file", "format": "text", "content": "x"}
    for small in (cells, text, {"type": "directory"}):
        assert (await put(world, "project/a", small))[0] == 200
    assert told == []


async def test_a_large_file_cannot_be_dressed_as_a_notebook_after_its_content(world, written, told):
    body = {"format": "base64", "content": "A" * 6 * MB, "type": "notebook"}
    status, _ = await put(world, "project/a.ipynb", body)
    assert status == 413 and written == [] and told[0][1] == "upload-refused"


@pytest.mark.parametrize("after", [{"chunk": 1}, {"format": "text"}, {"content": "x"}])
@pytest.mark.parametrize("size", [60 * KB, 800 * KB])
async def test_nothing_follows_the_content_that_changes_what_was_told(world, written, told, size, after):
    """A file in pieces whose number is not seen would be many files."""
    body = json.dumps(file(size)).removesuffix("}") + ", " + json.dumps(after).removeprefix("{")
    status, answer = await put(world, "project/x.bin", body.encode())
    assert status == 400 and "content, which is last" in answer["message"]
    assert written == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"x", b"[" * 60_000])
async def test_a_body_that_is_no_json_object_is_refused(world, written, told, body):
    status, _ = await put(world, "project/x", body)
    assert status == 400 and written == told == []

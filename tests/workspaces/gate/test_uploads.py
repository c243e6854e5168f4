"""Files that are brought in through the browser: by the project's policy, and recorded; saving is no upload."""

import base64
import io
import json

import pytest
from aiohttp import web

from tests.workspaces.gate.conftest import ALICE, BASE

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
    return {"type": "file", "format": "base64", "content": base64.b64encode(bytes(size)).decode(), **more}


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
    status, answer = await put(world, "project/x.bin", file(MB + 1))
    assert status == 413 and "at most 1 MB" in answer["message"]
    assert written == [] and told == [(ALICE, "upload-refused", {"bytes": MB + 1, "name": "project/x.bin"})]


async def test_pieces_are_summed_and_told_once(world, written, told):
    for chunk in (1, 2, -1):
        assert (await put(world, "project/x.bin", file(300 * KB, chunk=chunk)))[0] == 200
    assert len(written) == 3
    assert told == [(ALICE, "upload", {"bytes": 900 * KB, "name": "project/x.bin"})]
    told.clear()
    statuses = [(await put(world, "project/y.bin", file(300 * KB, chunk=chunk)))[0] for chunk in (1, 2, 3, 4, -1)]
    assert statuses == [200, 200, 200, 413, 413], "nor does the rest come in after a piece was refused"
    assert [(event, detail["bytes"]) for _, event, detail in told] == [
        ("upload-refused", 1200 * KB),
        ("upload-refused", 1500 * KB),
    ]


async def test_two_files_in_pieces_at_the_same_time_are_two(world, written, told):
    for chunk in (1, 2, -1):
        for name in ("a", "b"):
            assert (await put(world, name, file(200 * KB, chunk=chunk)))[0] == 200
    assert [detail["bytes"] for _, _, detail in told] == [600 * KB, 600 * KB]


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


@pytest.mark.parametrize("body", [b"{", b"[]", b"x", b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_refused(world, written, told, body):
    status, _ = await put(world, "project/x", body)
    assert status == 400 and written == told == []

"""What the desk makes of the guard's measures: who must stop, who may start, what members read."""

import pytest

from data_mounts import projects
from data_mounts.changes import Changes
from enclave.web.rooms import Caller
from tests.data_mounts.builders import OPERATOR, tumour_ml
from tests.workspaces.test_desk_answers import PATH, asking, get
from workspaces import disk, web

GIB = 1 << 30
ALICE, BOB = ({"person": name, "project": "tumour-ml", "datasets": ["wdbc@1"]} for name in ("alice", "bob"))


@pytest.fixture
async def ready(databases):
    """tumour-ml with alice and bob, granted wdbc@1."""
    with databases.write() as connection:
        tumour_ml(connection)
    yield databases
    web._workspaces.disk = disk.Measures()


@pytest.fixture
async def guard(ready):
    async with asking(ready, Caller.GUARD) as client:
        yield client


async def report(client, *running, **measured) -> dict[str, str]:
    use = {"bytes": 0, "files": 1, "complete": True, "too_deep": False} | measured
    body = {"running": list(running), "disk": {"tumour-ml": use}, "free_bytes": 9}
    answer = await client.post("/guard/standing", json=body)
    assert answer.status == 200, await answer.text()
    return {one["person"]: one["code"] for one in (await answer.json())["stop"]}


async def test_past_its_limit_a_project_is_stopped_and_opened_again_to_delete(guard):
    assert await report(guard, ALICE, bytes=5 * GIB) == {}
    assert await report(guard, ALICE, BOB, bytes=21 * GIB) == {"alice": "disk-full", "bob": "disk-full"}
    assert await report(guard, bytes=22 * GIB) == {}
    answer = (await get(guard, "/guard" + PATH))[1]
    assert answer["allowed"], "so that they can delete"
    assert await report(guard, ALICE, bytes=22 * GIB) == {}
    assert await report(guard, ALICE, bytes=23 * GIB) == {"alice": "disk-full"}


async def test_an_admin_who_raises_the_limit_ends_it(guard, ready):
    assert await report(guard, ALICE) == {}
    assert await report(guard, ALICE, files=2_000_000) == {"alice": "disk-full"}
    with ready.write() as connection:
        projects.change(connection, OPERATOR, "tumour-ml", Changes(disk_bytes=40 * GIB))
    assert await report(guard, ALICE, files=2_000_000) == {}


async def test_far_beyond_the_limit_nothing_starts(guard):
    await report(guard, bytes=31 * GIB)
    answer = (await get(guard, "/guard" + PATH))[1]
    assert answer["code"] == "disk-full" and not answer["allowed"] and "raise the limit" in answer["reason"]


async def test_members_read_how_full_it_is(guard, ready):
    async with asking(ready, Caller.GATE) as gate:
        assert (await get(gate, "/gate" + PATH))[1]["disk"] is None
        await report(guard, ALICE, bytes=5 * GIB, files=7)
        shown = (await get(gate, "/gate" + PATH))[1]["disk"]
        assert shown == {"bytes": 5 * GIB, "limit": 20 * GIB, "files": 7, "warn": False, "text": ""}
        await report(guard, ALICE, bytes=17 * GIB)
        shown = (await get(gate, "/gate" + PATH))[1]["disk"]
        assert shown["warn"] and "17.0 GiB" in shown["text"]


@pytest.mark.parametrize(
    "measured",
    [
        [],
        {"tumour-ml": 5},
        {"No Project": {"bytes": 1, "files": 1}},
        {"tumour-ml": {"bytes": -1, "files": 1}},
        {"tumour-ml": {"bytes": True, "files": 1}},
        {"tumour-ml": {"bytes": 1}},
    ],
)
async def test_a_measure_that_cannot_be_read_is_refused_and_changes_nothing(guard, measured):
    answer = await guard.post("/guard/standing", json={"running": [], "disk": measured})
    assert answer.status == 400
    assert web._workspaces.disk.last == {}


async def test_a_guard_that_says_nothing_of_the_disk_is_heard_as_before(guard):
    answer = await guard.post("/guard/standing", json={"running": [ALICE]})
    assert answer.status == 200 and web._workspaces.disk.last == {}

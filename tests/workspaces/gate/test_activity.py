"""Who is still working: a workspace that lies or hangs costs nothing but its own idle stop."""

import asyncio
import json

import pytest
from aiohttp import web

from tests.workspaces.gate.conftest import ALICE, BASE, until
from workspaces.gate import activity
from workspaces.gate.activity import Activity, kernels_busy


def kernels(*states):
    return json.dumps([{"execution_state": state} for state in states]).encode()


@pytest.mark.parametrize(
    ("body", "busy"),
    [
        (kernels("idle", "busy"), True),
        (kernels("idle", "starting"), False),
        (kernels(), False),
        (b"{}", False),
        (b'["busy", null, {"execution_state": ["busy"]}]', False),
        (b"busy", False),
        (b"[" * 100_000, False),
        (kernels("busy") + b" " * activity.LARGEST_LIST, False),
    ],
)
async def test_a_kernel_is_busy_only_where_a_sensible_list_says_so(world, body, busy):
    async def answer(_request):
        return web.Response(body=body)

    await world.workspace(answer, routed=False)
    assert await kernels_busy(world.gate.workspaces, ALICE) is busy


async def test_a_workspace_that_hangs_or_floods_is_not_waited_for(world, monkeypatch):
    monkeypatch.setattr(activity, "ASK_SECONDS", 0.2)

    async def hang(_request):
        await asyncio.sleep(60)

    await world.workspace(hang, routed=False)
    assert await kernels_busy(world.gate.workspaces, ALICE) is False
    await world.runners.pop("alice/tumour-ml").cleanup()
    assert await kernels_busy(world.gate.workspaces, ALICE) is False


async def test_the_desk_is_told_of_every_running_workspace(world, monkeypatch):
    monkeypatch.setattr(activity, "REPORT_SECONDS", 0.05)

    async def answer(_request):
        return web.Response(body=kernels("busy"))

    await world.workspace(answer)
    await world.restart_gate()
    await until(lambda: world.reports and world.reports[-1] and world.reports[-1][0]["busy"])
    report = world.reports[-1][0]
    assert (report["person"], report["project"]) == ALICE
    assert 0 <= report["idle_seconds"] < 5
    desk = world.runners.pop("desk")
    await desk.cleanup()
    await asyncio.sleep(0.2)  # the desk is away: nothing breaks
    assert world.gate.activity.busy(ALICE)


def test_the_end_of_a_computation_begins_the_idle_time():
    now = 1000.0
    life = Activity(lambda: now)
    life.touch(ALICE)
    now = 5000.0
    life.set_busy(ALICE, True)
    now = 5600.0
    life.set_busy(ALICE, False)
    assert life.idle_seconds(ALICE) == 600.0
    assert life.last(ALICE) == "1970-01-01T01:23:20.000Z"
    life.forget(ALICE)
    assert life.idle_seconds(ALICE) == 0.0


@pytest.mark.parametrize(
    ("method", "path", "counts"),
    [
        ("GET", "api/kernels", False),
        ("GET", "api/contents/project", False),
        ("GET", "lab", True),
        ("PUT", "lab/api/workspaces/default", False),
        ("PUT", "api/contents/project/a.ipynb", True),
        ("POST", "api/sessions", True),
    ],
)
async def test_what_jupyterlab_asks_by_itself_is_no_sign_of_life(world, method, path, counts):
    async def answer(_request):
        return web.json_response([])

    await world.workspace(answer)
    world.gate.activity._life(ALICE).last -= 1000
    async with world.request(method, world.work + BASE + path, world.inside(Origin=world.work)) as reply:
        assert reply.status == 200
    assert (world.gate.activity.idle_seconds(ALICE) < 5) is counts

"""Starts that the Hub says little about, or the wrong thing."""

import pytest

from tests.workspaces.gate.conftest import ALICE
from tests.workspaces.gate.test_workspace_page import StartingHub, post, stage
from tests.workspaces.gate.test_workspaces import echo
from workspaces.gate import starts


@pytest.mark.parametrize(("code", "message"), [(201, ""), (400, "alice:tumour-ml is already running")])
async def test_a_hub_that_tells_no_events_still_ends_the_story(world, code, message):
    hub = StartingHub(status=code, message=message)
    hub.finish.set()
    world.hub_answer = hub.answer
    await world.workspace(echo)
    await post(world, "start")
    await stage(world, "running")
    assert world.gate.starts.of(ALICE).stage == "ready"


async def test_a_workspace_that_the_hub_wrongly_thinks_is_running_is_stopped_and_started(world, monkeypatch):
    monkeypatch.setattr(starts, "_STALE_SECONDS", 0.01)
    hub = StartingHub(status=400, message="alice:tumour-ml is already running")
    hub.finish.set()

    async def answer(request):
        if hub.stops:
            hub.status, hub.message = 201, ""
            await world.workspace(echo)
        return await hub.answer(request)

    world.hub_answer = answer
    await post(world, "start")
    await stage(world, "running")
    assert hub.stops == 1

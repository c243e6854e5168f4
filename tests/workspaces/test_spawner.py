"""The Hub's spawner names a person and a project to the real guard, and waits until JupyterLab answers."""

import asyncio
from types import SimpleNamespace

import pytest
from aiohttp import web

from tests.workspaces.conftest import until
from tests.workspaces.engine import ALICE, TUMOUR
from workspaces.spawner import NotStarted, WorkspaceSpawner


class Control:
    """The gate's control socket, as far as readiness goes."""

    def __init__(self) -> None:
        self.ready, self.asked = True, []

    async def answer(self, request):
        self.asked.append(request.path)
        return web.json_response({}, status=200 if self.ready else 503)


@pytest.fixture
async def control(settings):
    found = Control()
    app = web.Application()
    app.router.add_get("/ready/{person}/{project}", found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(settings.layout.control_socket)).start()
    yield found
    await runner.cleanup()


def spawner_for(settings, name="tumour-ml", person="alice", **more) -> WorkspaceSpawner:
    return WorkspaceSpawner(
        user=SimpleNamespace(name=person, url=f"/user/{person}/", settings={}),
        orm_spawner=SimpleNamespace(name=name, server=None),
        guard_socket=str(settings.layout.guard_socket),
        control_socket=str(settings.layout.control_socket),
        **more,
    )


@pytest.fixture
def spawner(settings, control):
    return spawner_for(settings, ready_timeout=20)


async def refused(spawner) -> NotStarted:
    with pytest.raises(NotStarted) as caught:
        await spawner.start()
    return caught.value


async def test_it_starts_shows_the_guards_steps_polls_and_stops(spawner, guard, control):
    seen = []

    async def watch():
        async for step in spawner.progress():
            seen.append(step["message"])

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    url = await spawner.start()
    await asyncio.wait_for(watching, 5)
    assert url.startswith("http+unix://%2F") and "control.sock" in url
    assert seen[0] == "Asking whether you may open this project" and seen[-1].startswith("Waiting for JupyterLab")
    assert control.asked[0] == "/ready/alice/tumour-ml"
    assert await spawner.poll() is None
    await spawner.stop()
    assert await spawner.poll() == 0 and not guard.exists()
    await spawner.stop()


async def test_the_desks_refusal_reaches_the_page_in_its_own_words(spawner, desk, guard):
    desk.answer = {"allowed": False, "code": "project-ended", "reason": "The project ended on 1 May."}
    error = await refused(spawner)
    assert (error.status_code, error.reason, error.jupyterhub_message) == (
        403,
        "project-ended",
        "The project ended on 1 May.",
    )


async def test_a_fault_is_said_without_detail(spawner, desk, guard):
    desk.answer["image"] = "nonsense"
    error = await refused(spawner)
    assert error.status_code == 503 and "fault on our side" in error.jupyterhub_message


@pytest.mark.parametrize("name", ["", "Tumour", "a--b", "../x"])
async def test_there_is_no_workspace_without_a_project(settings, control, guard, desk, name):
    spawner = spawner_for(settings, name)
    error = await refused(spawner)
    assert error.status_code == 400 and error.reason == "no-project"
    assert desk.asked == []


async def test_stopping_a_workspace_without_a_name_does_nothing(settings):
    await spawner_for(settings, "").stop()


async def test_a_workspace_that_ends_while_it_starts_is_noticed(spawner, guard, control, settings):
    control.ready = False
    order = settings.layout.home(ALICE, TUMOUR) / "do.py"
    order.parent.mkdir(parents=True)
    order.write_text("sys.exit(3)")
    error = await refused(spawner)
    assert error.reason == "ended" and "logs folder" in error.jupyterhub_message
    assert await spawner.poll() == 3


async def test_a_workspace_that_needs_more_memory_to_start_is_told_so(spawner, guard, control, settings):
    control.ready = False
    order = settings.layout.home(ALICE, TUMOUR) / "do.py"
    order.parent.mkdir(parents=True)
    order.write_text("a = []\nwhile True: a.append(bytearray(8 << 20))")
    error = await refused(spawner)
    assert "memory limit" in error.jupyterhub_message


async def test_a_workspace_that_is_stopped_while_it_starts_says_why(spawner, guard, control, desk):
    control.ready = False
    starting = asyncio.create_task(refused(spawner))
    await until(guard.exists)
    desk.stop = [
        {"person": "alice", "project": "tumour-ml", "code": "grant-revoked", "reason": "No longer granted."}
    ]
    assert (await starting).jupyterhub_message == "No longer granted."


async def test_a_server_that_never_answers_is_given_up(settings, guard, control):
    control.ready = False
    error = await refused(spawner_for(settings, ready_timeout=1.5))
    assert error.reason == "silent"


async def test_a_guard_that_is_away_starts_nothing_and_stops_nothing(settings, control):
    spawner = spawner_for(settings)
    error = await refused(spawner)
    assert error.status_code == 503 and error.reason == "guard-away"
    assert await spawner.poll() is None, "it may well run: only the guard can say"
    with pytest.raises(Exception, match="guard"):
        await spawner.stop()
    await spawner._refuse_if_ended()


async def test_a_gate_that_is_away_is_waited_for(settings, guard):
    spawner = spawner_for(settings, ready_timeout=1)
    assert (await refused(spawner)).reason == "silent"
    await until(lambda: guard.exists())

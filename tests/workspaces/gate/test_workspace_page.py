"""Our page around a workspace, and the questions of its script."""

import asyncio
import re

import pytest
from aiohttp import web

from tests.workspaces.gate.conftest import ALICE, BASE, HTML, until
from tests.workspaces.gate.test_workspaces import echo
from workspaces.gate import desk as desk_module


@pytest.fixture(autouse=True)
def ask_the_desk_each_time(monkeypatch):
    monkeypatch.setattr(desk_module, "FRESH_SECONDS", 0.0)


class StartingHub:
    """A Hub whose starts go as a test says."""

    def __init__(self, *events, status=201, message="", early=404, past=""):
        self.events, self.status, self.message, self.early = events, status, message, early
        self.past = past  # how the last attempt ended, told until this one has begun
        self.started = asyncio.Event()
        self.finish = asyncio.Event()
        self.stop_status = 204
        self.stops = 0

    async def answer(self, request):
        if request.path.endswith("/progress"):
            if not self.started.is_set():
                past = f"data: {self.past}\n\n"
                return web.Response(text=past) if self.past else web.Response(status=self.early)
            stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await stream.prepare(request)
            await stream.write(b"\n\n")
            for event in self.events:
                await stream.write(b"data: " + event.encode() + b"\n\n")
            await self.finish.wait()
            return stream
        if "/servers/" in request.path and request.method == "POST":
            assert request.headers["Authorization"] == "token the-token-of-the-gate"
            await asyncio.sleep(0.05)
            self.started.set()
            await self.finish.wait()
            return web.json_response({"message": self.message}, status=self.status)
        if "/servers/" in request.path and request.method == "DELETE":
            self.stops += 1
            return web.json_response({"message": "stubborn"}, status=self.stop_status)
        return web.json_response({})


async def status(world, **headers):
    async with world.get(world.pages + "/workspace/tumour-ml/status", **{**world.cookie(), **headers}) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def post(world, verb, **headers):
    sent = {**world.cookie(), "Origin": world.pages, **headers}
    async with world.request("POST", f"{world.pages}/workspace/tumour-ml/{verb}", sent) as answer:
        return answer.status, answer.headers, await answer.text()


async def page(world, person="alice"):
    async with world.get(world.pages + "/workspace/tumour-ml", **world.cookie(person), **HTML) as answer:
        return answer.status, await answer.text(), answer.headers


async def stage(world, wanted):
    async with asyncio.timeout(5):
        while (now := await status(world))["stage"] != wanted:
            await asyncio.sleep(0.02)
    return now


async def test_a_stopped_workspace_offers_to_be_opened_and_shows_no_frame(world):
    world.info["notice"] = {
        "time": "2026-11-21T10:00:00+00:00",
        "code": "idle",
        "reason": "It was idle for an hour.",
    }
    code, text, headers = await page(world)
    assert code == 200
    assert "Open workspace" in text
    assert "<iframe" not in text
    assert "It was idle for an hour." in text
    assert "21 Nov 2026" in text
    for words in ("Tumour margins", "wdbc", "30 Jun 2027", "alice"):
        assert words in text
    assert "'unsafe-inline'" not in headers["Content-Security-Policy"]
    assert "<script>" not in text
    assert not re.search(r"\son\w+=", text)


async def test_starting_shows_the_engines_words_until_it_runs(world):
    hub = StartingHub('{"message": "Creating the container"}', '{"message": "Starting JupyterLab"}')
    world.hub_answer = hub.answer
    code, _, _ = await post(world, "start")
    assert code == 202
    await post(world, "start")  # a second click changes nothing
    async with asyncio.timeout(5):
        while len((await status(world))["steps"]) < 2:
            await asyncio.sleep(0.02)
    now = await status(world)
    assert now["stage"] == "starting"
    assert now["steps"] == ["Creating the container", "Starting JupyterLab"]
    assert "Starting JupyterLab" in (await page(world))[1]
    await world.workspace(echo)
    hub.finish.set()
    await stage(world, "running")
    assert sum(call.startswith("POST /hub/api/users/alice/servers/tumour-ml") for call in world.hub_calls) == 1


async def test_a_running_workspace_is_shown_in_a_sandboxed_frame_with_a_ticket(world):
    await world.workspace(echo)
    code, text, headers = await page(world)
    assert code == 200
    frame = re.search(r"<iframe[^>]*>", text)[0]
    assert 'sandbox="allow-scripts allow-same-origin allow-forms allow-modals"' in frame
    assert f'src="{world.work}{BASE}enter?ticket=' in frame
    assert f"frame-src {world.work}{BASE}" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "Request release" in text
    # Each page has a way in of its own.
    assert frame != re.search(r"<iframe[^>]*>", (await page(world))[1])[0]


@pytest.mark.parametrize(
    "past",
    ['{"failed": true, "message": "Spawn failed: The grant has ended."}', '{"ready": true, "message": "Ready"}'],
)
async def test_the_end_of_an_earlier_attempt_is_not_the_end_of_this_one(world, past):
    hub = StartingHub('{"progress": 15, "message": "Creating a container"}', past=past)
    world.hub_answer = hub.answer
    await post(world, "start")
    await until(hub.started.is_set)
    now = await stage(world, "starting")
    assert now["error"] == ""
    await world.workspace(echo)
    hub.finish.set()
    await stage(world, "running")


@pytest.mark.parametrize(
    ("hub", "error"),
    [
        (
            lambda: StartingHub('{"failed": true, "message": "Spawn failed: The grant has ended."}'),
            "The grant has ended.",
        ),
        (lambda: StartingHub(status=403, message="You are not a member."), "You are not a member."),
        (lambda: StartingHub(status=500), "could not be started"),
        (lambda: StartingHub("not json"), "JupyterHub does not answer"),
        (lambda: StartingHub(status=503, message="It ended while it was starting."), "It ended while"),
    ],
)
async def test_a_failed_start_says_why(world, hub, error):
    made = hub()
    made.finish.set()
    world.hub_answer = made.answer
    await post(world, "start")
    now = await stage(world, "stopped")
    assert error in now["error"]
    assert error in (await page(world))[1]


async def test_a_dead_workspace_with_a_route_is_not_running(world):
    await world.workspace(echo)
    assert (await status(world))["stage"] == "running"
    await world.runners.pop("alice/tumour-ml").cleanup()
    assert (await status(world))["stage"] == "stopped"


async def test_what_may_not_be_opened_says_why_and_is_not_started(world):
    await world.workspace(echo)
    world.info.update(allowed=False, reason="The project ended on 1 November.")
    code, text, _ = await page(world)
    assert code == 200
    assert "The project ended on 1 November." in text
    assert "<iframe" not in text
    assert "Open workspace" not in text
    code, _, text = await post(world, "start")
    assert code == 403
    assert "The project ended" in text
    assert not any("servers" in call for call in world.hub_calls)


async def test_strangers_and_unknown_projects_get_the_same_answer(world):
    texts = []
    world.info = None
    for path in ("/workspace/tumour-ml", "/workspace/no-such-project", "/workspace/Not-a-slug"):
        async with world.get(world.pages + path, **world.cookie(), **HTML) as answer:
            assert answer.status == 404
            texts.append(await answer.text())
    assert len(set(texts)) == 1


async def test_verbs_are_for_post_and_pages_for_get(world):
    for verb in ("start", "stop", "keep"):
        async with world.get(f"{world.pages}/workspace/tumour-ml/{verb}", **world.cookie()) as answer:
            assert answer.status == 404
    assert (await post(world, "status"))[0] == 404


async def test_without_script_the_buttons_lead_back_to_the_page(world):
    hub = StartingHub()
    world.hub_answer = hub.answer
    for verb in ("start", "stop", "keep"):
        code, headers, _ = await post(world, verb, **HTML)
        assert (code, headers["Location"]) == (303, "/workspace/tumour-ml")
    assert hub.stops == 1
    hub.finish.set()
    await stage(world, "stopped")


async def test_a_stop_that_fails_is_said(world):
    hub = StartingHub()
    hub.stop_status = 500
    world.hub_answer = hub.answer
    code, _, text = await post(world, "stop")
    assert code == 502
    assert "stubborn" in text


async def test_the_idle_warning_comes_five_minutes_before_and_keep_takes_it_away(world):
    await world.workspace(echo)
    life = world.gate.activity._life(ALICE)
    life.last -= 54 * 60
    now = await status(world)
    assert not now["idle_warn"]
    assert 350 < now["idle_left"] < 361
    life.last -= 90
    assert (await status(world))["idle_warn"]
    world.gate.activity._life(ALICE).busy = True
    assert (await status(world))["idle_left"] is None
    life.busy = False
    await post(world, "keep")
    assert not (await status(world))["idle_warn"]
    world.info["idle_stop_minutes"] = 5
    life.last -= 4 * 60 + 1
    assert (await status(world))["idle_warn"]
    world.info["idle_stop_minutes"] = 0
    assert (await status(world))["idle_left"] is None


async def test_asking_how_it_stands_is_no_sign_of_life(world):
    await world.workspace(echo)
    life = world.gate.activity._life(ALICE)
    life.last -= 1000
    await status(world)
    await page(world)
    assert world.gate.activity.idle_seconds(ALICE) > 900


async def test_a_running_workspace_is_shown_with_the_desk_down_and_a_stopped_one_is_not(world):
    await world.workspace(echo)
    world.info["upgrade"] = "A new image applies at the next start."
    assert "A new image applies" in (await page(world))[1]
    await world.runners.pop("desk").cleanup()
    code, text, _ = await page(world)
    assert code == 200
    assert "<iframe" in text
    await world.control("DELETE", "/routes", {"routespec": BASE})
    code, text, _ = await page(world)
    assert code == 503
    assert "desk does not answer" in text


async def test_a_desk_that_answers_nonsense_is_a_desk_that_does_not_answer(world):
    for answer in (
        web.Response(status=500),
        web.json_response({}),
        web.Response(text="{", content_type="application/json"),
    ):

        async def nonsense(_request, answer=answer):
            return web.Response(status=answer.status, body=answer.body, content_type="application/json")

        world.desk_answer = nonsense
        assert (await page(world))[0] == 503


async def test_a_stop_of_the_hubs_takes_the_last_start_with_it(world):
    hub = StartingHub('{"message": "Creating"}', '{"ready": true}')
    hub.finish.set()
    world.hub_answer = hub.answer
    await world.workspace(echo)
    await post(world, "start")
    await until(lambda: world.gate.starts.of(ALICE).stage == "ready")
    await world.control("DELETE", "/routes", {"routespec": BASE})
    assert world.gate.starts.of(ALICE) is None
    assert (await status(world))["steps"] == []

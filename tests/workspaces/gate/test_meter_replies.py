"""The meter around a running gate: files, limits, restarts, a desk that is away, and what the desk is told."""

import json
import os
import signal
import subprocess
import sys

import pytest
from aiohttp import web

from tests.workspaces.gate.conftest import ALICE, BASE, until
from tests.workspaces.gate.test_meter_channels import KB, MB, POLICY, SECRET, ask_the_desk_each_time, spend
from workspaces.gate import activity, notices
from workspaces.gate.meter.ledger import Ledger
from workspaces.gate.meter.policy import Level, Policy

__all__ = ["ask_the_desk_each_time"]


@pytest.fixture
async def server(world):
    """A workspace with a small budget that answers with `body`."""
    world.info["policy"] = POLICY

    async def answer(request):
        answer.asked.append((request.method, request.path.removeprefix(BASE)))
        await request.read()
        return web.Response(body=answer.body, content_type="application/json")

    answer.asked, answer.body = [], json.dumps({"content": SECRET * 500}).encode()
    await world.workspace(answer)
    return answer


async def ask(world, path, method="GET", data=None):
    headers = world.inside(Origin=world.work)
    async with world.request(method, world.work + BASE + path, headers, data) as answer:
        return answer.status, await answer.read()


async def test_a_file_is_shown_and_counts(world, server):
    assert await ask(world, "api/contents/a.csv") == (200, server.body)
    shown = world.gate.meter.known(ALICE).window.bytes
    assert len(server.body) <= shown <= len(server.body) + 200


async def test_with_the_budget_spent_files_wait_and_work_is_saved(world, server):
    await spend(world)
    status, body = await ask(world, "api/contents/a.csv")
    assert status == 429 and "24 hours" in json.loads(body)["message"] and SECRET.encode() not in body
    server.body = b'{"name": "a.ipynb", "last_modified": "2026-11-25T00:00:00Z"}'
    saved = await ask(world, "api/contents/a.ipynb", "PUT", b'{"type": "notebook", "content": {}}')
    assert saved == (200, server.body)
    assert (await ask(world, "api/kernels/1/interrupt", "POST"))[0] == 200
    assert (await ask(world, "lab"))[0] == 200, "JupyterLab itself is the gate's"


@pytest.mark.parametrize("said", [True, False])
async def test_a_reply_that_is_too_large_is_refused_or_broken_off(world, server, said):
    size = POLICY["message_bytes"] * 4

    async def large(request):
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        if said:
            answer.content_length = size
        await answer.prepare(request)
        for _ in range(4):
            await answer.write(bytes(size // 4))
        return answer

    await world.workspace(large)
    if said:
        status, body = await ask(world, "api/contents/a.csv")
        assert status == 413 and "200 KB" in json.loads(body)["message"]
        return
    with pytest.raises(Exception, match=r"(?i)payload|transfer|disconnect|reset"):
        await ask(world, "api/contents/a.csv")
    assert world.gate.meter.known(ALICE).window.bytes <= POLICY["message_bytes"]


async def test_beyond_the_control_share_nothing_of_a_workspace_passes(world, server):
    await spend(world, 1.25)
    server.body = b"{}"
    for path in ("api", "api/kernels", "api/contents/a"):
        assert (await ask(world, path))[0] == 429
    assert not [one for one in server.asked if one[1] not in ("api/kernels", "api", "api/contents/a")]


async def test_a_restarted_gate_goes_on_counting_and_withholding(world, server):
    account = await spend(world)
    before = account.window.bytes, account.total
    await world.restart_gate()
    again = world.gate.meter.known(ALICE)
    assert again is not account and (again.window.bytes, again.total, again.level) == (*before, Level.HARD)
    assert (await ask(world, "api/contents/a.csv"))[0] == 429


async def test_a_desk_that_is_away_at_the_start_means_the_default_limits(world, server):
    await world.runners.pop("desk").cleanup()
    await world.restart_gate()
    assert (await ask(world, "api/contents/a.csv"))[0] == 200
    account = world.gate.meter.known(ALICE)
    assert account.policy == Policy() and account.hard == 256 * MB
    await spend(world)
    assert (await ask(world, "api/contents/a.csv"))[0] == 429


async def test_the_desk_hears_of_each_limit_in_the_form_that_it_takes(world, server, monkeypatch):
    monkeypatch.setattr(notices, "FLUSH_SECONDS", 0.05)
    monkeypatch.setattr(notices, "GATHER_SECONDS", 0.1)
    events = []

    async def desk(request):
        if request.path == "/gate/events":
            events.extend((await request.json())["events"])
            return web.Response(status=204)
        return web.json_response(world.info)

    world.desk_answer = desk
    await world.restart_gate()
    account = await world.gate.meter.account(ALICE)
    account.add(120 * KB)
    account.add(300 * KB)
    account.give_back(420 * KB)
    account.settle()
    await ask(world, "files/data.csv")
    await until(lambda: len(events) >= 4)
    told = {event["event"]: event["detail"] for event in events}
    assert told == {
        "budget-soft": {"window_bytes": 120 * KB, "limit_bytes": 100 * KB},
        "budget-hard": {"window_bytes": 420 * KB, "limit_bytes": 400 * KB},
        "budget-again": {"window_bytes": 0, "limit_bytes": 400 * KB},
        "refused": {"count": 1, "example": "GET files/data.csv"},
    }
    assert all(set(event) == {"person", "project", "event", "detail", "time"} for event in events)
    assert {(event["person"], event["project"]) for event in events} == {ALICE}


async def test_each_report_of_activity_says_what_was_shown(world, server, monkeypatch):
    monkeypatch.setattr(activity, "REPORT_SECONDS", 0.05)
    await world.restart_gate()
    account = await world.gate.meter.account(ALICE)
    account.add(150 * KB)
    world.reports.clear()
    await until(lambda: len(world.reports) > 1 and world.reports[-1])
    shown = world.reports[-1][0]["shown"]
    assert shown["level"] == "soft" and shown["window_bytes"] == account.window.bytes >= 150 * KB
    assert shown["total_bytes"] == account.total


COUNTING = """
import asyncio, pathlib, sys, time
from enclave.names import person_name, project_slug
from workspaces.gate.meter.ledger import Ledger
from workspaces.gate.meter.meter import Meter
async def main():
    meter = Meter(Ledger(pathlib.Path(sys.argv[1])), None, lambda *a, **b: None)
    account = meter.known((person_name("alice"), project_slug("tumour-ml")))
    keeping = asyncio.create_task(meter.keep())
    while True:
        account.add(1000)
        print(account.total, time.monotonic(), flush=True)
        await asyncio.sleep(0.01)
asyncio.run(main())
"""


def test_a_gate_that_is_killed_forgets_the_last_seconds_only(tmp_path):
    """Seconds as the killed process counted them: one between two writings, and one for a busy machine."""
    path = tmp_path / "shown.sqlite"
    counting = subprocess.Popen([sys.executable, "-c", COUNTING, str(path)], stdout=subprocess.PIPE, text=True)
    assert counting.stdout is not None
    told = []
    for line in counting.stdout:
        total, moment = line.split()
        told.append((int(total), float(moment)))
        if told[-1][1] - told[0][1] > 3.5:
            break
    os.kill(counting.pid, signal.SIGKILL)
    rest, _ = counting.communicate()
    told += [(int(total), float(moment)) for total, moment in (line.split() for line in rest.splitlines()[:-1])]
    kept = Ledger(path).load(ALICE)
    end = told[-1][1]
    assert kept is not None
    assert kept.total >= max(total for total, moment in told if moment < end - 2.0) > 0
    assert kept.total == sum(count for _, count in kept.buckets)

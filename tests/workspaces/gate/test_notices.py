"""What the desk hears: in the form it takes, once, kept while it is away, gathered where it would be a flood."""

import json
from datetime import datetime

import pytest
from aiohttp import web

from tests.workspaces.gate.conftest import ALICE
from workspaces.gate import notices
from workspaces.gate.desk import Desk
from workspaces.gate.errors import Unavailable
from workspaces.gate.notices import Notices
from workspaces.gate.upstream import unix_client


@pytest.fixture
async def desk(world):
    """A desk that takes events; `status` is its answer."""
    heard = []

    async def take(request):
        assert (request.method, request.path) == ("POST", "/gate/events")
        body = await request.json()
        if take.status == 204:
            heard.append(body)
        return web.Response(status=take.status)

    take.status, take.heard = 204, heard
    world.desk_answer = take
    client = unix_client(world.settings.layout.desk_socket("gate"))
    take.notices = Notices(Desk(client))
    yield take
    await client.close()


async def test_an_event_has_the_form_that_the_desk_takes(desk):
    desk.notices(ALICE, "budget-soft", window_bytes=67, limit_bytes=64)
    desk.notices(ALICE, "upload", bytes=5, name="a\nb\x00" + "x" * 500)
    await desk.notices.flush()
    ((first, second),) = (body["events"] for body in desk.heard)
    assert datetime.fromisoformat(first.pop("time")).tzinfo is not None
    assert first == {
        "person": "alice",
        "project": "tumour-ml",
        "event": "budget-soft",
        "detail": {"window_bytes": 67, "limit_bytes": 64},
    }
    assert second["detail"]["bytes"] == 5
    assert second["detail"]["name"] == "a?b?" + "x" * 116


async def test_what_the_desk_does_not_take_now_is_kept_in_order(desk):
    desk.status = 503
    for number in range(700):
        desk.notices(ALICE, "upload", bytes=number, name="x")
        if number % 300 == 0:
            with pytest.raises(Unavailable):
                await desk.notices.flush()
    desk.status = 204
    await desk.notices.flush()
    told = [event["detail"]["bytes"] for body in desk.heard for event in body["events"]]
    assert told == list(range(700))
    assert max(len(body["events"]) for body in desk.heard) == notices.AT_ONCE


async def test_what_the_desk_never_takes_is_not_said_for_ever(desk):
    desk.status = 400
    desk.notices(ALICE, "upload", bytes=1, name="x")
    await desk.notices.flush()
    desk.status = 204
    await desk.notices.flush()
    assert desk.heard == []


async def test_a_flood_of_refused_paths_and_violations_is_a_few_events(desk):
    for number in range(5000):
        desk.notices(ALICE, "refused", count=1, example=f"GET files/{number}")
        desk.notices(ALICE, "violation", directive="img-src" if number % 2 else "connect-src", count=1)
    await desk.notices.flush()
    assert desk.heard == [], "they are gathered for a minute"
    desk.notices._gather()
    await desk.notices.flush()
    told = sorted((one["event"], json.dumps(one["detail"], sort_keys=True)) for one in desk.heard[0]["events"])
    assert told == [
        ("refused", '{"count": 5000, "example": "GET files/0"}'),
        ("violation", '{"count": 2500, "directive": "connect-src"}'),
        ("violation", '{"count": 2500, "directive": "img-src"}'),
    ]


async def test_while_the_desk_is_away_for_long_news_go_first_and_budgets_stay(desk, monkeypatch):
    monkeypatch.setattr(notices, "MOST", 10)
    desk.notices(ALICE, "budget-hard", window_bytes=1, limit_bytes=1)
    for number in range(50):
        desk.notices(ALICE, "upload", bytes=number, name="x")
    await desk.notices.flush()
    told = [event["detail"].get("bytes", "budget") for body in desk.heard for event in body["events"]]
    assert told == ["budget", *range(41, 50)]


async def test_what_came_while_the_desk_was_asked_is_not_lost(desk, monkeypatch):
    monkeypatch.setattr(notices, "MOST", 3)
    for number in range(3):
        desk.notices(ALICE, "budget-soft", window_bytes=number, limit_bytes=1)
    original = desk.notices._desk.notice

    async def slowly(events):
        taken = await original(events)
        for number in range(3):
            desk.notices(ALICE, "budget-hard", window_bytes=number, limit_bytes=1)
        monkeypatch.setattr(desk.notices._desk, "notice", original)
        return taken

    desk.notices._desk.notice = slowly
    await desk.notices.flush()
    told = [(event["event"], event["detail"]["window_bytes"]) for body in desk.heard for event in body["events"]]
    assert told == [(f"budget-{level}", number) for level in ("soft", "hard") for number in range(3)]

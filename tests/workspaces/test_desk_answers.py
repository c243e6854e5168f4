"""What the desk answers to guard and gate, and the sessions that it writes down; on SQLite and PostgreSQL."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer

from data_mounts import decisions, members, projects
from data_mounts.decisions import Decider
from enclave import audit, people
from enclave.clock import now
from enclave.database import Database
from enclave.errors import Broken
from enclave.names import PersonName, ProjectSlug
from enclave.web.desk import make_app, make_desk
from enclave.web.rooms import Caller
from tests.data_mounts.builders import OPERATOR, SETTINGS, granted, register, tumour_ml
from workspaces import sessions, web
from workspaces.sessions import WorkspaceEvent

IMAGE = "sha256:" + "b" * 64
ALICES = ("alice", "tumour-ml")
PAIR = (PersonName("alice"), ProjectSlug("tumour-ml"))
PATH = "/workspaces/alice/tumour-ml"


@asynccontextmanager
async def asking(database: Database, caller: Caller, image: str = IMAGE):
    desk = make_desk(replace(SETTINGS, workspace_image=image), database, [web.room])
    async with TestClient(TestServer(make_app(desk, [web.room], caller))) as client:
        yield client


@pytest.fixture
def ready(databases):
    """tumour-ml with alice and bob, granted wdbc@1."""
    with databases.write() as connection:
        tumour_ml(connection)
    return databases


@pytest.fixture
async def guard(ready):
    async with asking(ready, Caller.GUARD) as client:
        yield client


@pytest.fixture
async def gate(ready):
    async with asking(ready, Caller.GATE) as client:
        yield client
    web._workspaces.activity = {}


async def get(client, path):
    answer = await client.get(path)
    return answer.status, await answer.json()


EVENT = {
    "code": "",
    "reason": "",
    "image": IMAGE,
    "datasets": ["wdbc@1"],
    "exit_code": None,
    "out_of_memory": False,
}
WHOSE = {"person": "alice", "project": "tumour-ml"}


async def tell(client, event, **changes):
    body = WHOSE | EVENT | {"event": event, "time": now().isoformat()} | changes
    return (await client.post("/guard/events", json=body)).status


async def standing(client, *running):
    given = [{"person": p, "project": s, "datasets": list(d)} for p, s, *d in running]
    answer = await client.post("/guard/standing", json={"running": given})
    assert answer.status == 200, await answer.text()
    return {(one["person"], one["project"]): one["code"] for one in (await answer.json())["stop"]}


async def test_the_guard_is_told_all_that_a_container_needs(guard, ready):
    status, answer = await get(guard, "/guard" + PATH)
    assert status == 200 and answer["allowed"]
    assert answer["image"] == IMAGE and answer["runtime"] == "runc"
    assert answer["mounts"] == [
        {"dataset": "wdbc", "version": "1", "source": "/srv/enclave/datasets/wdbc/1", "target": "/data/wdbc"}
    ]
    assert answer["uid"] >= 200_000 and answer["limits"]["memory_bytes"] > 0
    assert answer["terminals"] is False and answer["disk_bytes"] == 20 * 1024**3
    again = (await get(guard, "/guard" + PATH))[1]
    others = (await get(guard, "/guard/workspaces/bob/tumour-ml"))[1]
    assert again["uid"] == answer["uid"] != others["uid"] and answer["gid"] == others["gid"]


async def test_a_stranger_and_a_name_that_is_none_are_not_allowed(guard):
    status, answer = await get(guard, "/guard/workspaces/diego/tumour-ml")
    assert status == 200 and answer["code"] == "not-a-member" and not answer["allowed"]
    assert (await get(guard, "/guard/workspaces/Alice/tumour-ml"))[0] == 404


async def test_without_an_image_nobody_is_let_in(ready):
    async with asking(ready, Caller.GUARD, image="") as guard:
        answer = (await get(guard, "/guard" + PATH))[1]
    assert answer["code"] == "no-image" and "make up" in answer["reason"]


async def test_each_narrowing_stops_the_workspace_and_only_it(guard, ready):
    alice, bob = (*ALICES, "wdbc@1"), ("bob", "tumour-ml", "wdbc@1")
    assert await standing(guard, alice, bob) == {}
    with ready.write() as connection:
        people.set_blocked(connection, OPERATOR, "alice", True)
    assert await standing(guard, alice, bob) == {ALICES: "person-blocked"}
    with ready.write() as connection:
        people.set_blocked(connection, OPERATOR, "alice", False)
        members.ensure_removed(connection, OPERATOR, "tumour-ml", "bob")
    assert await standing(guard, alice, bob) == {bob[:2]: "not-a-member"}
    with ready.write() as connection:
        projects.suspend(connection, OPERATOR, "tumour-ml", "an inquiry")
    assert await standing(guard, alice) == {ALICES: "project-suspended"}
    with ready.write() as connection:
        projects.resume(connection, OPERATOR, "tumour-ml", "it is over")
        decisions.revoke(connection, Decider(PersonName("diego")), 1, "withdrawn")
    assert await standing(guard, alice) == {ALICES: "grant-revoked"}
    assert await standing(guard, ALICES) == {}


async def test_odd_names_belong_to_nobody_and_are_stopped(guard):
    assert await standing(guard, ("no name", "../x")) == {("no name", "../x"): "not-a-member"}


async def test_records_that_contradict_each_other_stop_it(guard, ready, monkeypatch):
    def contradict(*_arguments):
        raise Broken("two versions")

    monkeypatch.setattr(web, "look", contradict)
    assert await standing(guard, (*ALICES, "wdbc@1")) == {ALICES: "unknown"}


async def test_idle_is_told_by_the_gate_and_stops_it(guard, gate):
    report = {"person": "alice", "project": "tumour-ml", "idle_seconds": 3600.5, "busy": True}
    assert (await gate.post("/gate/activity", json=[report])).status == 204
    assert await standing(guard, (*ALICES, "wdbc@1")) == {}
    assert (await gate.post("/gate/activity", json=[report | {"busy": False}])).status == 204
    assert await standing(guard, (*ALICES, "wdbc@1")) == {ALICES: "idle"}


async def test_a_session_is_written_down_from_start_to_end(guard, ready):
    assert await tell(guard, "started") == 204
    with ready.read() as connection:
        running = sessions.open_session(connection, *PAIR)
        assert running and running.datasets == ("wdbc@1",) and running.stopped is None
        assert sessions.notice(connection, *PAIR) is None
    assert await tell(guard, "memory", code="out-of-memory", reason="Too much.") == 204
    with ready.read() as connection:
        assert sessions.notice(connection, *PAIR).reason == "Too much."
    assert await tell(guard, "stopped", code="idle", reason="Nobody there.", exit_code=0) == 204
    with ready.read() as connection:
        assert sessions.open_sessions(connection) == []
        assert sessions.notice(connection, *PAIR).code == "idle"
        found = [event.event for event in audit.events(connection, "workspace:alice/tumour-ml")]
    assert found == [WorkspaceEvent.STOPPED, WorkspaceEvent.MEMORY, WorkspaceEvent.STARTED]


async def test_events_that_come_out_of_step_still_make_sense(guard, ready):
    await tell(guard, "stopped", code="ended", reason="It ended.")
    await tell(guard, "memory", code="out-of-memory", reason="Too much.")
    await tell(guard, "started", time="2999-01-01T00:00:00+00:00")
    await tell(guard, "started", time="nonsense")
    with ready.read() as connection:
        found = sessions.newest(connection)
        assert [one.code for one in found] == ["", "unseen", "ended"]
        assert all(one.started <= now() for one in found)
        assert sessions.newest(connection, PersonName("bob")) == []


async def test_a_session_that_the_guard_no_longer_sees_is_closed(guard, ready):
    await tell(guard, "started", time=(now() - timedelta(minutes=2)).isoformat())
    assert await standing(guard, (*ALICES, "wdbc@1")) == {}
    with ready.read() as connection:
        assert sessions.open_session(connection, *PAIR)
    await standing(guard)
    with ready.read() as connection:
        assert sessions.notice(connection, *PAIR).code == "unseen"


async def test_an_operators_order_ends_with_its_session(guard, ready):
    with ready.write() as connection:
        assert not sessions.order_stop(connection, OPERATOR, *PAIR, "Maintenance.")
    await tell(guard, "started")
    with ready.write() as connection:
        assert sessions.order_stop(connection, OPERATOR, *PAIR, "Maintenance.")
        assert sessions.order_stop(connection, OPERATOR, *PAIR, "Maintenance.")
    assert await standing(guard, (*ALICES, "wdbc@1")) == {ALICES: "ordered"}
    await tell(guard, "stopped", code="ordered", reason="Maintenance.")
    await tell(guard, "started")
    assert await standing(guard, (*ALICES, "wdbc@1")) == {}
    with ready.read() as connection:
        found = [one.event for one in audit.events(connection, "workspace:alice/tumour-ml")]
    assert found.count(WorkspaceEvent.STOP_ORDERED) == 1


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        None,
        {"event": "exploded"},
        {"event": "started", "person": "X"},
        WHOSE | EVENT | {"event": "started", "datasets": [1]},
        WHOSE | EVENT | {"event": "started", "person": "No Name"},
    ],
)
async def test_an_event_that_cannot_be_read_is_refused(guard, ready, body):
    answer = await guard.post("/guard/events", json=body)
    assert answer.status == 400 and (await answer.json())["error"]
    with ready.read() as connection:
        assert sessions.newest(connection) == []


async def test_questions_that_cannot_be_read_are_refused(guard, gate):
    assert (await guard.post("/guard/standing", data=b"{")).status == 400
    assert (await guard.post("/guard/standing", json={"running": 1})).status == 400
    for seconds in (-1, True, "1", None):
        report = {"person": "alice", "project": "tumour-ml", "idle_seconds": seconds, "busy": False}
        assert (await gate.post("/gate/activity", json=[report])).status == 400


async def test_the_gate_is_told_what_to_show(gate, guard, ready):
    status, shown = await get(gate, "/gate" + PATH)
    assert status == 200 and shown["allowed"] and shown["reason"] == "" and shown["notice"] is None
    assert shown["project"]["title"] == "Tumours"
    assert shown["project"]["datasets"] == [{"name": "wdbc", "version": "1", "title": "The data wdbc"}]
    assert shown["idle_stop_minutes"] == 60 and shown["upgrade"] == ""
    assert shown["raised"] is None and shown["policy"] == {
        "budget_soft_bytes": 64 * 1024**2,
        "budget_hard_bytes": 256 * 1024**2,
        "message_bytes": 8 * 1024**2,
        "uploads": True,
        "upload_bytes": 1024**2,
        "terminals": False,
    }
    await tell(guard, "started", image="sha256:" + "c" * 64)
    with ready.write() as connection:
        register(connection, "claims", "1")
        granted(connection, name="claims")
    shown = (await get(gate, "/gate" + PATH))[1]
    assert "the dataset claims@1 and a newer version" in shown["upgrade"]
    with ready.write() as connection:
        projects.suspend(connection, OPERATOR, "tumour-ml", "an inquiry")
    await tell(guard, "stopped", code="project-suspended", reason="Suspended.")
    shown = (await get(gate, "/gate" + PATH))[1]
    assert not shown["allowed"] and "suspended" in shown["reason"] and shown["notice"]["reason"] == "Suspended."
    assert shown["policy"] is None


async def test_a_stranger_and_a_project_that_is_none_get_one_answer(gate):
    stranger = await get(gate, "/gate/workspaces/diego/tumour-ml")
    nothing = await get(gate, "/gate/workspaces/alice/no-such")
    odd = await get(gate, "/gate/workspaces/alice/NO")
    assert stranger == nothing == odd and stranger[0] == 404


async def test_each_caller_reaches_its_own_routes_only(gate, guard):
    assert (await gate.get("/guard" + PATH)).status == 404
    assert (await guard.get("/gate" + PATH)).status == 404

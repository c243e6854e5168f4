"""What the gate tells the desk, over the desk's real application: it is kept or refused, never half of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput
from enclave.web.rooms import Caller
from tests.data_mounts.builders import dump, tumour_ml
from tests.workspaces.test_desk_answers import PAIR, WHOSE, asking
from workspaces import exposures, reports, web
from workspaces.budget import Level, asked

IDLE = WHOSE | {"idle_seconds": 1.5, "busy": False}
COUNTED = {"window_bytes": 12_000_000, "total_bytes": 10**13, "level": "soft"}
GOOD = {
    "budget-soft": {"window_bytes": 1, "limit_bytes": 2},
    "budget-hard": {"window_bytes": 3, "limit_bytes": 2},
    "budget-again": {"window_bytes": 1, "limit_bytes": 2},
    "upload": {"bytes": 300, "name": "étude.py"},
    "upload-refused": {"bytes": 3_000_000, "name": "big.bin"},
    "violation": {"directive": "img-src", "count": 4},
    "refused": {"count": 2, "example": "GET files/x"},
}


@pytest.fixture
def ready(databases):
    with databases.write() as connection:
        tumour_ml(connection)
    return databases


@pytest.fixture
async def gate(ready):
    async with asking(ready, Caller.GATE) as client:
        yield client
    web._workspaces.activity = {}


def event(name, **changes):
    return WHOSE | {"event": name, "detail": GOOD[name], "time": now().isoformat()} | changes


async def test_what_was_shown_is_kept_beside_the_activity(gate, ready):
    assert (await gate.post("/gate/activity", json=[IDLE | {"shown": COUNTED}])).status == 204
    with ready.read() as connection:
        kept = exposures.exposure(connection, *PAIR)
    assert (kept.window_bytes, kept.total_bytes, kept.level) == (12_000_000, 10**13, Level.SOFT)
    assert web._workspaces.activity[PAIR].idle_seconds == 1.5


async def test_where_nothing_was_counted_nothing_is_kept(gate, ready):
    for more in ({}, {"shown": None}):
        assert (await gate.post("/gate/activity", json=[IDLE | more])).status == 204
    with ready.read() as connection:
        assert exposures.all_exposures(connection) == []


@pytest.mark.parametrize(
    "wrong",
    [{"window_bytes": -1}, {"window_bytes": True}, {"window_bytes": 1.5}, {"total_bytes": 2**63}, {"level": "fine"},
     {"level": None}, {"total_bytes": None}],
)  # fmt: skip
async def test_a_count_that_is_none_is_refused_and_nothing_of_the_report_is_kept(gate, ready, wrong):
    before, bobs = dump(ready), IDLE | {"person": "bob", "shown": COUNTED}
    answer = await gate.post("/gate/activity", json=[bobs, IDLE | {"shown": COUNTED | wrong}])
    assert answer.status == 400 and (await answer.json())["error"]
    assert dump(ready) == before and PAIR not in web._workspaces.activity


async def test_every_event_becomes_an_audit_event_with_its_details(gate, ready):
    answer = await gate.post("/gate/events", json={"events": [event(name) for name in GOOD]})
    assert answer.status == 204, await answer.text()
    with ready.read() as connection:
        found = audit.events(connection, "workspace:alice/tumour-ml")
        assert audit.verify(connection)
    assert [one.event for one in reversed(found)][-len(GOOD) :] == [f"workspace.{name}" for name in GOOD]
    assert {one.actor for one in found[: len(GOOD)]} == {"system:gate"}
    for one, (name, detail) in zip(reversed(found[: len(GOOD)]), GOOD.items(), strict=True):
        assert one.details.pop("at") <= now().isoformat() and one.details == detail, name


async def test_the_gates_time_counts_unless_it_lies_in_the_future(gate, ready):
    ago = (now() - timedelta(hours=2)).isoformat(timespec="seconds")
    times = [ago, "2999-01-01T00:00:00+00:00", "soon", None, 5]
    await gate.post("/gate/events", json={"events": [event("upload", time=given) for given in times]})
    with ready.read() as connection:
        told = [one.details["at"] for one in reversed(audit.events(connection, "workspace:alice/tumour-ml", 5))]
    assert told[0] == ago and all(ago < one <= now().isoformat() for one in told[1:])


WRONG = [
    event("upload") | {"event": "exploded"},
    event("upload") | {"event": None},
    event("upload", person="No Name"),
    event("upload", project=".."),
    event("upload", detail=None),
    event("upload", detail={}),
    event("upload", detail=GOOD["upload"] | {"content": "data"}),
    event("upload", detail=GOOD["upload"] | {"bytes": -1}),
    event("upload", detail=GOOD["upload"] | {"bytes": "1"}),
    event("upload", detail=GOOD["upload"] | {"name": "x" * 121}),
    event("upload", detail=GOOD["upload"] | {"name": ""}),
    event("upload", detail=GOOD["upload"] | {"name": "a\x00b"}),
    event("upload", detail=GOOD["upload"] | {"name": "a\ud800b"}),
    event("violation", detail={"directive": "a\u202eb", "count": 1}),
    event("violation", detail={"directive": "x" * 41, "count": 1}),
    event("refused", detail={"count": False, "example": "GET x"}),
    event("budget-hard", detail={"window_bytes": 1}),
    "text",
]


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
async def test_one_event_that_cannot_be_read_refuses_the_whole_report(gate, ready, wrong):
    before = dump(ready)
    answer = await gate.post("/gate/events", json={"events": [event("upload"), wrong]})
    assert answer.status == 400 and "\n" not in (await answer.json())["error"]
    assert dump(ready) == before


@pytest.mark.parametrize("body", [[], None, {}, {"events": 1}, {"events": [event("upload")] * 1001}])
async def test_a_report_that_is_none_or_endless_is_refused(gate, ready, body):
    before = dump(ready)
    assert (await gate.post("/gate/events", json=body)).status == 400
    assert dump(ready) == before


async def test_neither_guard_nor_hub_tells_what_was_shown(ready):
    for caller in (Caller.GUARD, Caller.HUB):
        async with asking(ready, caller) as client:
            assert (await client.post("/gate/events", json={"events": []})).status == 404
            assert (await client.post("/gate/activity", json=[])).status == 404


async def test_a_raise_is_told_to_the_gate_until_it_ends(gate, ready):
    moment = now()
    with ready.write() as connection:
        made = exposures.raise_budget(
            connection, "adam", *PAIR, asked(64 * 1024**2, 24, "a report", moment), moment
        )
    shown = await (await gate.get("/gate/workspaces/alice/tumour-ml")).json()
    assert shown["raised"] == {"bytes": 64 * 1024**2, "until": made.until.isoformat()}
    others = await (await gate.get("/gate/workspaces/bob/tumour-ml")).json()
    assert others["raised"] is None
    with ready.write() as connection:
        exposures.end_raise(connection, "adam", *PAIR, now())
    assert (await (await gate.get("/gate/workspaces/alice/tumour-ml")).json())["raised"] is None


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
near = st.fixed_dictionaries(
    {"person": json | st.just("alice"), "project": json | st.just("tumour-ml")},
    optional={
        "event": json | st.sampled_from(sorted(GOOD)),
        "detail": json | st.sampled_from(list(GOOD.values())),
        "shown": json | st.fixed_dictionaries({"window_bytes": json, "total_bytes": json, "level": json}),
        "idle_seconds": json,
        "time": json,
    },
)


@given(json | st.lists(near, max_size=2) | st.fixed_dictionaries({"events": json | st.lists(near, max_size=2)}))
def test_whatever_the_gate_sends_it_is_read_or_refused_in_one_line(body):
    for read in (
        reports.shown,
        lambda one: reports.activities(one, now()),
        lambda one: reports.noticed(one, now()),
    ):
        try:
            read(body)
        except BadInput as refused:
            assert "\n" not in str(refused)

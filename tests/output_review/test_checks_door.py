"""What the guard may ask and tell of the checks, and that what a container printed is read as a stranger's word."""

import json
from dataclasses import replace
from io import BytesIO

import pytest
from aiohttp.test_utils import TestClient, TestServer

from enclave.web.desk import make_app
from enclave.web.ground import room as ground
from enclave.web.rooms import Caller
from output_review.evidence import RunState
from output_review.web import room
from tests.output_review.kit import TABLE, submitted
from tests.output_review.reported import a_finding, a_report
from tests.output_review.test_checked import checks, grant

IMAGE = "sha256:" + "a" * 64


def asking(desk, caller):
    return TestClient(TestServer(make_app(desk, [ground, room], caller)))


@pytest.fixture
def desk(desk):
    return replace(desk, settings=replace(desk.settings, check_image=IMAGE))


@pytest.fixture
async def guard(desk):
    async with asking(desk, Caller.GUARD) as found:
        yield found


async def begun(guard):
    answer = await guard.post("/guard/checks/due")
    assert answer.status == 200
    return await answer.json()


async def tells(guard, run, line, where="lines"):
    body = BytesIO(line if isinstance(line, bytes) else json.dumps(line).encode())
    return (await guard.post(f"/guard/checks/{run}/{where}", data=body)).status


async def test_the_answer_names_all_that_a_container_is_made_of(guard, desk):
    grant(desk)
    request = submitted(desk)
    told = await begun(guard)
    layout, file = desk.settings.layout, request.files[0]
    assert told["image"] == IMAGE and told["runtime"] == "runc" and told["earlier"] == [] and told["left_out"] == 0
    assert told["files"] == [
        {"number": 1, "name": "table.csv", "sha256": file.sha256, "source": str(layout.object(file.sha256))}
    ]
    source = str(layout.datasets / "wdbc" / "1")
    assert told["mounts"] == [{"dataset": "wdbc", "version": "1", "source": source, "target": "/data/wdbc"}]
    assert told["thresholds"]["min_count"] == 11
    assert told["limits"] == {
        "memory_bytes": 6 << 30,
        "cpus": 2.0,
        "pids": 256,
        "tmp_bytes": 2 << 30,
        "seconds": 1070,
    }
    assert await begun(guard) != told, "lost, and begun again"
    assert await begun(guard) == {"run": None}


async def test_without_an_image_files_wait(desk):
    request = submitted(desk)
    bare = replace(desk, settings=replace(desk.settings, check_image=""))
    async with asking(bare, Caller.GUARD) as guard:
        assert await begun(guard) == {"run": None}
    assert checks(desk, request)[1].state is RunState.WAITING


async def test_a_run_tells_what_it_does_and_finds_and_that_it_ended(guard, desk):
    request = submitted(desk)
    run = (await begun(guard))["run"]
    assert await tells(guard, run, {"doing": "reading the granted data"}) == 204
    assert checks(desk, request)[1].progress == "reading the granted data"
    assert await tells(guard, run, {"file": 1, "at": 1, "of": 1, "check": "rows-of-data"}) == 204
    assert checks(desk, request)[1].progress == "file 1 of 1: rows of data"
    assert await (await guard.get(f"/guard/checks/{run}")).json() == {"goes_on": True}
    assert await tells(guard, run, {"file": 1, "report": a_report(TABLE, a_finding())}) == 204
    assert await tells(guard, run, {"end": True}) == 204
    assert await tells(guard, run, {"why": ""}, "ended") == 204
    found = checks(desk, request)[1]
    assert (found.state, found.report["verdict"]) == (RunState.DONE, "block")
    assert await (await guard.get(f"/guard/checks/{run}")).json() == {"goes_on": False}


NONSENSE = [
    b"", b"{", b"\xff", b"[" * 100_000, b"null", {}, [], "end", {"doing": "<script>"}, {"file": 1},
    {"file": 1, "report": {}}, {"file": 2, "report": a_report(TABLE)}, {"file": 10**30, "report": a_report(TABLE)},
    {"file": 1, "report": a_report(b"other bytes")}, {"file": 1, "at": 2, "of": 1, "check": ""},
    {"file": 1, "at": 1, "of": 10**30, "check": ""}, {"file": "1", "at": 1, "of": 1, "check": ""},
    {"file": 1, "at": 1, "of": 1, "check": 7}, b'{"file": 1, "report": ' + b" " * (5 << 20) + b"1}",
]  # fmt: skip


@pytest.mark.parametrize("line", NONSENSE, ids=range(len(NONSENSE)))
async def test_what_is_no_line_of_the_checks_is_refused_and_changes_nothing(guard, desk, line):
    request = submitted(desk)
    run = (await begun(guard))["run"]
    before = checks(desk, request)
    assert await tells(guard, run, line) in (400, 404)
    assert checks(desk, request) == before


async def test_a_name_of_a_check_is_cut_and_made_visible(guard, desk):
    request = submitted(desk)
    run = (await begun(guard))["run"]
    hostile = "\u202e" + "x" * 5000
    assert await tells(guard, run, {"file": 1, "at": 1, "of": 1, "check": hostile}) == 204
    progress = checks(desk, request)[1].progress
    assert len(progress) <= 200 and progress.startswith("file 1 of 1: ⟨202E⟩xxx")


async def test_a_run_that_is_over_is_told_so(guard, desk):
    request = submitted(desk)
    run = (await begun(guard))["run"]
    assert await tells(guard, run, {"why": "it took too long"}, "ended") == 204
    for line in ({"file": 1, "report": a_report(TABLE)}, {"file": 1, "at": 1, "of": 1, "check": ""}):
        assert await tells(guard, run, line) == 409
    assert await tells(guard, 999, {"doing": "reading the granted data"}) == 409
    assert (checks(desk, request)[1].state, checks(desk, request)[1].why) == (RunState.WAITING, "it took too long")
    assert await tells(guard, run, {"reason": 1}, "ended") == 400


@pytest.mark.parametrize("caller", [Caller.HUB, Caller.GATE, Caller.COURIER])
async def test_nobody_but_the_guard_has_this_door(desk, caller):
    submitted(desk)
    async with asking(desk, caller) as other:
        assert (await other.post("/guard/checks/due")).status == 404
        assert (await other.get("/guard/checks/1")).status == 404
        assert (await other.post("/guard/checks/1/lines", data=b"{}")).status == 404

"""The guard on the real engine: starts what the desk allows, stops what it does not, and says what happened."""

import asyncio
import stat

from enclave.layout import GATE_UID
from tests.workspaces.conftest import until
from tests.workspaces.engine import ALICE, TUMOUR, docker


async def test_a_start_tells_its_steps_and_ends_with_the_container(guard, desk):
    desk.grant("wdbc")
    lines = await guard.start()
    assert [line.get("step") for line in lines[:-1]] == ["asking", "folders", "creating", "starting"]
    assert all(line["message"] for line in lines[:-1])
    assert lines[-1]["started"] == guard.inspect()["Id"]
    assert await guard.look() == {"state": "running", "exit_code": None, "out_of_memory": False}
    assert desk.asked == ["/guard/workspaces/alice/tumour-ml"]
    await until(lambda: [event["event"] for event in desk.events] == ["started"])
    assert desk.events[0]["datasets"] == ["wdbc@1"]

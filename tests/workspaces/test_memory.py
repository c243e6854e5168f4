"""A workspace at its memory limit: the person is told that it was memory, under either runtime."""

import pytest

from tests.workspaces.conftest import until
from tests.workspaces.engine import ALICE, TUMOUR

pytestmark = pytest.mark.both_runtimes
HUNGRY = "a = []\nwhile True: a.append(bytearray(8 << 20))"


async def test_a_workspace_that_dies_of_its_memory_limit_is_known_to_have(guard, desk, settings, runtime):
    order = settings.layout.home(ALICE, TUMOUR) / "do.py"
    order.parent.mkdir(parents=True)
    order.write_text(HUNGRY)
    await guard.started()
    await until(lambda: not guard.exists())
    found = await guard.look()
    assert (found["state"], found["out_of_memory"]) == ("exited", True)
    assert (found["exit_code"], found["reason"]) == (137, "") or runtime == "runsc", (
        "gVisor's is ended by the guard"
    )
    await until(lambda: desk.last["event"] == "stopped")
    assert desk.last["code"] == "out-of-memory" and desk.last["out_of_memory"]


async def test_a_kernel_that_dies_of_the_memory_limit_is_reported_while_the_workspace_lives(guard, desk, runtime):
    running = await guard.started()
    guard.inside(HUNGRY)
    if runtime == "runsc":  # the process inside would hang for ever, so the workspace is ended
        await until(lambda: desk.last["code"] == "out-of-memory" and desk.last["event"] == "stopped")
        assert desk.last["out_of_memory"] and not guard.exists()
        return
    await until(lambda: desk.last["event"] == "memory")
    assert "memory limit" in desk.last["reason"]
    assert (await guard.look())["state"] == "running" and guard.inspect()["Id"] == running
    await guard.stop()
    await until(lambda: desk.last["event"] == "stopped")
    assert not desk.last["out_of_memory"], "it did not end of it"

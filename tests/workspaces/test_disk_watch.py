"""The guard on a real, small disk: it measures, keeps some for the stack, and blames the right one."""

import contextlib
from dataclasses import replace

import pytest

from enclave.names import ProjectSlug
from tests.workspaces.conftest import until
from tests.workspaces.engine import ALICE, TUMOUR, GuardClient, docker
from workspaces.guard.__main__ import guarding

pytestmark = pytest.mark.usefixtures("small_disk")
CARE = "diabetes-care"
MIB = 1 << 20
WRITE = "f = open({path!r}, 'wb'); f.write(bytes({size} << 20)); f.flush()"
SLOWLY = """
import os, time
f = open({path!r}, 'wb')
{more}
while True:
    f.write(bytes(1 << 20)); f.flush(); time.sleep(0.05)
"""


@pytest.fixture
async def keeping(settings, desk):
    """A guard that keeps 200 MB of the 400 for the stack, and measures only when it must."""
    desk.answer["limits"]["memory_bytes"] = 1 << 30  # the small disk is memory, and counts as its writer's
    async with guarding(replace(settings, disk_reserve_bytes=200 * MIB), seconds=0.3, measure=600) as keeper:
        client = GuardClient(settings)
        async with contextlib.aclosing(client):
            client.keeper = keeper
            yield client


def write(guard, path: str, size: int, person: str = ALICE, project: str = TUMOUR) -> None:
    docker("exec", guard.name(person, project), "python3", "-c", WRITE.format(path=path, size=size))


def write_on(guard, path: str, person: str, project: str, more: str = "") -> None:
    """Write 20 MB a second until stopped."""
    docker("exec", "--detach", guard.name(person, project), "python3", "-c", SLOWLY.format(path=path, more=more))


async def test_every_folder_that_a_workspace_can_fill_is_measured(guard, desk):
    await guard.started()
    for path in ("/project/a", "/home/b", "/run/enclave/server/c"):
        write(guard, path, 10)
    found = await until(lambda: desk.measured.get(TUMOUR) if over(desk, TUMOUR, 30) else None)
    assert found.bytes < 40 * MIB and found.complete and desk.free_bytes > 300 * MIB


def over(desk, project, mib: int) -> bool:
    return project in desk.measured and desk.measured[project].bytes >= mib * MIB


async def test_beyond_its_limit_it_is_stopped_files_kept_and_may_come_back_to_delete(guard, desk, settings):
    await guard.started()
    await guard.started("erin", CARE)
    desk.disk_bytes = 50 * MIB
    write(guard, "/project/a", 60)
    await until(lambda: not guard.exists())
    await until(lambda: desk.last["code"] == "disk-full")
    assert "limit is 50 MiB" in desk.last["reason"]
    assert (settings.layout.project(TUMOUR) / "a").stat().st_size == 60 * MIB
    assert guard.exists(guard.name("erin", CARE)), "another project's goes on"
    measured_after = desk.measured[TUMOUR]
    back = await guard.started()
    write(guard, "/project/b", 20)
    await until(lambda: desk.measured[TUMOUR].bytes > measured_after.bytes + 10 * MIB)
    assert guard.inspect()["Id"] == back, "a little more is nothing"
    guard.inside("import os; os.unlink('/project/a')")
    await until(lambda: desk.measured[TUMOUR].bytes < 50 * MIB)
    assert guard.inspect()["Id"] == back
    write(guard, "/project/a", 60)
    await until(lambda: not guard.exists())


async def test_what_is_left_in_the_socket_folder_is_removed_at_the_end(guard, settings):
    await guard.started()
    guard.inside("import os; os.makedirs('/run/enclave/server/d/e'); open('/run/enclave/server/d/f', 'w')")
    await guard.stop()
    assert list(settings.layout.server_folder(ALICE, TUMOUR).iterdir()) == []


async def test_a_shortage_stops_the_one_who_grows_fastest_and_nothing_starts(keeping, desk, settings):
    await keeping.started()
    await keeping.started("erin", CARE)
    await until(lambda: {TUMOUR, CARE} <= desk.measured.keys())
    write(keeping, "/project/honest", 20)
    write_on(keeping, "/project/a", "erin", CARE)
    await until(lambda: not keeping.exists(keeping.name("erin", CARE)), 40)
    await until(lambda: desk.last["code"] == "disk-reserve")
    assert "nearly full" in desk.last["reason"] and desk.last["project"] == CARE
    assert keeping.exists(), "the honest one goes on"
    assert "nearly full" in (await keeping.start("erin", CARE))[-1]["refused"]
    assert "started" in (await keeping.start())[-1], "what runs is found as before"
    assert desk.free_bytes > 50 * MIB, "it was stopped while there was room"
    (settings.layout.project(ProjectSlug(CARE)) / "a").unlink()
    await until(lambda: not keeping.keeper.closed)
    await keeping.started("erin", CARE)


async def test_who_hides_what_they_write_is_found_by_their_work(keeping, desk):
    """A file that was removed and is still open lies in no folder; its space comes back when its writer ends."""
    await keeping.started()
    await keeping.started("erin", CARE)
    await until(lambda: {TUMOUR, CARE} <= desk.measured.keys())
    write_on(keeping, "/project/a", "erin", CARE, "os.unlink('/project/a')")
    await until(lambda: not keeping.exists(keeping.name("erin", CARE)), 40)
    await until(lambda: desk.last["code"] == "disk-reserve")
    assert keeping.exists()
    await until(lambda: not keeping.keeper.closed)
    await until(lambda: desk.free_bytes > 200 * MIB)


async def test_a_shortage_that_is_no_workspaces_doing_stops_none(keeping, desk, small_disk):
    await keeping.started()
    (small_disk / "foreign").write_bytes(bytes(250 * MIB))
    await until(lambda: keeping.keeper.closed)
    assert "nearly full" in (await keeping.start("erin", CARE))[-1]["refused"]
    assert keeping.exists()
    (small_disk / "foreign").unlink()
    await until(lambda: not keeping.keeper.closed)
    assert keeping.exists()


async def test_the_desk_may_be_away_while_space_is_kept(keeping, desk):
    await keeping.started()
    await desk.close()
    write_on(keeping, "/project/a", ALICE, TUMOUR)
    await until(lambda: not keeping.exists(), 40)
    await desk.open()
    await until(lambda: desk.last["code"] == "disk-reserve")

"""Filling the disk, in every way that a workspace can write to it: its project is stopped, the others go on."""

import contextlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.conftest import until
from tests.workspaces.engine import ALICE, TUMOUR, GuardClient, docker
from workspaces.guard.__main__ import guarding

pytestmark = [pytest.mark.usefixtures("small_disk"), pytest.mark.both_runtimes]
CARE = "diabetes-care"
MIB = 1 << 20
FILL = "f = open('{folder}/full', 'wb'); f.write(bytes(100 << 20)); f.flush(); print('written')"
FILES = "for n in range(8000): open('{folder}/' + str(n), 'w').close()\nprint('written')"
DEEP = """
import os
os.chdir('{folder}')
for _ in range(2200):
    os.mkdir('d'); os.chdir('d')
open('hidden', 'wb').write(bytes(100 << 20))
print('written')
"""
SLOWLY = """
import os, time
f = open('{folder}/full', 'wb')
{more}
while True:
    f.write(bytes(1 << 20)); f.flush(); time.sleep(0.05)
"""
GUARD, RULE, WATCH = "workspaces/guard/keeper.py", "workspaces/disk.py", "workspaces/guard/disk.py"


def in_an_ordinary_container(image: str, folder: Path, program: str) -> str:
    """The same program where nothing measures: in a container of this engine with the folder bound into it."""
    folder.mkdir(parents=True, exist_ok=True)
    bound = ["--volume", f"{folder}:/full", "--user", "0", "--network", "none"]
    done = docker("run", "--rm", *bound, "--entrypoint", "python3", image, "-c", program.format(folder="/full"))
    docker("run", "--rm", *bound, "--entrypoint", "sh", image, "-c", "cd /full && rm -rf -- *")
    return done.strip()


@pytest.fixture
async def two(guard, desk):
    """A workspace that attacks, in a project that may have 80 MB, and another project's."""
    await guard.started()
    await guard.started("erin", CARE)
    desk.disk_bytes = 80 * MIB
    return guard


async def is_stopped_alone(guard, desk, reason: str) -> None:
    await until(lambda: not guard.exists(), 40)
    await until(lambda: desk.last["code"] == "disk-full")
    assert reason in desk.last["reason"] and desk.last["project"] == TUMOUR
    assert guard.exists(guard.name("erin", CARE)), "the other project's goes on"


@attack("filling-a-folder", by=By.WORKSPACE,
        stops=Stops(RULE, "if not disk.use.exceeds(limit_bytes, files):", "if disk.use.files:"))  # fmt: skip
async def test_filling_the_project_ends_at_its_limit(two, desk, control, image, small_disk):
    with control("nothing stops an ordinary container that fills its folder"):
        assert in_an_ordinary_container(image, small_disk / "control", FILL) == "written"
    two.inside(FILL.format(folder="/project"))
    await is_stopped_alone(two, desk, "100 MiB")


@attack("filling-a-folder", by=By.WORKSPACE,
        stops=Stops(WATCH, "folders = [layout.project(project), layout.homes / project]",
                    "folders = [layout.project(project)]"))  # fmt: skip
async def test_filling_the_home_ends_at_the_projects_limit(two, desk, control, image, small_disk):
    with control("nothing stops an ordinary container that fills its folder"):
        assert in_an_ordinary_container(image, small_disk / "control", FILL) == "written"
    two.inside(FILL.format(folder="/home"))
    await is_stopped_alone(two, desk, "100 MiB")


@attack("filling-the-socket-folder", by=By.WORKSPACE,
        stops=Stops(WATCH, "folders += [layout.server_folder(person, project) for person in sorted(running)]"),
        more=(Stops(GUARD, "await self._clear(person, project)"),))  # fmt: skip
async def test_the_folder_of_its_socket_counts_and_is_emptied(two, desk, control, image, small_disk, settings):
    with control("nothing stops an ordinary container that fills its folder"):
        assert in_an_ordinary_container(image, small_disk / "control", FILL) == "written"
    two.inside(FILL.format(folder="/run/enclave/server"))
    await is_stopped_alone(two, desk, "100 MiB")
    assert list(settings.layout.server_folder(ALICE, TUMOUR).iterdir()) == []


@attack("a-million-files", by=By.WORKSPACE,
        stops=Stops(RULE, "return self.bytes > bytes_ or self.files > files",
                    "return self.bytes > bytes_"))  # fmt: skip
async def test_more_files_than_its_share_stop_it_although_they_are_empty(two, desk, control, image, small_disk):
    """80 MB bring 5120 files, as 20 GiB bring 1.3 million."""
    with control("nothing stops an ordinary container that makes files without end"):
        assert in_an_ordinary_container(image, small_disk / "control", FILES) == "written"
    two.inside(FILES.format(folder="/project"))
    await is_stopped_alone(two, desk, "files")


@attack("folders-too-deep-to-measure", by=By.WORKSPACE, stops=Stops(RULE, "if disk.use.too_deep:", "if False:"))
async def test_what_lies_deeper_than_anybody_measures_is_too_much(two, desk, control, image, small_disk):
    with control("an ordinary container makes them, deeper than a path can name"):
        assert in_an_ordinary_container(image, small_disk / "control", DEEP) == "written"
    desk.disk_bytes = 4 << 30  # it is neither the bytes nor the number
    two.inside(DEEP.format(folder="/project"))
    await is_stopped_alone(two, desk, "nested")


@pytest.fixture
def keep(settings, desk):
    """Start a guard that keeps 200 MB of the 400 for the stack, an attacker, and another project's workspace."""

    @contextlib.asynccontextmanager
    async def started():
        kept = replace(settings, disk_reserve_bytes=200 * MIB)
        client = GuardClient(settings)
        desk.answer["limits"]["memory_bytes"] = 1 << 30  # the small disk is memory, and counts as its writer's
        async with guarding(kept, seconds=0.3, measure=600), contextlib.aclosing(client):
            await client.started()
            await client.started("erin", CARE)
            await until(lambda: {TUMOUR, CARE} <= desk.measured.keys())
            yield client

    return started


async def fills_unhindered(image: str, folder: Path, more: str) -> bool:
    """An ordinary container with the same program is past the reserve, and goes on."""
    folder.mkdir()
    name = f"control-{folder.parent.parent.name}"
    program = SLOWLY.format(folder="/full", more=more)
    docker("run", "--detach", "--name", name, "--volume", f"{folder}:/full", "--user", "0", "--network", "none",
           "--entrypoint", "python3", image, "-c", program.replace("0.05", "0.01"))  # fmt: skip
    try:
        await until(lambda: free(folder) < 180 * MIB, 40)
        return docker("inspect", "--format", "{{.State.Running}}", name).strip() == "true"
    finally:
        docker("rm", "--force", name)
        (folder / "full").unlink(missing_ok=True)


def free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def fill(guard, more: str = "") -> None:
    program = SLOWLY.format(folder="/project", more=more)
    docker("exec", "--detach", guard.name(), "python3", "-c", program)


@attack("taking-what-is-kept-for-the-stack", by=By.WORKSPACE,
        stops=Stops(WATCH, "await self._stop([pair for pair in self._running if pair[1] == culprit])", "pass"),
        more=(Stops(GUARD, "if self.closed:", "if False:"),))  # fmt: skip
async def test_who_fills_the_disk_is_stopped_while_there_is_room(keep, desk, control, image, small_disk):
    with control("an ordinary container takes what was to be kept"):
        assert await fills_unhindered(image, small_disk / "control", "")
    async with keep() as guard:
        fill(guard)
        await until(lambda: not guard.exists(), 60)
        await until(lambda: desk.last["code"] == "disk-reserve")
        assert guard.exists(guard.name("erin", CARE)) and free(small_disk) > 50 * MIB
        assert (await guard.start())[-1].get("code") == "disk-reserve", "nothing starts"


@attack("taking-space-that-has-no-name", by=By.WORKSPACE,
        stops=Stops(WATCH, "await self._stop(await self._busiest())", "pass"))  # fmt: skip
async def test_who_fills_the_disk_with_a_removed_file_is_found(keep, desk, control, image, small_disk):
    hide = "os.unlink(f.name)"
    with control("an ordinary container takes what was to be kept"):
        assert await fills_unhindered(image, small_disk / "control", hide)
    async with keep() as guard:
        fill(guard, hide)
        await until(lambda: not guard.exists(), 60)
        await until(lambda: desk.last["code"] == "disk-reserve")
        assert guard.exists(guard.name("erin", CARE))
        await until(lambda: free(small_disk) > 200 * MIB)

"""Spinning on every processor: a workspace's share comes after our services'.

What a container has used is read where the kernel counts it, in its control group: under gVisor the engine says
what the workspace's own kernel believes.
"""

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.engine import docker

pytestmark = pytest.mark.both_runtimes
PROFILE = "workspaces/confinement.py"
LOOKS = 5
SPIN = "while True: pass"


@attack("spinning-on-every-processor", by=By.WORKSPACE,
        stops=Stops(PROFILE, "CPU_SHARES = 256", "CPU_SHARES = 1024"))  # fmt: skip
async def test_who_spins_leaves_our_services_the_larger_part(guard, desk, control, image):
    """A container with the engine's own shares, as our services are, spins beside it; who gets how much?"""
    desk.answer["limits"] |= {"cpus": float(os.cpu_count() or 1)}
    await guard.started()
    spin = ["run", "--detach", "--network", "none", "--entrypoint", "python3", image, "-c", SPIN]
    names = [docker(*spin).strip(), docker(*spin).strip()]
    try:
        with control("two ordinary containers get the same"):
            one, other = await used(*names)
            assert one < 2 * other
        docker("rm", "--force", names.pop())
        docker("exec", "--detach", guard.name(), "python3", "-c", SPIN)
        assert await leaves_the_larger_part(names[0], guard.name())
    finally:
        docker("rm", "--force", *names)


async def leaves_the_larger_part(service: str, workspace: str) -> bool:
    """Four times as much where nobody else wants any. Other work on the machine blurs a look: one clear one counts,
    which equal shares do not give."""
    for _ in range(LOOKS):
        ours, theirs = await used(service, workspace)
        if ours > 2 * theirs:
            return True
    return False


async def used(*names: str) -> list[int]:
    """Processor time of containers over three seconds, in nanoseconds, all of them on the same processor."""
    for name in names:
        _pin(name)
    before = [_cpu(name) for name in names]
    await asyncio.sleep(3)
    return [after - first for after, first in zip([_cpu(name) for name in names], before, strict=True)]


def _pin(name: str) -> None:
    """Only shares count on one processor: on several, the kernel may leave most of one side on one of them."""
    group = _group(name)
    threads = next(file for file in (group / "tasks", group / "cgroup.threads") if file.exists())
    for thread in threads.read_text().split():
        with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
            os.sched_setaffinity(int(thread), {min(os.sched_getaffinity(0))})


def _cpu(name: str) -> int:
    """Nanoseconds, by version 1 or 2 of control groups."""
    group = _group(name)
    if (group / "cpuacct.usage").exists():
        return int((group / "cpuacct.usage").read_text())
    used = (group / "cpu.stat").read_text().split()
    return int(used[used.index("usage_usec") + 1]) * 1000


def _group(name: str) -> Path:
    """The folder of a container's control group, where its processor time is counted."""
    process = docker("inspect", "--format", "{{.State.Pid}}", name).strip()
    places = (line.split(":", 2) for line in Path(f"/proc/{process}/cgroup").read_text().splitlines())
    folders = {kind: place for _, kinds, place in places for kind in kinds.split(",")}
    if "cpuacct" in folders:
        return Path(f"/sys/fs/cgroup/cpuacct{folders['cpuacct']}")
    return Path(f"/sys/fs/cgroup{folders['']}")

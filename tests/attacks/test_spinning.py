"""Spinning on every processor: a workspace's share comes after our services'.

Under runc only: gVisor's own threads take part in what a workspace uses, and blur what is looked at here.
"""

import asyncio
import json
import os
import socket

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.engine import docker

PROFILE = "workspaces/confinement.py"
LOOKS = 8
SPIN = """
import os, sys, time
for _ in range(os.cpu_count() - 1):
    if os.fork() == 0:
        break
while True:
    pass
"""


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
    """Processor time of containers over three seconds, in nanoseconds."""
    before = [_cpu(name) for name in names]
    await asyncio.sleep(3)
    return [after - first for after, first in zip([_cpu(name) for name in names], before, strict=True)]


def _cpu(name: str) -> int:
    with socket.socket(socket.AF_UNIX) as engine:
        engine.connect("/var/run/docker.sock")
        ask = f"GET /containers/{name}/stats?stream=false&one-shot=true HTTP/1.0\r\nHost: engine\r\n\r\n"
        engine.sendall(ask.encode())
        answer = b"".join(iter(lambda: engine.recv(65536), b""))
    body = answer.partition(b"\r\n\r\n")[2]
    return int(json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])["cpu_stats"]["cpu_usage"]["total_usage"])

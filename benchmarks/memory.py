"""What the idle enclave and one idle workspace hold of the machine's memory.

    make bench          or, with an instance that is up:
    ENCLAVE_ROOT=... ENCLAVE_INSTANCE=... .venv/bin/python -m benchmarks.memory

Two numbers a container, in MB: `cgroup` is what the engine counts for it (docker stats: without file pages that can
be dropped at once), `PSS` the sum over its processes of their own memory and their share of what they share. Read
as root. The workspace has served JupyterLab's page and lists once, started no kernel, and rested half a minute.
"""

import argparse
import re
import time
from pathlib import Path

from benchmarks.enclave_side import Ours, instance
from tests.running import docker

SERVICES = ("gate", "hub", "desk", "guard")
DEMO = ("idp", "postgres")
_UNITS = {"B": 1e-6, "KiB": 2**10 / 1e6, "MiB": 2**20 / 1e6, "GiB": 2**30 / 1e6}


def counted(container: str) -> float:
    """The engine's count, in MB."""
    usage = docker("stats", "--no-stream", "--format", "{{.MemUsage}}", container).stdout.split("/")[0].strip()
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", usage).groups()  # type: ignore[union-attr]
    return float(number) * _UNITS[unit]


def proportional(container: str) -> float:
    """The processes' PSS, in MB."""
    pids = docker("top", container, "-eo", "pid").stdout.split()[1:]
    sums = (re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M) for pid in pids)
    return sum(int(found[1]) for found in sums if found) * 1024 / 1e6


def line(name: str, containers: list[str]) -> None:
    cgroup, pss = sum(map(counted, containers)), sum(map(proportional, containers))
    print(f"{name:34}{cgroup:12.0f}{pss:10.0f}", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description="Memory of the idle stack and of an idle workspace.")
    options.add_argument("--rest", type=float, default=30.0, help="seconds of rest before looking")
    options.add_argument("--person", default="alice")
    options.add_argument("--project", default="tumour-ml")
    chosen = options.parse_args()
    ours = instance()
    workspace = Ours(ours, chosen.person, chosen.project)
    try:
        workspace.open()
        workspace.start()
        workspace.visit()
        time.sleep(chosen.rest)
        running = set(docker("ps", "--format", "{{.Names}}").stdout.split())
        print(f"{'memory at rest, MB':34}{'cgroup':>12}{'PSS':>10}")
        for service in SERVICES:
            line(service, [f"{ours.instance}-{service}"])
        line("all four", [f"{ours.instance}-{service}" for service in SERVICES])
        for service in DEMO:
            if f"{ours.instance}-{service}" in running:
                line(f"{service} (demo only)", [f"{ours.instance}-{service}"])
        line("a workspace, no kernel", [ours.workspace(chosen.person, chosen.project)])
    finally:
        workspace.stop()
        workspace.close()


if __name__ == "__main__":
    main()

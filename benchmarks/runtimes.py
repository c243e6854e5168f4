"""What gVisor costs: one person's workspace under runc and under runsc, on the instance in ENCLAVE_ROOT.

    make bench          or, with an instance that is up:
    ENCLAVE_ROOT=... ENCLAVE_INSTANCE=... .venv/bin/python -m benchmarks.runtimes [--rounds 5]

`make up` switches the instance from one runtime to the other, and back to what it was. Start: from the click until
JupyterLab answers through the gate, as in benchmarks.spawn. Memory: what the engine counts for a workspace that
served JupyterLab's page and rested (with gVisor its own kernel is among it). The rest is timed inside, in a process
of its own, the best of three: work that stays in the processor, and work that is system calls.
"""

import argparse
import json
import os
import statistics
import subprocess
import time

from benchmarks.enclave_side import Instance, Ours, instance
from benchmarks.memory import counted
from benchmarks.spawn import PAUSE, seconds
from tests.running import REPOSITORY

RUNTIMES = ("runc", "runsc")
INSIDE = """
import json, os, subprocess, sys, time
def best(work):
    took = []
    for _ in range(3):
        began = time.perf_counter(); work(); took.append(time.perf_counter() - began)
    return min(took)
import numpy
square = numpy.random.default_rng(1).random((2000, 2000))
def files():
    for number in range(300):
        with open(f"/project/.bench-{number}", "wb") as file: file.write(b"x" * 4096)
    for number in range(300): os.unlink(f"/project/.bench-{number}")
def bulk():
    with open("/project/.bench", "wb") as file:
        for _ in range(64): file.write(bytes(1 << 20))
    with open("/project/.bench", "rb") as file:
        while file.read(1 << 20): pass
    os.unlink("/project/.bench")
run = lambda *words: subprocess.run(words, check=True)
print(json.dumps({
    "a matrix product, 2000 x 2000": best(lambda: square @ square),
    "a loop of Python, 3 million steps": best(lambda: sum(range(3_000_000))),
    "import pandas, in a new process": best(lambda: run(sys.executable, "-c", "import pandas")),
    "start 20 processes": best(lambda: [run("true") for _ in range(20)]),
    "write and remove 300 small files": best(files),
    "write and read 64 MB": best(bulk),
}))
"""


def switch(place: Instance, runtime: str) -> None:
    """Have new workspaces of the instance start in `runtime`."""
    settings = {**os.environ, "ENCLAVE_RUNTIME": runtime}
    subprocess.run(["make", "up"], cwd=REPOSITORY, env=settings, check=True, capture_output=True)


def measure(place: Instance, person: str, project: str, rounds: int) -> dict[str, float]:
    """Seconds and MB of one runtime; the first start is not counted."""
    workspace = Ours(place, person, project)
    workspace.open()
    try:
        starts = []
        for turn in range(rounds + 1):
            starts.append(seconds(workspace.start()))
            if turn < rounds:
                workspace.stop()
                time.sleep(PAUSE)
        workspace.visit()
        time.sleep(20)
        found = {"start of a workspace": statistics.median(starts[1:])}
        found["memory of an idle workspace, MB"] = counted(place.workspace(person, project))
        said = place.inside(person, project, "python3", "-c", INSIDE)
        assert said.returncode == 0, said.stderr
        return {**found, **json.loads(said.stdout)}
    finally:
        workspace.stop()
        workspace.close()


def main() -> None:
    options = argparse.ArgumentParser(description="The same workspace under runc and under runsc (gVisor).")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--person", default="alice")
    options.add_argument("--project", default="tumour-ml")
    chosen = options.parse_args()
    place = instance()
    before = place.values["ENCLAVE_RUNTIME"]
    found = {}
    try:
        for runtime in RUNTIMES:
            switch(place, runtime)
            found[runtime] = measure(place, chosen.person, chosen.project, chosen.rounds)
    finally:
        switch(place, before)
    print(f"{'seconds, unless said':38}{'runc':>10}{'runsc':>10}{'ratio':>8}")
    for what, usual in found["runc"].items():
        other = found["runsc"][what]
        print(f"{what:38}{usual:10.3f}{other:10.3f}{other / usual:8.2f}")


if __name__ == "__main__":
    main()

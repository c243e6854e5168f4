"""From the click to a workspace that answers: this enclave beside plain JupyterHub with DockerSpawner.

    make bench          or, with an instance that is up:
    ENCLAVE_ROOT=... ENCLAVE_INSTANCE=... .venv/bin/python -m benchmarks.spawn [--pairs 8]

Ours: from `POST /workspace/<project>/start` by somebody who is logged in, until the status is `running` and
`GET .../api` answers 200 through the gate. Plain: from `POST /hub/api/users/<user>/server` until the Hub's progress
says `ready` and `GET .../api` answers 200 through its proxy. The starts take turns, each with a new container and a
home that is kept; the first of each is not counted. Goal: 0.4 times the plain one's time.
"""

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from benchmarks.enclave_side import PARTS, Ours, instance
from benchmarks.plain_side import KINDS, Plain
from tests.running import docker

GOAL = 0.4
PAUSE = 1.0  # seconds after each stop: what one leaves behind is not the next one's load
Moments = dict[str, float]


class Side(Protocol):
    """One of those that are compared."""

    name: str

    def open(self) -> None: ...
    def start(self) -> Moments: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


@contextmanager
def opened(side: Side) -> Iterator[Side]:
    try:
        side.open()
        yield side
    finally:
        side.close()


def measure(sides: list[Side], pairs: int) -> dict[str, list[Moments]]:
    """The moments of each start, in turns; one more of each goes before and is thrown away."""
    found: dict[str, list[Moments]] = {side.name: [] for side in sides}
    for turn in range(pairs + 1):
        for side in sides:
            moments = side.start()
            side.stop()
            time.sleep(PAUSE)
            if turn:
                found[side.name].append(moments)
        if turn:
            line = "  ".join(f"{name} {seconds(starts[-1]):6.2f}" for name, starts in found.items())
            print(f"  {turn:2}  {line}   load {os.getloadavg()[0]:.1f}", flush=True)
    return found


def seconds(moments: Moments, first: str = "asked", last: str = "ready") -> float:
    return moments[last] - moments[first]


def report(found: dict[str, list[Moments]]) -> None:
    """Medians, spread, and our ratio to each of the others: of the medians, and the median of the pairs' ratios."""
    print(f"\n{'spawn to ready, seconds':26}{'median':>9}{'lowest':>9}{'highest':>9}{'ratio':>9}{'of pairs':>10}")
    ours = [seconds(moments) for moments in found["enclave"]]
    for name, starts in found.items():
        took = [seconds(moments) for moments in starts]
        ratio = statistics.median(ours) / statistics.median(took)
        pairs = statistics.median(own / other for own, other in zip(ours, took, strict=True))
        ratios = f"{ratio:9.2f}{pairs:10.2f}" if name != "enclave" else ""
        print(f"{name:26}{statistics.median(took):9.2f}{min(took):9.2f}{max(took):9.2f}{ratios}")
    print(f"{'goal':26}{'':27}{'<= ' + str(GOAL):>9}")
    print("\nWhere our time goes (medians)")
    for words, (first, last) in PARTS.items():
        print(f"  {statistics.median(seconds(one, first, last) for one in found['enclave']):6.3f}  {words}")


def main() -> None:
    options = argparse.ArgumentParser(description="Spawn to ready, beside plain JupyterHub + DockerSpawner.")
    options.add_argument("--pairs", type=int, default=8)
    options.add_argument("--person", default="alice")
    options.add_argument("--project", default="tumour-ml")
    chosen = options.parse_args()
    ours = instance()
    print(f"The instance {ours.instance}, {os.cpu_count()} processors, engine {engine()}; {chosen.pairs} rounds.")
    print(
        "Plain: JupyterHub 6.1.1, DockerSpawner 14.0.0, configurable-http-proxy 5.3.0, a bridge network.\n"
        "Its images are ours with jupyterhub added by pip, made for this run and removed at its end: `stock` with\n"
        "every library that pip brings along, `trimmed` without rfc3987-syntax and lark, which ours lacks too.",
        flush=True,
    )
    with ExitStack() as stack:
        sides: list[Side] = [stack.enter_context(opened(Ours(ours, chosen.person, chosen.project)))]
        sides += [stack.enter_context(opened(Plain(ours.instance, kind))) for kind in KINDS]
        report(measure(sides, chosen.pairs))


def engine() -> str:
    return docker("version", "--format", "{{.Server.Version}}").stdout.strip()


if __name__ == "__main__":
    main()

"""The gate beside configurable-http-proxy 5.3.0: the same server behind both, in the same run, in short turns.

    .venv/bin/python -m benchmarks.gate [--rounds 7] [--seconds 2] [--image enclave-bench/platform:latest]

The server behind answers with 1 kB, or with 64 MB, from memory; the node proxy reaches it over TCP as it does in a
usual JupyterHub (over Unix sockets it fails small POSTs), the gate over the workspace's Unix socket, with its
whole work done: sealed cookie, owner, path table, headers, meter. Goals at 50 connections: 1.2 times the requests
per second, 0.7 times the 99th percentile, bulk at least as fast. Needs node and npm.

Two kinds of figures. *Wall clock* (requests/s, p50, p99, MB/s) is what a person feels, and what other work on the
machine disturbs; *processor time* a request, user and system of the proxy's process, it disturbs much less. Ratios
are medians over the rounds of our figure by theirs of the same round.
"""

import argparse
import multiprocessing
import os
import shutil
import statistics
import tempfile
from contextlib import ExitStack, closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

import uvloop

from benchmarks.load import ask, processor, run_backend, take
from benchmarks.proxies import (
    BASE,
    GateProxy,
    NodeProxy,
    add_options,
    cookie,
    free_port,
    make_settings,
    server_sockets,
    wait_for,
)

GOALS = (">= 1.2", "", "<= 0.7", "", "", ">= 1.0")
TITLES = ("requests/s", "p50 ms", "p99 ms", "user us", "user+sys", "MB/s")


@dataclass(frozen=True)
class Measured:
    """One round of one proxy: requests a second, percentiles in milliseconds, processor time of the proxy for one
    request in microseconds, bulk in MB/s."""

    rate: float
    p50: float
    p99: float
    user: float
    cpu: float
    bulk: float


async def measure(proxy, head, connections, seconds):
    def question(path):
        return f"GET {BASE}/api/contents/{path} HTTP/1.1\r\n{head}\r\n".encode()

    await ask(proxy.port, question("x"), connections, 0.3)  # warm
    before = processor(proxy.pid)
    times = sorted(await ask(proxy.port, question("x"), connections, seconds))
    user, cpu = ((after - was) * 1e6 / len(times) for after, was in zip(processor(proxy.pid), before, strict=True))
    bulk = await take(proxy.port, question("large").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    p50, p99 = times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3
    return Measured(len(times) / seconds, p50, p99, user, cpu, bulk)


def compare(proxies, head, connections, options):
    """Rounds of short turns; who begins changes with each."""
    found = {proxy.name: [] for proxy in proxies}
    for turn in range(options.rounds):
        for proxy in proxies if turn % 2 else reversed(proxies):
            found[proxy.name].append(uvloop.run(measure(proxy, head, connections, options.seconds)))
    return found


def report(connections, found):
    """Medians over the rounds, and the median of the rounds' ratios."""
    rounds = {name: [astuple(one) for one in measured] for name, measured in found.items()}
    title = f"{connections} connections"
    print(f"\n{title:26}" + "".join(f"{name:>11}" for name in TITLES) + f"   load {os.getloadavg()[0]:.1f}")
    for name, measured in rounds.items():
        medians = [statistics.median(column) for column in zip(*measured, strict=True)]
        print(f"{name:26}" + "".join(f"{value:11.{0 if value > 99 else 2}f}" for value in medians))
    theirs, ours = rounds.values()
    ratios = [
        [own / other for own, other in zip(mine, other_round, strict=True)]
        for mine, other_round in zip(ours, theirs, strict=True)
    ]
    columns = list(zip(*ratios, strict=True))
    for word, chosen in (("ratio", statistics.median), ("  lowest", min), ("  highest", max)):
        print(f"{word:26}" + "".join(f"{chosen(column):11.2f}" for column in columns))
    print(f"{'goal at 50 connections':26}" + "".join(f"{goal:>11}" for goal in GOALS), flush=True)


@contextmanager
def opened(options, serve):
    """Both proxies before the same server, and the gate's settings; nothing of it stays."""
    with ExitStack() as stack:
        root = Path(tempfile.mkdtemp(prefix="gate-"))
        stack.callback(shutil.rmtree, root)
        settings, backend = make_settings(root), free_port()
        server = multiprocessing.get_context("spawn").Process(
            target=serve, args=(backend, server_sockets(settings)), daemon=True
        )
        server.start()
        stack.callback(server.terminate)
        wait_for(backend)
        theirs = stack.enter_context(closing(NodeProxy(backend)))
        ours = stack.enter_context(closing(GateProxy(settings, options.python, options.image)))
        yield (theirs, ours), settings


def main():
    options = argparse.ArgumentParser(description="The gate beside configurable-http-proxy.")
    options.add_argument("--seconds", type=float, default=2.0)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--connections", type=int, nargs="+", default=[20, 50])
    add_options(options)
    options = options.parse_args()
    with opened(options, run_backend) as (proxies, settings):
        common = "Accept: application/json\r\nAccept-Encoding: gzip\r\nUser-Agent: benchmark\r\n"
        where = settings.workspaces_url.removeprefix("http://")
        head = f"Host: {where}\r\n{common}Cookie: {cookie(settings)}\r\n"
        for connections in options.connections:
            report(connections, compare(proxies, head, connections, options))


if __name__ == "__main__":
    main()

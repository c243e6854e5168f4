"""What one message of a kernel costs: the gate beside configurable-http-proxy 5.3.0, which passes bytes unread.

    .venv/bin/python -m benchmarks.channel [--rounds 5] [--seconds 2] [--image enclave-bench/platform:latest]

`one by one`: each small message is answered by one before the next is sent; `in bursts`: by 50. The figures are
processor time, user and system, of the proxy's process for a message. Goal: 14 microseconds in bursts.
"""

import argparse
import asyncio
import statistics

import aiohttp
import uvloop

from benchmarks.gate import opened
from benchmarks.kernel import converse, run_kernels
from benchmarks.load import processor
from benchmarks.proxies import PLACE, add_options, cookie

WAYS = {"one by one": 1, "in bursts": 50}
CHANNELS = 8


async def measure(proxy, sealed, lines, seconds):
    """Microseconds a message."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        talks = [converse(client, proxy.port, PLACE, sealed, lines, 0.2) for _ in range(CHANNELS)]
        await asyncio.gather(*talks)
        before = processor(proxy.pid)[1]
        talks = [converse(client, proxy.port, PLACE, sealed, lines, seconds) for _ in range(CHANNELS)]
        passed = sum(await asyncio.gather(*talks))
        return (processor(proxy.pid)[1] - before) * 1e6 / passed


def main():
    options = argparse.ArgumentParser(description="The cost of a kernel's message.")
    options.add_argument("--seconds", type=float, default=2.0)
    options.add_argument("--rounds", type=int, default=5)
    add_options(options)
    options = options.parse_args()
    with opened(options, run_kernels) as (proxies, settings):
        sealed = cookie(settings)
        print(f"{'us of processor a message':26}" + "".join(f"{proxy.name:>26}" for proxy in proxies))
        for way, lines in WAYS.items():
            found = [
                [uvloop.run(measure(proxy, sealed, lines, options.seconds)) for proxy in proxies]
                for _ in range(options.rounds)
            ]
            medians = [statistics.median(column) for column in zip(*found, strict=True)]
            ratio = statistics.median(ours / theirs for theirs, ours in found)
            print(
                f"{way:26}" + "".join(f"{value:26.1f}" for value in medians) + f"   ratio {ratio:.2f}", flush=True
            )


if __name__ == "__main__":
    main()

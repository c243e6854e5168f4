"""Whether the gate's memory stays flat: 50 WebSockets with traffic, and what a page asks for beside it.

    .venv/bin/python -m benchmarks.soak [--minutes 10] [--image enclave-bench/platform:latest]

Each channel asks ten times a second and gets five lines of output; one in ten has 2 s of answers of 64 kB instead;
all are closed and opened again every 20 s or so; beside them four clients poll. The process's resident memory is
looked at once a second. The first tenth of the time (at least 20 s) is warming up and does not count.

Fails when what is held grows faster than 2 MB in ten minutes (least squares), or when its highest value is more
than 10 % above its lowest. A leak of 64 bytes a message would be 100 MB in ten minutes.
"""

import argparse
import asyncio
import contextlib
import random
import statistics
import sys
import time

import aiohttp
import uvloop

from benchmarks.gate import opened
from benchmarks.kernel import answered, channel, run_kernels
from benchmarks.proxies import PLACES, add_options, base_of, cookie, resident

CHANNELS, POLLERS = 50, 4
LINES, LARGE = 5, 64 * 1024
GROWTH, SPREAD = 2.0, 1.10  # MB in ten minutes; highest by lowest
_PAUSE = 0.1


class Soak:
    """All of the traffic, counted."""

    def __init__(self, port, settings, end):
        self._port, self._end = port, end
        self._cookies = {place: cookie(settings, place) for place in PLACES}
        self.messages = self.asked = self.opened = 0

    def _over(self):
        return time.perf_counter() > self._end

    async def talk(self, client, number):
        place, chance = PLACES[number % len(PLACES)], random.Random(number)
        while not self._over():
            large = chance.random() < 0.1
            lines, more = (1, LARGE) if large else (LINES, 0)
            until = time.perf_counter() + (2 if large else chance.uniform(10, 30))
            self.opened += 1
            async with channel(client, self._port, place, self._cookies[place], lines, more) as one:
                while time.perf_counter() < until and not self._over():
                    await answered(one, lines)
                    self.messages += 1 + lines
                    await asyncio.sleep(_PAUSE)

    async def poll(self, client, number):
        place = PLACES[number % len(PLACES)]
        headers = {"Cookie": self._cookies[place]}
        while not self._over():
            for path in ("api/contents/x", "api/kernels", "api/sessions"):
                address = f"http://localhost:{self._port}{base_of(place)}/{path}"
                async with client.get(address, headers=headers) as answer:
                    await answer.read()
                    assert answer.status == 200, answer.status
                self.asked += 1
            await asyncio.sleep(_PAUSE)

    async def watch(self, pid, seen):
        while not self._over():
            seen.append((time.perf_counter(), resident(pid)))
            await asyncio.sleep(1.0)


async def run(proxy, settings, minutes):
    """What was seen of the memory, and the traffic."""
    seen, soak = [], Soak(proxy.port, settings, time.perf_counter() + minutes * 60)
    async with contextlib.AsyncExitStack() as stack:
        jar = aiohttp.DummyCookieJar()
        client = await stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=jar, connector=aiohttp.TCPConnector(limit=0))
        )
        work = [soak.talk(client, number) for number in range(CHANNELS)]
        work += [soak.poll(client, number) for number in range(POLLERS)]
        await asyncio.gather(*work, soak.watch(proxy.pid, seen))
    return seen, soak


def judge(seen, minutes):
    """Print what was seen; whether it is flat."""
    warm = seen[0][0] + max(20.0, minutes * 6)
    times, sizes = zip(*[(moment, size) for moment, size in seen if moment >= warm], strict=True)
    slope = statistics.linear_regression(times, sizes).slope * 600
    lowest, highest = min(sizes), max(sizes)
    print(f"memory, MB: at first {seen[0][1]:.1f}, when warm {sizes[0]:.1f}, at the end {sizes[-1]:.1f}")
    print(f"  lowest {lowest:.1f}, highest {highest:.1f}, ratio {highest / lowest:.3f}   bound {SPREAD}")
    print(f"  slope {slope:+.2f} MB in ten minutes   bound {GROWTH:+.2f}")
    return slope <= GROWTH and highest <= lowest * SPREAD


def main():
    options = argparse.ArgumentParser(description="The gate's memory under traffic.")
    options.add_argument("--minutes", type=float, default=10.0)
    add_options(options)
    options = options.parse_args()
    with opened(options, run_kernels) as ((_, gate), settings):
        seen, soak = uvloop.run(run(gate, settings, options.minutes))
    print(f"{options.minutes:g} minutes, {CHANNELS} channels, opened {soak.opened} times in all")
    print(f"{soak.messages} messages, {soak.asked} requests")
    sys.exit(0 if judge(seen, options.minutes) else 1)


if __name__ == "__main__":
    main()

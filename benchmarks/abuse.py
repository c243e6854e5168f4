"""What a neighbour notices while a workspace takes all it can get.

    make bench          or, with an instance that is up:
    ENCLAVE_ROOT=... ENCLAVE_INSTANCE=... .venv/bin/python -m benchmarks.abuse

Bob asks for a small list through the gate, one question after the other. Erin's workspace, of another
project, attacks meanwhile (tests/stack/abusers.py). Printed: percentiles before and during, in milliseconds,
and the ratio of the 99th ones; the goal is 2. Percentiles of "before" are taken anew before each attack. The
one who asks shares the machine with everybody else, so on few processors a part of the ratio is the measuring
itself.
"""

import argparse
import multiprocessing
import socket
import time
from contextlib import suppress

import requests

from benchmarks.enclave_side import Instance, instance
from tests.running import docker
from tests.stack import abusers
from tests.stack.people import Person

NEIGHBOUR, ATTACKER = ("bob", "tumour-ml"), ("erin", "diabetes-care")
PATH = "api/contents/project?content=0"
ATTACKS = {
    "all processors spin": abusers.SPIN,
    "processes without end": abusers.FORK,
    "memory without end": abusers.MEMORY,
    "256 MB written again and again": abusers.DISK,
    "small files without end": abusers.FILES,
    "log flood": abusers.LOG,
    "kernel messages as fast as it can": abusers.FLOOD,
}


class Asker:
    """One connection of the neighbour's browser."""

    def __init__(self, person: Person, project: str) -> None:
        url = person.base(project) + PATH
        prepared = person.session.prepare_request(requests.Request("GET", url))
        host, _, port = url.split("/")[2].partition(":")
        self._where = (host, int(port))
        lines = [f"GET /{url.split('/', 3)[3]} HTTP/1.1", f"Host: {url.split('/')[2]}", "Accept: application/json"]
        self._question = "\r\n".join([*lines, f"Cookie: {prepared.headers['Cookie']}", "", ""]).encode()

    def percentiles(self, seconds: float) -> tuple[int, float, float]:
        """How many answers there were, and the 50th and 99th percentile of the time that each took, in ms."""
        times = []
        with socket.create_connection(self._where) as connection, connection.makefile("rb") as answers:
            end = time.perf_counter() + seconds
            while (start := time.perf_counter()) < end:
                connection.sendall(self._question)
                self._read(answers)
                times.append(time.perf_counter() - start)
        times.sort()
        return len(times), times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3

    @staticmethod
    def _read(answers) -> None:
        status, length, chunked = answers.readline(), 0, False
        assert status.startswith(b"HTTP/1.1 200"), status
        while line := answers.readline().strip().lower():
            length = int(line.partition(b":")[2]) if line.startswith(b"content-length:") else length
            chunked |= line.startswith(b"transfer-encoding:") and b"chunked" in line
        answers.read(length)
        while chunked and (size := int(answers.readline(), 16)) >= 0:
            answers.read(size + 2)
            chunked = size > 0


def listen(person: str, project: str, seconds: float, counted) -> None:
    """A browser of the attacker's, in a process of its own, that takes what the flood sends as fast as it can."""
    erin = Person(instance(), person).log_in()
    erin.enter(project)
    channel = erin.channel(project, "api/kernels/00000000-0000-4000-8000-000000000000/channels")
    end = time.monotonic() + seconds
    with suppress(OSError):
        while time.monotonic() < end:
            counted.value += len(channel.sock.recv(1 << 20))


def attack(ours: Instance, erin: Person, program: str) -> None:
    erin.start_anew(ATTACKER[1])
    docker("exec", "--detach", ours.workspace(*ATTACKER), "python3", "-c", program)
    time.sleep(1)


def main() -> None:
    options = argparse.ArgumentParser(description="A neighbour's small requests during attacks.")
    options.add_argument("--seconds", type=float, default=8.0)
    options.add_argument("--only", default="", help="attacks whose name holds this")
    chosen = options.parse_args()
    ours = instance()
    bob, erin = Person(ours, NEIGHBOUR[0]).log_in(), Person(ours, ATTACKER[0]).log_in()
    bob.start_anew(NEIGHBOUR[1])
    bob.enter(NEIGHBOUR[1])
    asker = Asker(bob, NEIGHBOUR[1])
    asker.percentiles(1)
    print(f"{'ms':38}{'before p50':>12}{'p99':>8}{'during p50':>12}{'p99':>8}{'answers':>9}{'ratio p99':>11}")
    for name, program in ATTACKS.items():
        if chosen.only not in name:
            continue
        erin.stop(ATTACKER[1])
        time.sleep(1)
        _, p50, p99 = asker.percentiles(chosen.seconds)
        attack(ours, erin, program)
        counted = multiprocessing.get_context("spawn").Value("Q", 0)
        browser = None
        if program is abusers.FLOOD:
            arguments = (*ATTACKER, chosen.seconds + 10, counted)
            browser = multiprocessing.get_context("spawn").Process(target=listen, args=arguments)
            browser.start()
            time.sleep(5)
        received = counted.value
        answers, during50, during99 = asker.percentiles(chosen.seconds)
        numbers = f"{p50:12.1f}{p99:8.1f}{during50:12.1f}{during99:8.1f}{answers:9}{during99 / p99:11.2f}"
        print(f"{name:38}{numbers}", flush=True)
        if browser:
            print(f"{'':38}the attacker received {(counted.value - received) / chosen.seconds / 1e6:.1f} MB/s")
            browser.terminate()
            browser.join()
    erin.stop(ATTACKER[1])
    bob.stop(NEIGHBOUR[1])


if __name__ == "__main__":
    main()

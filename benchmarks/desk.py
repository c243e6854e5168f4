"""The review desk with a long queue, a large request and many checkers: seconds of the pages that they look at.

    .venv/bin/python -m benchmarks.desk [--requests 10000] [--files 500] [--checkers 50] [--rounds 60]
        [--database postgresql://...]

Needs no running stack: a real desk (`enclave-desk`) in a process and a temporary folder of its own, over the socket
that the gate uses. Its records are rows as the desk writes them, without bytes on the disk. Beside them, in turns,
the same pages of a second desk with 20 requests: read the ratios, and the processor time of the desk's process for
one page, which other work on the machine disturbs little. With --database, an empty one, the long queue is there,
and its processor time is without the database's own; the short one stays in SQLite.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import insert

from data_mounts import projects
from data_mounts.changes import Changes
from enclave.clock import now
from enclave.database import Database
from enclave.layout import Layout
from enclave.migrations import upgrade
from enclave.people import Identity, Role, ensure_person
from enclave.web.rooms import Caller
from output_review.policy import DEFAULT
from output_review.tables import claims, request_files, requests, reviews, rounds, votes
from output_review.vocabulary import FileVerdict, Status

GOAL = 0.3
FEW = 20
PROJECTS = 55  # as many as the national platform had


def fill(root: Path, url: str, count: int, files: int, checkers: int) -> None:
    """`count` open requests of 55 projects, a third voted on, a fifth claimed; the last has `files` files."""
    database = Database(url or f"sqlite:///{Layout(root).database}")
    upgrade(database)
    with database.write() as connection:
        for number in range(checkers):
            person = f"checker{number:03d}"
            ensure_person(
                connection,
                Identity("https://idp", person, person, person, "", frozenset([Role.OUTPUT_CHECKER])),
            )
        for number in range(PROJECTS):
            given = Changes(
                title=f"Project {number}", purpose="A benchmark.", authorisation="B-1",
                start=now() - timedelta(days=1), end=now() + timedelta(days=365),
            )  # fmt: skip
            projects.create(connection, "operator:benchmark", f"project-{number:02d}", given)
        for table, rows in _rows(count, files, checkers).items():
            connection.execute(insert(table), rows)
    database.close()


def _rows(count: int, files: int, checkers: int) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (requests, rounds, request_files, reviews, votes, claims)
    }
    texts = {"what": "Counts by region and year", "how": "By the notebook", "controls": "Rounded to ten"}
    for number in range(1, count + 1):
        since = now() - timedelta(minutes=7 * (count - number))
        voted, claimed = number % 3 == 0, number % 5 == 0
        key, person = {"request_id": number}, f"checker{number % checkers:03d}"
        found[requests].append(
            {"id": number, "project": f"project-{number % PROJECTS:02d}", "author": f"author{number % 200:03d}",
             "status": Status.IN_REVIEW if voted else Status.SUBMITTED, "round": 1, "version": 1 + voted,
             "comment": "", "reviewer": "", "created": since, "updated": since, "policy_version": 1,
             "waiting_since": since, "due": since + timedelta(hours=DEFAULT.response_hours)} | texts
        )  # fmt: skip
        found[rounds].append(
            key | {"round": 1, "policy_version": 1, "statements": [], "started": since, "origin": None} | texts
        )
        for place in range(1, (files if number == count else 1 + number % 4) + 1):
            sha256 = f"{number:032x}{place:032x}"
            found[request_files].append(
                key | {"round": 1, "number": place, "name": f"table-{place}.csv", "size": 4000, "sha256": sha256}
            )
            if voted:
                word = {"round": 1, "reviewer": person, "number": 1, "sha256": sha256}
                found[votes].append(key | word | {"verdict": FileVerdict.APPROVED, "reason": ""})
        if voted:
            word = {"round": 1, "reviewer": person, "number": 1, "policy_version": 1, "comment": "fine"}
            found[reviews].append(key | word | {"counted": False, "time": since})
        if claimed:
            other = f"checker{(number + 1) % checkers:03d}"
            found[claims].append(key | {"person": other, "since": now(), "until": now() + timedelta(hours=8)})
    return found


@contextmanager
def desk(root: Path, url: str) -> Iterator[tuple[Path, int]]:
    """A desk at work; its socket and its process."""
    socket = Layout(root).desk_socket("gate")
    for caller in Caller:
        Layout(root).desk_socket(caller).parent.mkdir(parents=True, exist_ok=True)
    environment = {"ENCLAVE_ROOT": str(root), "ENCLAVE_DATABASE_URL": url, "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", "from enclave.web.desk import main; main()"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        while not socket.exists():
            if process.poll() is not None:
                raise SystemExit("the desk did not start")
            time.sleep(0.05)
        try:
            yield socket, process.pid
        finally:
            process.terminate()


def processor(pid: int) -> float:
    """The seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Browser:
    """One checker's requests to one desk."""

    def __init__(self, socket: Path, name: str) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket)))
        self._headers = {"X-Enclave-Person": name, "Accept": "text/html"}

    async def look(self, path: str) -> float:
        """The seconds until the whole page is there."""
        began = time.perf_counter()
        async with self._session.get(f"http://desk{path}", headers=self._headers) as answer:
            text = await answer.text()
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status} {text[:300]}")
        return time.perf_counter() - began

    async def close(self) -> None:
        await self._session.close()


def told(what: str, many: list[float], few: list[float], used: str = "", goal: float | None = None) -> bool:
    """One line; whether the goal is met."""

    def spread(seconds: list[float]) -> tuple[float, float]:
        return statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]

    (p50, p95), (low50, low95) = spread(many), spread(few)
    met = goal is None or p95 <= goal
    aim = "" if goal is None else f"   goal p95 <= {goal:.1f}: {'met' if met else 'missed'}"
    print(f"{what:36}{p50:8.3f}{p95:8.3f}{low50:10.3f}{low95:8.3f}{p50 / low50:8.2f}{used:>18}{aim}")
    return met


async def in_turns(
    one: Browser, path: str, other: Browser, beside: str, rounds: int, pids: tuple[int, int]
) -> tuple[list[float], list[float], str]:
    """As many looks at two pages, one after the other, and the processor time of each; the first do not count."""
    await one.look(path)
    await other.look(beside)
    before = [processor(pid) for pid in pids]
    pairs = [(await one.look(path), await other.look(beside)) for _ in range(rounds)]
    used = [(processor(pid) - start) / rounds for pid, start in zip(pids, before, strict=True)]
    return [a for a, _ in pairs], [b for _, b in pairs], f"{used[0]:.3f} / {used[1]:.3f}"


async def at_once(socket: Path, checkers: int, numbers: list[int]) -> list[float]:
    """Every checker looks at the queue and at a request, four times, all at the same time."""
    people = [Browser(socket, f"checker{number:03d}") for number in range(checkers)]

    async def work(person: Browser, number: int) -> list[float]:
        paths = ["/desk/queue", f"/desk/requests/{numbers[number % len(numbers)]}"] * 4
        return [await person.look(path) for path in paths]

    try:
        found = await asyncio.gather(*(work(person, number) for number, person in enumerate(people)))
    finally:
        for person in people:
            await person.close()
    return [seconds for own in found for seconds in own]


async def measure(long: tuple[Path, int], short: tuple[Path, int], given: argparse.Namespace) -> bool:
    one, other, pids = Browser(long[0], "checker000"), Browser(short[0], "checker000"), (long[1], short[1])
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; {given.rounds} looks each, in turns\n")
    print(f"{'seconds':36}{'p50':>8}{'p95':>8}{'few: p50':>10}{'p95':>8}{'ratio':>8}{'processor':>18}")
    try:
        pages = [(f"queue of {given.requests}, beside {FEW}", "/desk/queue", "/desk/queue", GOAL),
                 ("the same, searched", "/desk/queue?text=region", "/desk/queue?text=region", None),
                 (f"a request of {given.files} files, beside 1", f"/desk/requests/{given.requests}",
                  f"/desk/requests/{FEW}", None)]  # fmt: skip
        met = [
            told(what, *await in_turns(one, path, other, beside, given.rounds, pids), goal)
            for what, path, beside, goal in pages
        ]
        numbers = list(range(1, FEW))
        crowd = await at_once(long[0], given.checkers, numbers)
        alone = [seconds for _ in range(8) for seconds in await at_once(long[0], 1, numbers)]
        told(f"{given.checkers} checkers at once, beside 1", crowd, alone)
    finally:
        await one.close()
        await other.close()
    return all(met)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, usual in (("requests", 10_000), ("files", 500), ("checkers", 50), ("rounds", 60)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, count in (("long", given.requests), ("short", FEW)):
            url, files = (given.database, given.files) if name == "long" else ("", 1)
            fill(Path(folder) / name, url, count, files, given.checkers)
        with desk(Path(folder) / "long", given.database) as long, desk(Path(folder) / "short", "") as short:
            met = asyncio.run(measure(long, short, given))
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()

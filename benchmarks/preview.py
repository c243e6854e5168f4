"""A table's first screen and one far down, as the desk makes them: seconds, and memory of the child that reads.

    .venv/bin/python -m benchmarks.preview [--megabytes 100] [--rounds 5]

Needs no running stack: a store of its own in a temporary folder, and `preview.examine` as the pages call it, with
its hashing of the stored bytes, its child and its limits; nothing is kept from one look to the next. Beside it, in
turns within the same run, the same screen by the shortest program that most would write: pandas reads the file and
tells its shape and its first rows. Read the ratio; the seconds are this machine's.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from enclave.layout import Layout
from output_review import objects, preview
from output_review.vocabulary import File

MB = 1024**2
PANDAS = "import pandas, sys; t = pandas.read_csv(sys.stdin.buffer); print(t.shape, t.head(200).to_json())"
GOAL_SECONDS, GOAL_MEMORY = 1.0, 300


def plain(row: int) -> str:
    return f"{row},patient {row % 977},{row * 0.37:.4f},2024-01-{row % 28 + 1:02},{row % 13},no remark about it"


def quoted(row: int) -> str:
    return ",".join(f'"{field}"' for field in plain(row).split(","))


def with_commas(row: int) -> str:
    return plain(row).replace("no remark about it", '"no remark, really"')


def with_lines(row: int) -> str:
    return plain(row).replace("no remark about it", '"no remark,\nreally ""none"""')


def accented(row: int) -> str:
    return plain(row).replace("no remark", "né à Orléans")


WAYS: dict[str, Callable[[int], str]] = {
    "plain": plain, "quoted": quoted, "commas in quotes": with_commas, "lines in quotes": with_lines,
    "accents": accented
}  # fmt: skip


def kept(layout: Layout, way: Callable[[int], str], size: int) -> File:
    """A stored file of about `size` bytes."""
    folder = objects.new_incoming(layout)
    arrival = objects.Arrival(folder / "1")
    arrival.write(b"id,name,value,day,group,remark\n")
    first = 0
    while arrival.size < size:
        arrival.write("".join(way(row) + "\n" for row in range(first, first + 50_000)).encode())
        first += 50_000
    found = arrival.finish()
    objects.keep(layout, folder / "1", found)
    return File(1, "table.csv", arrival.size, found)


def ours(layout: Layout, file: File, row: int) -> tuple[float, float]:
    """Seconds of one look, and the largest memory of its child in MB."""
    preview._kept.clear()
    began = time.perf_counter()
    found = asyncio.run(preview.examine(layout, file, {"row": row}))
    seconds = time.perf_counter() - began
    assert found["family"] == "table" and found["rows"], found
    return seconds, found["total_rows"]


def taken(command: list[str], file: Path) -> tuple[float, float]:
    """The most memory that such a child holds, in MB, and its processor time in seconds; asked of the kernel."""
    with file.open("rb") as opened:
        child = subprocess.Popen(
            command, stdin=opened, stdout=subprocess.DEVNULL, env={"OPENBLAS_NUM_THREADS": "1"}
        )
        _pid, status, usage = os.wait4(child.pid, 0)
    assert status == 0
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def pandas(file: Path) -> float:
    began = time.perf_counter()
    with file.open("rb") as opened:
        subprocess.run([sys.executable, "-c", PANDAS], stdin=opened, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def measured(layout: Layout, name: str, size: int, rounds: int) -> Iterator[str]:
    file = kept(layout, WAYS[name], size)
    place = layout.object(file.sha256)
    first, far, theirs = [], [], []
    for _ in range(rounds):
        seconds, rows = ours(layout, file, 1)
        first.append(seconds)
        far.append(ours(layout, file, int(rows * 0.9))[0])
        theirs.append(pandas(place))
    child = [sys.executable, *preview.COMMAND, file.name, "{}"]
    (held, work), (theirs_held, theirs_work) = taken(child, place), taken([sys.executable, "-c", PANDAS], place)
    a, b, c = (statistics.median(one) for one in (first, far, theirs))
    times = f"{a:9.2f}{b:9.2f}{c:9.2f}{a / c:8.2f}{work:10.2f}{theirs_work:8.2f}{work / theirs_work:8.2f}"
    yield f"{name:18}{rows:>11,}{times}{held:8.0f}{theirs_held:8.0f}{held / theirs_held:8.2f}"
    if a > GOAL_SECONDS or held > GOAL_MEMORY:
        yield f"  missed: at most {GOAL_SECONDS} s and {GOAL_MEMORY} MB"


def main() -> None:
    options = argparse.ArgumentParser(description="The first screen of a large table.")
    options.add_argument("--megabytes", type=int, default=100)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    print(f"{chosen.megabytes} MB, medians of {chosen.rounds}, load {os.getloadavg()[0]:.1f}")
    print(f"{'':29}{'first':>9}{'far down':>9}{'pandas':>9}{'':8}{'processor':>10}{'pandas':>8}", end="")
    print(f"{'':8}{'memory':>8}{'pandas':>8}")
    print(f"{'table':18}{'rows':>11}{'s':>9}{'s':>9}{'s':>9}{'ratio':>8}{'s':>10}{'s':>8}{'ratio':>8}", end="")
    print(f"{'MB':>8}{'MB':>8}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for name in WAYS:
            for line in measured(Layout(Path(folder)), name, chosen.megabytes * MB, chosen.rounds):
                print(line, flush=True)


if __name__ == "__main__":
    main()

"""Differencing: three people taken out between two tables of 1,000 cells over 10^6 people; 50 honest pairs.

    .venv/bin/python -m benchmarks.differencing --rows 1000000

The data is that of `records.py` with groups of its own. A table by two keys (1,000 cells) is released, and traced
to its people once (`prepare`); then the same table without three people is asked for, as a CSV file. *traced* is
what the new file takes to be found again from its numbers, *compared* what its cells take beside all released
ones. Honest pairs are two tables by different keys, or by the same, of people who differ by none or by hundreds.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.records import people
from output_review.checks.findings import Finding
from output_review.checks.grids import grid_of
from output_review.checks.microdata import differencing, held, ledger, released
from output_review.checks.parts import Part
from output_review.checks.parts import table as part_of
from output_review.checks.registry import Context

LEAST = 11


def part(frame: pd.DataFrame, name: str) -> Part:
    """A file as it is read from CSV: every cell a text."""
    made = part_of([str(one) for one in frame.columns], frame.astype(str).to_numpy().tolist())
    object.__setattr__(made, "name", name)
    return made


def counted(data: pd.DataFrame, *by: str) -> pd.DataFrame:
    return data.groupby(list(by)).size().rename("n").reset_index()


def published(table: pd.DataFrame) -> pd.DataFrame:
    """Without small cells, and without so many more that those left out together are enough people."""
    table = table.sort_values("n")
    hidden = int((table["n"] < 2 * LEAST).sum())
    while 0 < table["n"].iloc[:hidden].sum() < LEAST:
        hidden += 1
    return table.iloc[hidden:].sort_index()


def look(file: Part, context: Context) -> tuple[list[Finding], float]:
    began = time.perf_counter()
    found = list(differencing.CHECK.look(file, context))
    return found, time.perf_counter() - began


def removed(data: pd.DataFrame, context: Context, draw: np.random.Generator) -> None:
    first = counted(data, "unit", "band")
    first.to_csv(context.earlier / "first.csv", index=False)  # type: ignore[operator]
    began = time.perf_counter()
    released.prepare(context)
    print(f"the release of {len(first)} cells traced and kept: {time.perf_counter() - began:.2f} s", flush=True)
    gone = draw.choice(len(data), 3, replace=False)
    file = part(counted(data.drop(index=gone), "unit", "band"), "second.csv")
    began = time.perf_counter()
    entry = released.entry("second.csv", file, held.tables(context))
    traced = time.perf_counter() - began
    assert entry is not None, "the new table was not found again"
    began = time.perf_counter()
    pairs = [ledger.alike(entry.cells, old.cells, LEAST) for old in released.entries(context)]
    compared = time.perf_counter() - began
    found, _ = look(file, context)
    places = {(one.place.get("row"), one.value) for one in found if "row" in one.place}
    grid = grid_of(file)
    expected = set()
    for unit, band in data.loc[gone, ["unit", "band"]].itertuples(index=False):
        row = next(at for at, cells in enumerate(grid.cells) if cells[:2] == (str(unit), str(band)))
        expected.add(row + 1)
    print(f"3 people removed: cells found {len(expected & {row for row, _ in places})} of {len(expected)}, "
          f"others accused {len({row for row, _ in places} - expected)}; traced {traced:.2f} s, "
          f"compared {compared:.2f} s ({len(pairs[0])} pairs); goal 3 s together")  # fmt: skip


def honest(data: pd.DataFrame, context: Context, draw: np.random.Generator, pairs: int) -> None:
    keys = ["sex", "department", "diagnosis", "smoker", "stays", "band", "unit"]
    alarms, traced, seconds = 0, 0, []
    for number in range(pairs):
        for old in context.earlier.iterdir():  # type: ignore[union-attr]
            old.unlink()
        few = data[data["age"] >= int(draw.integers(30, 70))] if number % 2 else data
        a, b = (list(draw.choice(keys, int(draw.integers(1, 3)), replace=False)) for _ in range(2))
        first, second = counted(data, *a), counted(few, *b)
        published(first).to_csv(context.earlier / "first.csv", index=False)  # type: ignore[operator]
        released.prepare(context)
        second = published(second)
        if len(second) < 2:
            continue
        try:
            found, took = look(part(second, f"second-{number}.csv"), context)
        except Exception as error:
            print(f"  pair {number} {a} {b}: {error}", flush=True)
            continue
        traced += 1
        alarms += bool(found)
        seconds.append(took)
        for one in found[:2]:
            print(f"  FALSE ALARM {a} {b}: {one.message}", flush=True)
    print(f"honest pairs: alarms {alarms} of {traced} traced ({pairs} asked); seconds a file: "
          f"p50 {np.percentile(seconds, 50):.2f}, most {max(seconds):.2f}; load {os.getloadavg()[0]:.1f}"
    )  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description="Differencing: found, false alarms, time.")
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--pairs", type=int, default=50)
    given = options.parse_args()
    draw = np.random.default_rng(11)
    data = people(given.rows)
    data["unit"] = [f"unit {one:02d}" for one in draw.integers(0, 50, given.rows)]
    data["band"] = [f"band {one:02d}" for one in draw.integers(0, 20, given.rows)]
    print(f"{given.rows:,} people, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(prefix="differencing-") as place:
        folder, earlier, scratch = (Path(place) / name for name in ("people", "earlier", "scratch"))
        for one in (folder, earlier, scratch):
            one.mkdir()
        pq.write_table(pa.Table.from_pandas(data, preserve_index=False), folder / "people.parquet")
        context = Context(data={"people": folder}, earlier=earlier, scratch=scratch)
        held.prepare(context)
        removed(data, context, draw)
        honest(data, context, draw, given.pairs)


if __name__ == "__main__":
    main()

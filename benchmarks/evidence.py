"""Evidence for a crosstab: people, sum, two largest, smallest and negatives of each cell, beside ACRO's own
check.

    .venv/bin/python -m benchmarks.evidence --rows 10000000 [--acro PYTHON]

100 × 10 cells. Ours works on the index (ranks of keys, one column of numbers), and once on the data's Parquet
file as it lies. What it is compared with runs in the same process, turn by turn: pandas' crosstab for each of the
things that ACRO 1.0.2 asks of a table (count, sum, the largest, the sum of the two largest, negatives, missing),
each a `pandas.crosstab` or pivot with a Python function, as ACRO does. With `--acro` ACRO itself runs in another
virtual environment's Python on the same file.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from output_review.checks.microdata import contributions, held, index, layout, sources
from output_review.checks.microdata.canonical import read
from output_review.checks.microdata.fields import Field

ACRO = """
import sys, time, os, tempfile
import pandas as pd
os.chdir(tempfile.mkdtemp())
from acro import ACRO
data = pd.read_parquet(sys.argv[1])
acro = ACRO(suppress=False)
for _ in range(int(sys.argv[2])):
    began = time.perf_counter()
    more = {} if sys.argv[3] == "count" else {"values": data["x"], "aggfunc": sys.argv[3]}
    acro.crosstab(data["a"], data["b"], **more)
    print("took", time.perf_counter() - began, flush=True)
"""


def best(of: Callable[[], object], rounds: int) -> float:
    """The median of some rounds, in seconds."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        of()
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


def ours(table: index.Table, file: dict[str, list[str]]) -> contributions.Contributions:
    fields = [Field(name, [read(cell) for cell in cells], held.digests) for name, cells in file.items()]
    picks = []
    for at, field in enumerate(fields):
        column = table.column(field.name)
        assert column is not None
        picks.append(layout.Pick(at, column, field.ranks(column), ~field.filled))
    rows = np.arange(len(fields[0].readings))
    made = layout.Layout(table, rows, rows[:, None], tuple(picks), ("n",), np.zeros((len(rows), 1)), True)
    return contributions.contributions(sources.connect(), layout.gather(made), table.column("x"), None, 2)


def straight(path: Path) -> None:
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(
        "SELECT a, b, count(*), sum(x), max(x, 2), min(x), count(*) FILTER (x < 0)"
        " FROM read_parquet(?) GROUP BY a, b",
        [str(path)],
    ).fetchall()


def in_pandas(data: pd.DataFrame) -> None:
    a, b, x = data["a"], data["b"], data["x"]
    pd.crosstab(a, b)
    for how in ("sum", "max", lambda one: one.nlargest(2).sum(), "min", lambda one: (one < 0).sum()):
        pd.crosstab(a, b, values=x, aggfunc=how)


def main() -> None:
    options = argparse.ArgumentParser(description="Evidence for a crosstab, beside ACRO.")
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--acro", help="the Python of a virtual environment with acro in it")
    given = options.parse_args()
    draw = np.random.default_rng(5)
    data = pd.DataFrame(
        {
            "a": np.array([f"a{one:02d}" for one in range(100)])[draw.integers(0, 100, given.rows)],
            "b": np.array([f"b{one}" for one in range(10)])[draw.integers(0, 10, given.rows)],
            "x": draw.lognormal(5, 1, given.rows).round(2),
        }
    )
    print(f"{given.rows:,} rows, 1,000 cells, load {os.getloadavg()[0]:.1f}, median of {given.rounds}", flush=True)
    with tempfile.TemporaryDirectory(prefix="evidence-") as place:
        path = Path(place) / "data.parquet"
        pq.write_table(pa.Table.from_pandas(data, preserve_index=False), path)
        connection = sources.connect()
        (source,) = sources.find(connection, "d", Path(place))
        table = index.build(connection, source)
        cells = [(f"a{one:02d}", f"b{two}") for one in range(100) for two in range(10)]
        file = {"a": [one for one, _ in cells], "b": [two for _, two in cells]}
        ours(table, file)
        seconds = {"ours, from the index": best(lambda: ours(table, file), given.rounds)}
        seconds["ours, straight from Parquet"] = best(lambda: straight(path), given.rounds)
        seconds["pandas, as ACRO asks it"] = best(lambda: in_pandas(data), 1)
        if given.acro:
            for how in ("count", "mean", "sum"):
                command = [given.acro, "-c", ACRO, str(path), str(given.rounds), how]
                said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                took = [float(line.split()[1]) for line in said.splitlines() if line.startswith("took ")]
                seconds[f"ACRO, {how}"] = float(np.median(took))
        reference = seconds["ours, from the index"]
        for name, one in seconds.items():
            print(f"{name:28}{one:8.2f} s{one / reference:8.1f} ×")
        print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()

"""Record detection: how many extracts it finds, how many safe aggregates it takes for records, and how long it
takes.

    .venv/bin/python -m benchmarks.records --rows 1000000 --extracts 150 --aggregates 150

A seeded table of 12 columns (names, codes, dates, laboratory values; nested regions, skewed costs) is written as
Parquet and indexed. Extracts take 2 to 8 columns of 5 to 300 rows: renamed, shuffled, rounded, or one real row in
six among rows whose columns were shuffled each for itself. One is *identifying* if half of its real rows are the
only ones of the data with their values. Aggregates are group-bys, crosstabs and medians over 1 to 3 keys with at
least 11 people in each cell. Every file is judged as it would be read from CSV, in a process that opens the index
anew.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

LEAST = 11
KEY = bytes(32)


def people(rows: int, seed: int = 1) -> pd.DataFrame:
    """The data: each column is of another kind, some depend on others."""
    draw = np.random.default_rng(seed)
    weight = 1 / np.arange(1, 97) ** 0.6
    region = draw.choice(96, rows, p=weight / weight.sum())
    age = np.clip(draw.normal(48, 22, rows), 0, 104).astype(int)
    born = np.datetime64("2026-01-01") - age * 365 - draw.integers(0, 365, rows)
    codes = np.array([f"{chr(65 + i // 26)}{i % 26 * 3:02d}" for i in range(400)])
    return pd.DataFrame(
        {
            "pid": [f"P{i:09d}" for i in draw.permutation(rows)],
            "age": age,
            "sex": np.array(["F", "M"])[draw.integers(0, 2, rows)],
            "department": np.array([f"{i:02d}" for i in range(1, 97)])[region],
            "commune": region * 300 + (draw.random(rows) ** 2 * 300).astype(int),
            "born": born.astype("datetime64[s]"),
            "diagnosis": codes[np.minimum(draw.exponential(60, rows).astype(int), 399)],
            "smoker": draw.random(rows) < 0.25,
            "stays": draw.poisson(1.3, rows),
            "cost": np.round(draw.lognormal(6, 1.6, rows), 2),
            "haemoglobin": np.round(draw.normal(13.5, 1.5, rows), 1),
            "crp": np.round(draw.lognormal(1, 1, rows), 3),
        }
    )


def extracts(data: pd.DataFrame, count: int, seed: int = 2) -> Iterator[tuple[str, bool, pd.DataFrame]]:
    """Files that hold rows: what was done to them, whether they identify, the file."""
    draw = np.random.default_rng(seed)
    for number in range(count):
        columns = list(draw.choice(data.columns, int(draw.integers(2, 9)), replace=False))
        real = data.iloc[draw.integers(0, len(data), int(draw.integers(5, 300)))][columns]
        how = ("plain", "renamed", "rounded", "mixed")[number % 4]
        rounded = {"cost": 0, "haemoglobin": 0, "crp": 1} if how == "rounded" else {}
        file = real.round(rounded)
        alone = ~data[columns].round(rounded).merge(file.drop_duplicates(), on=columns).duplicated(keep=False)
        identifies = int(alone.sum()) >= len(real) / 2
        if how == "mixed":
            others = data.iloc[draw.integers(0, len(data), 5 * len(real))][columns]
            others = others.apply(lambda one: one.to_numpy()[draw.permutation(len(one))])
            file = pd.concat([real, others]).sample(frac=1, random_state=int(draw.integers(1 << 30)))
        if how != "plain":
            file.columns = [f"v{i}" for i in range(len(columns))]
        yield f"{how} {'+'.join(columns)} x{len(real)}", identifies, file


def aggregates(data: pd.DataFrame, count: int, seed: int = 3) -> Iterator[tuple[str, pd.DataFrame]]:
    """Safe tables: what they are, the file."""
    draw = np.random.default_rng(seed)
    keys = ["sex", "department", "commune", "diagnosis", "smoker", "stays", "decade"]
    measures = ["age", "cost", "haemoglobin", "crp", "stays"]
    data = data.assign(decade=data["age"] // 10 * 10)
    for number in range(count):
        by = list(draw.choice(keys, int(draw.integers(1, 4)), replace=False))
        what = [str(one) for one in draw.choice(measures, 2, replace=False) if one not in by] or ["cost"]
        if number % 5 == 4:
            table = pd.crosstab([data[one] for one in by[:-1]] or data["sex"], data[by[-1]])
            table = table[table.ge(LEAST).all(axis=1)]
            table = table if len(table) else pd.crosstab(data["department"], data["sex"])
            yield f"crosstab {by}", table.reset_index()
            continue
        how = [["size"], ["mean", "std"], ["median"], ["sum", "count"]][number % 5]
        group = data.groupby(by)
        table = group.size().rename("n").to_frame() if how == ["size"] else group[what].agg(how)
        table.columns = ["_".join(one) if isinstance(one, tuple) else one for one in table.columns]
        table = table[group.size() >= LEAST].head(int(draw.integers(8, 1500)))
        table = table.round(int(draw.integers(0, 4))) if number % 2 else table
        yield f"{'+'.join(how)} of {what} by {by}", table.reset_index()


def judge(store: str, dataset: str, file: io.StringIO) -> tuple[bool, float]:
    """Whether records were found in a CSV file, and the seconds that took with the opening of the index."""
    from output_review.checks.microdata import records, sealed, sources
    from output_review.checks.microdata.canonical import read
    from output_review.checks.microdata.fields import Field

    cells = pd.read_csv(file, dtype=str, keep_default_na=False)
    began = time.perf_counter()
    connection = sources.connect()
    fields = [
        Field(name, [read(one) for one in cells[name]], lambda texts: sources.digests(connection, texts))
        for name in cells.columns
    ]
    tables = sealed.made("people", Path(dataset), Path(store), KEY) or ()
    found = any(records.detect(fields, table, LEAST) is not None for table in tables)
    return found, time.perf_counter() - began


def serve(store: str, dataset: str) -> None:
    """A child: one path a line in, one verdict a line out; forks for each, so that no index stays open."""
    import output_review.checks.microdata.records
    import output_review.checks.microdata.sealed  # noqa: F401  imported once, as a server would

    for line in sys.stdin:
        if pid := os.fork():
            os.waitpid(pid, 0)
            continue
        try:
            found, seconds = judge(store, dataset, io.StringIO(Path(line.strip()).read_text()))
            print(int(found), f"{seconds:.4f}", flush=True)
        finally:
            os._exit(0)


def main() -> None:
    options = argparse.ArgumentParser(description="Record detection: found, false alarms, time.")
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--extracts", type=int, default=150)
    options.add_argument("--aggregates", type=int, default=150)
    options.add_argument("--verbose", action="store_true", help="name every miss, and every file")
    options.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        serve(*given.serve)
        return
    print(f"{given.rows:,} rows, load {os.getloadavg()[0]:.1f}", flush=True)
    data = people(given.rows)
    with tempfile.TemporaryDirectory(prefix="records-") as place:
        folder, store = Path(place) / "people", Path(place) / "store"
        folder.mkdir()
        store.mkdir()
        pq.write_table(pa.Table.from_pandas(data, preserve_index=False), folder / "people.parquet")
        build(folder, store)
        run(data, given, folder, store)


def build(folder: Path, store: Path) -> None:
    code = "import sys; from pathlib import Path; from output_review.checks.microdata import sealed; "
    code += f"sealed.tables('people', Path(sys.argv[1]), Path(sys.argv[2]), {KEY!r})"
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, str(folder), str(store)], check=True)
    size = sum(one.stat().st_size for one in store.iterdir())
    print(f"index: {time.perf_counter() - began:.1f} s, {size / 1e6:.0f} MB", flush=True)


def run(data: pd.DataFrame, given: argparse.Namespace, folder: Path, store: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.records", "--serve", str(store), str(folder)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    seconds: list[float] = []

    def ask(file: pd.DataFrame) -> bool:
        path = folder.parent / "file.csv"
        file.to_csv(path, index=False)
        child.stdin.write(f"{path}\n")  # type: ignore[union-attr]
        child.stdin.flush()  # type: ignore[union-attr]
        found, took = child.stdout.readline().split()  # type: ignore[union-attr]
        seconds.append(float(took))
        return found == "1"

    said: list[tuple[bool, bool]] = []
    for name, identifies, file in extracts(data, given.extracts):
        said.append((identifies, ask(file)))
        if given.verbose and not said[-1][1]:
            print(f"  {'MISSED' if identifies else 'missed'} {name}  {seconds[-1]:.2f} s", flush=True)
    alarms = 0
    for name, file in aggregates(data, given.aggregates):
        wrong = ask(file)
        alarms += wrong
        if wrong or (given.verbose and seconds[-1] > 1):
            print(
                f"  {'FALSE ALARM' if wrong else 'slow'} {name} ({len(file)} rows)  {seconds[-1]:.2f} s", flush=True
            )
    child.communicate()
    identifying = [found for identifies, found in said if identifies]
    every = [found for _, found in said]
    print(
        f"identifying extracts found {sum(identifying)} of {len(identifying)}; of all {sum(every)} of {len(every)}"
    )
    print(f"safe aggregates flagged    {alarms} of {given.aggregates}")
    print(f"seconds a file: p50 {np.percentile(seconds, 50):.2f}, p95 {np.percentile(seconds, 95):.2f}, "
          f"most {max(seconds):.2f}; load {os.getloadavg()[0]:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Write the demo's three datasets; runs inside the workspace image, which has what it needs.

    docker run --rm --network none -v $ENCLAVE_ROOT/demo/data:/out -v <repository>/demo:/demo:ro \
        <instance>/workspace:latest python3 /demo/datasets.py /out [--patients N] [--seed S]

A dataset that is there is left alone; a new one is written beside and renamed, so it is there whole or not at all.
"""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from sklearn.datasets import load_breast_cancer, load_diabetes

from demo import claims
from demo.dataset_texts import CLAIMS, DIABETES, WDBC

SEED = 20260101


def write_wdbc(folder: Path) -> None:
    """569 biopsies of the Wisconsin Diagnostic Breast Cancer study."""
    bunch = load_breast_cancer(as_frame=True)
    frame = bunch.data.rename(columns=lambda name: name.replace(" ", "_"))
    frame.insert(0, "id", [f"B{number:04d}" for number in range(1, len(frame) + 1)])
    frame.insert(1, "diagnosis", bunch.target.map(dict(enumerate(bunch.target_names))).astype(str))
    _write(folder, "wdbc", pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None))
    (folder / "README.md").write_text(WDBC)


def write_diabetes(folder: Path) -> None:
    """442 patients of Efron, Hastie, Johnstone and Tibshirani (2004), in their own units."""
    bunch = load_diabetes(as_frame=True, scaled=False)
    names = {"s1": "tc", "s2": "ldl", "s3": "hdl", "s4": "tch", "s5": "ltg", "s6": "glu"}
    frame = bunch.data.rename(columns=names)
    frame.insert(0, "id", [f"D{number:04d}" for number in range(1, len(frame) + 1)])
    frame = frame.astype({"age": int, "sex": int})
    frame["progression"] = bunch.target.astype(int)
    _write(folder, "diabetes", pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None))
    (folder / "README.md").write_text(DIABETES)


def _write(folder: Path, name: str, table: pa.Table) -> None:
    pq.write_table(table, folder / f"{name}.parquet")
    pyarrow.csv.write_csv(table, folder / f"{name}.csv", pyarrow.csv.WriteOptions(quoting_style="needed"))


def write_claims(folder: Path, patients: int, seed: int) -> None:
    """The synthetic claims of `patients` people."""
    claims.write(folder, patients, seed)
    (folder / "README.md").write_text(CLAIMS.replace("PATIENTS", f"{patients:,}").replace("SEED", str(seed)))


def _ensure(out: Path, name: str, write: Callable[[Path], None]) -> None:
    if (out / name).is_dir():
        print(f"{name}: there already", flush=True)
        return
    beside = out / f".{name}.new"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    write(beside)
    beside.rename(out / name)
    size = sum(file.stat().st_size for file in (out / name).iterdir())
    print(f"{name}: written, {size / 1e6:.1f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the demo's datasets.")
    parser.add_argument("out", type=Path, help="folder that gets wdbc/, diabetes/ and claims/")
    parser.add_argument("--patients", type=int, default=100_000, help="people in the synthetic claims")
    parser.add_argument("--seed", type=int, default=SEED, help="of the synthetic claims")
    given = parser.parse_args()
    if not 1 <= given.patients <= 100_000_000:
        parser.error(f"--patients is {given.patients}: a number from 1 to 100000000 is expected")
    _ensure(given.out, "wdbc", write_wdbc)
    _ensure(given.out, "diabetes", write_diabetes)
    _ensure(given.out, "claims", lambda folder: write_claims(folder, given.patients, given.seed))


if __name__ == "__main__":
    main()

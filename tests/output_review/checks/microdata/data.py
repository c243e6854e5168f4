"""Data for the checks with the data: a seeded table of people, indexed, and files read as from CSV."""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from output_review.checks.microdata import held, sealed
from output_review.checks.microdata.canonical import read
from output_review.checks.microdata.fields import Field

KEY = bytes(range(32))


def people(rows=4000, seed=1):
    """Columns by name: an id, groups (one nested in the other), a date, numbers of several kinds."""
    draw = np.random.default_rng(seed)
    region = np.minimum(draw.geometric(0.25, rows), 8)
    born = np.datetime64("1930-01-01") + draw.integers(0, 30_000, rows)
    return {
        "id": [f"P{one:06d}" for one in draw.permutation(rows)],
        "region": [f"region {one}" for one in region],
        "town": [f"town {r}-{t}" for r, t in zip(region, draw.integers(0, 12, rows), strict=True)],
        "sex": [("F", "M")[one] for one in draw.integers(0, 2, rows)],
        "born": born.astype("datetime64[s]").tolist(),
        "age": draw.integers(18, 96, rows).tolist(),
        "smoker": (draw.random(rows) < 0.3).tolist(),
        "cost": np.round(draw.lognormal(6, 1.5, rows), 2).tolist(),
        "crp": np.round(draw.lognormal(1, 1, rows), 3).tolist(),
    }


def write(folder, columns):
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / "people.parquet")
    return folder


def indexed(folder, store, name="people"):
    store.mkdir(exist_ok=True)
    (table,) = sealed.tables(name, folder, store, KEY)
    return table


def as_read(columns):
    """A file of these columns, written as CSV and read back: every cell a text."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    names, *rows = csv.reader(io.StringIO(file.getvalue()))
    return names, rows


def fields(columns):
    names, rows = as_read(columns)
    return [Field(name, [read(row[at]) for row in rows], held.digests) for at, name in enumerate(names)]


def some(columns, rows, *names):
    """These rows of these columns."""
    return {name: [columns[name][row] for row in rows] for name in names or columns}

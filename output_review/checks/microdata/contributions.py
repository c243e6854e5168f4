"""What stands behind each cell of a table: how many people, how much in sum, how much of it the largest few hold.

One GROUP BY in DuckDB over arrays of the index. Where a person has several rows, that person's rows count as one.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from output_review.checks.microdata.index import Column
from output_review.checks.microdata.layout import Groups


@dataclass(frozen=True, eq=False)
class Contributions:
    """By group (0..count-1): people, sum, sum of magnitudes, the largest magnitudes descending (k of each), the
    smallest contribution, and how many are negative. Groups that nobody is in count 0."""

    people: np.ndarray
    total: np.ndarray
    magnitude: np.ndarray
    largest: np.ndarray  # count × k
    smallest: np.ndarray
    negative: np.ndarray


def contributions(
    connection: duckdb.DuckDBPyConnection, groups: Groups, column: Column | None, unit: Column | None, largest: int
) -> Contributions:
    """`column` is what is contributed (None: each person 1), `unit` tells whose a row is (None: a row is a
    person).

    Rows without a value contribute nothing and are not counted.
    """
    values = np.ones(len(groups.people)) if column is None else column.numbers[groups.people]
    known = np.isfinite(values)
    arrays = {"g": groups.of[known].astype(np.int32), "x": values[known]}
    if unit is not None:
        arrays["u"] = unit.codes[groups.people][known].astype(np.int32)
    size = "abs(x)" if (arrays["x"] < 0).any() else "x"
    connection.register("contributed", pa.table(arrays))
    relation = "contributed" if unit is None else "(SELECT g, u, sum(x) AS x FROM contributed GROUP BY g, u)"
    try:
        found = connection.sql(
            f"SELECT g, count(*) AS n, sum(x) AS total, sum({size}) AS magnitude, max({size}, $1) AS largest,"
            f" min(x) AS smallest, count(*) FILTER (x < 0) AS negative FROM {relation} GROUP BY g",
            params=[largest],
        ).to_arrow_table()
    finally:
        connection.unregister("contributed")
    return _spread(found, groups.count, largest)


def _spread(found: "pa.Table", count: int, largest: int) -> Contributions:
    at = np.asarray(found["g"])
    top = np.zeros((count, largest))
    lists = found["largest"].combine_chunks()
    lengths = np.asarray(lists.value_lengths())
    flat, offset = np.asarray(lists.flatten()), np.cumsum(lengths) - lengths
    for rank in range(largest):
        has = lengths > rank
        top[at[has], rank] = flat[offset[has] + rank]
    columns = {name: np.zeros(count) for name in ("n", "total", "magnitude", "smallest", "negative")}
    for name, array in columns.items():
        array[at] = np.asarray(found[name], dtype=np.float64)
    return Contributions(
        columns["n"].astype(np.int64),
        columns["total"],
        columns["magnitude"],
        top,
        columns["smallest"],
        columns["negative"].astype(np.int64),
    )


def dominated(found: Contributions, largest: int) -> np.ndarray:
    """(n,k): the share in % of the n largest in the sum of magnitudes, so that no negative contribution hides them
    (ABS takes |x|; ACRO gives up; Handbook on SDC §4 lowers p instead). NaN where all is 0.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(found.magnitude > 0, 100 * found.largest[:, :largest].sum(axis=1) / found.magnitude, np.nan)


def estimable(found: Contributions) -> np.ndarray:
    """p %: how near, in % of it, the second largest contributor can estimate the largest: 100·(X − x1 − x2)/x1, of
    magnitudes. NaN where all is 0.
    """
    first, second = found.largest[:, 0], found.largest[:, 1] if found.largest.shape[1] > 1 else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(first > 0, 100 * (found.magnitude - first - second) / first, np.nan)


def person_column(columns: tuple[Column, ...], others: tuple[tuple[Column, ...], ...], rows: int) -> Column | None:
    """The column that says whose a row is, if a person may have several: the one that another table of the
    dataset has under the same name with every value once."""
    unique = {
        one.name.lower()
        for table in others
        for one in table
        if 0 < one.distinct == len(one.codes) and one.distinct > 1
    }
    for one in columns:
        if one.name.lower() in unique and one.distinct < rows and np.all(one.codes < one.distinct):
            return one
    return None

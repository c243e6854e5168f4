"""The tables in a folder of a granted dataset, read with DuckDB: CSV and Parquet, column by column, in one order.

Files of one folder that have the same columns in the same format are pieces of one table. A table that is there
twice (as CSV and as Parquet) is read once. Bounded: so many tables, columns and rows, and no more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from output_review.checks.microdata.canonical import CODE, COMMA, ISO_DATE, NUMBER

MOST_TABLES, MOST_COLUMNS, MOST_ROWS, MOST_FILES = 50, 2000, 200_000_000, 100_000
_READERS = {
    ".parquet": "read_parquet",
    ".pq": "read_parquet",
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".gz": "read_csv",
}
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "U", "BOOLEAN")
_SURE = 0.99  # so many of a text column's values have to look like numbers or dates for it to be read as such
_LEVELS = 1000  # a column of codes has at most about so many


class TooLarge(Exception):
    """A dataset is beyond what the index can hold; the message says how."""


@dataclass(frozen=True)
class Source:
    """One table of a dataset: `relation` is its name in `connection`."""

    dataset: str
    name: str
    columns: tuple[str, ...]
    rows: int
    relation: str


def connect(memory: str = "3GB", threads: int = 2) -> duckdb.DuckDBPyConnection:
    """A database in memory that loads no extension."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": memory,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    return duckdb.connect(config=settings)


def find(connection: duckdb.DuckDBPyConnection, dataset: str, folder: Path) -> list[Source]:
    """The tables of a dataset; raise `TooLarge`, and `duckdb.Error` for a file that is not what its name says."""
    found: dict[tuple[tuple[str, ...], int], Source] = {}
    for number, (columns, files) in enumerate(_pieces(connection, folder)):
        if number >= MOST_TABLES or len(columns) > MOST_COLUMNS:
            raise TooLarge(f"{dataset} has more than {MOST_TABLES} tables, or one of over {MOST_COLUMNS} columns")
        name = str(files[0].relative_to(folder))
        relation = _quoted(f"{dataset}/{name}")
        what = "VIEW" if _reader(files[0]) == "read_parquet" else "TABLE"
        listed = ", ".join(_quoted(str(file), "'") for file in files)
        connection.execute(f"CREATE {what} {relation} AS SELECT * FROM {_reader(files[0])}([{listed}])")
        rows = connection.sql(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
        if rows > MOST_ROWS:
            raise TooLarge(f"{dataset} has a table of {rows:,} rows; {MOST_ROWS:,} can be looked through")
        found.setdefault((tuple(sorted(columns)), rows), Source(dataset, name, columns, rows, relation))
    return list(found.values())


def _pieces(connection: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[tuple[tuple[str, ...], list[Path]]]:
    """Files that belong together, Parquet first: it says its types itself."""
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in _READERS and file.is_file())
    if len(files) > MOST_FILES:
        raise TooLarge(f"{folder.name} has more than {MOST_FILES:,} files")
    groups: dict[tuple[Path, str, tuple[str, ...]], list[Path]] = {}
    for file in sorted(files, key=lambda one: _reader(one) != "read_parquet"):
        described = connection.execute(f"DESCRIBE SELECT * FROM {_reader(file)}(?)", [str(file)]).fetchall()
        groups.setdefault((file.parent, _reader(file), tuple(row[0] for row in described)), []).append(file)
    yield from ((columns, group) for (_, _, columns), group in groups.items())


def _reader(file: Path) -> str:
    return _READERS[file.suffix.lower()]


def _quoted(text: str, mark: str = '"') -> str:
    return mark + text.replace(mark, mark * 2) + mark


@dataclass(frozen=True)
class Values:
    """A column's values in the table's order: float64 (numbers; seconds since 1970) or uint64 (digests of
    texts).
    """

    kind: str  # "number", "moment" or "text"
    values: np.ndarray
    present: np.ndarray  # bool, where there is a value


def column(connection: duckdb.DuckDBPyConnection, source: Source, name: str) -> Values | None:
    """One column; None if its type has no plain values (lists, structures, blobs)."""
    quoted = _quoted(name)
    kind, expression = _expression(connection, source.relation, quoted)
    if not kind:
        return None
    found = connection.sql(f"SELECT {expression} AS x FROM {source.relation}").to_arrow_table().column("x")
    return _values(kind, found)


def _values(kind: str, found: "pa.ChunkedArray") -> Values:
    array = found.combine_chunks()
    present = np.asarray(array.is_valid())
    values = array.fill_null(0).to_numpy(zero_copy_only=False)
    if kind != "text":
        present = present & np.isfinite(values)
        values = values + 0.0  # of the two zeros one
    return Values(kind, values, present)


def _expression(connection: duckdb.DuckDBPyConnection, relation: str, quoted: str) -> tuple[str, str]:
    """How a column is read: its kind, and SQL for its plain values."""
    type_ = str(connection.sql(f"DESCRIBE SELECT {quoted} FROM {relation}").fetchall()[0][1])
    if type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "BLOB", "UNION", "BIT", "INTERVAL")):
        return "", ""
    if type_.startswith(_NUMBERS) and type_ != "UUID":
        return "number", f"{quoted}::DOUBLE"
    if type_ == "DATE" or type_.startswith("TIMESTAMP"):
        return "moment", f"epoch({quoted}::TIMESTAMP)::DOUBLE"
    trimmed = f"trim({quoted}::VARCHAR)"
    patterns = (NUMBER, ISO_DATE, COMMA)
    matches = ", ".join(f"count(*) FILTER (regexp_full_match({trimmed}, '{one}'))" for one in patterns)
    filled, numbers, dates, commas = connection.sql(
        f"SELECT count(*) FILTER ({trimmed} <> ''), {matches} FROM {relation}"
    ).fetchall()[0]
    if filled and commas >= _SURE * filled > numbers:
        return "number", f"try_cast(replace({trimmed}, ',', '.') AS DOUBLE)"
    if filled and numbers >= _SURE * filled and not (numbers < filled and _codes(connection, relation, trimmed)):
        return "number", f"try_cast({trimmed} AS DOUBLE)"
    if filled and dates >= _SURE * filled:
        return "moment", f"epoch(try_cast({trimmed} AS TIMESTAMP))::DOUBLE"
    plain = canonical(quoted + "::VARCHAR")
    return "text", f"CASE WHEN {plain} IS NOT NULL THEN hash({plain}) END"  # the hash of nothing is something


def _codes(connection: duckdb.DuckDBPyConnection, relation: str, trimmed: str) -> bool:
    """Whether what is no number among the numbers are codes, as 2A among the départements of France: several rows
    have letters with digits, and the numbers are whole and few."""
    codes, broken, distinct = connection.sql(
        f"SELECT count(*) FILTER (regexp_full_match({trimmed}, '{CODE.pattern}')"
        f" AND NOT regexp_full_match({trimmed}, '{NUMBER}')),"
        f" count(*) FILTER (contains({trimmed}, '.')), approx_count_distinct({trimmed}) FROM {relation}"
    ).fetchall()[0]
    return bool(codes > 1 and not broken and distinct <= _LEVELS)


def canonical(text: str) -> str:
    """SQL that does to a text what `canonical.canonical_text` does; null for an empty one."""
    plain = f"lower(trim({text}))"
    number = f"format('{{:.10g}}', {plain}::DOUBLE)"
    return f"CASE WHEN regexp_full_match({plain}, '{NUMBER}') THEN {number} ELSE nullif({plain}, '') END"


def digests(connection: duckdb.DuckDBPyConnection, texts: list[str]) -> np.ndarray:
    """The digests of canonical texts as they stand in an index, uint64."""
    arrow = pa.table({"t": pa.array(texts, pa.string())})
    connection.register("texts_to_digest", arrow)
    try:
        found = connection.sql("SELECT hash(t) AS x FROM texts_to_digest").to_arrow_table().column("x")
        return np.asarray(found.combine_chunks().fill_null(0))
    finally:
        connection.unregister("texts_to_digest")

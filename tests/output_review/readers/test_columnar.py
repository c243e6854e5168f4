"""Parquet and Feather: what was written is read back, and what it carries besides is a sheet of its own."""

import io
from datetime import date, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from output_review.kinds import kind_of
from output_review.readers.tables import sheets
from output_review.readers.unreadable import Unreadable

WRITERS = {
    "parquet": lambda table, file: pa.parquet.write_table(table, file, row_group_size=3),
    "feather": lambda table, file: pa.feather.write_feather(table, file, chunksize=3),
}
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.floats(allow_nan=False), st.none() | st.text(),
        st.none() | st.booleans(), st.none() | st.datetimes(), st.none() | st.dates(),
    ), max_size=9,
)  # fmt: skip
SCHEMA = pa.schema([("i", pa.int64()), ("f", pa.float64()), ("s", pa.string()), ("b", pa.bool_()),
                    ("t", pa.timestamp("us")), ("d", pa.date32())])  # fmt: skip


def held(write, *frames_or_table):
    file = io.BytesIO()
    write(*frames_or_table, file)
    return sheets(file, kind_of(file, "x"))


def named(found):
    return {sheet.name: sheet for sheet in found}


@pytest.mark.parametrize("form", WRITERS)
@settings(max_examples=40)
@given(ROWS, st.integers(0, 9))
def test_what_was_written_is_read_back_from_everywhere(form, rows, start):
    table = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], SCHEMA)
    sheet = held(WRITERS[form], table)[0]
    assert (sheet.columns, sheet.count()) == (tuple(SCHEMA.names), len(rows))
    assert sheet.rows(start, 2) + sheet.rows(start + 2, 9) == rows[start:]


@pytest.mark.parametrize("write", [pd.DataFrame.to_parquet, pd.DataFrame.to_feather])
def test_levels_that_no_row_uses_are_a_very_hidden_sheet(write):
    frame = pd.DataFrame({"who": pd.Categorical(["b", "a", None], categories=["x1", "a", "x2", "b"])})
    table, *beside = held(write, frame)
    assert table.rows(0, 3) == [("b",), ("a",), (None,)]
    levels = named(beside)["Unused levels of “who”"]
    assert levels.visibility == "very hidden" and levels.rows(0, 9) == [("x1",), ("x2",)]


def test_levels_are_found_when_the_file_does_not_call_the_column_a_category():
    file = io.BytesIO()
    table = pa.table({"who": pd.Categorical(["b"], categories=["x1", "b"])})
    pa.parquet.write_table(table, file, store_schema=False)
    assert named(sheets(file, kind_of(file, "x")))["Unused levels of “who”"].rows(0, 9) == [("x1",)]


def test_metadata_of_the_file_and_of_a_column_is_a_very_hidden_sheet():
    fields = [pa.field("a", pa.int64(), metadata={"note": "of a column"})]
    table = pa.table({"a": [1]}, pa.schema(fields, metadata={"secret": b"\xffnames"}))
    for write in WRITERS.values():
        sheet = named(held(write, table))["Metadata"]
        assert sheet.visibility == "very hidden"
        assert sheet.rows(0, 9) == [("the file", "secret", "\\xffnames"), ("a", "note", "of a column")]


def test_minimum_and_maximum_are_a_very_hidden_sheet():
    found = named(held(WRITERS["parquet"], pa.table({"a": [5, 3, 9, 4]})))
    assert found["Statistics"].rows(0, 9) == [(1, "a", "3", "9"), (2, "a", "4", "4")]


def test_values_that_no_cell_can_hold_become_text():
    table = pa.table({
        "list": [[1, 2]], "record": [{"x": 1}], "bytes": [b"\x00\xff"], "long": [timedelta(days=1)],
        "late": pa.array([2**40], pa.timestamp("s")), "nowhere": pa.array([0], pa.timestamp("s", "No/Where")),
        "fine": pa.array([1], pa.timestamp("ns")), "ns": pa.array([10**9], pa.timestamp("ns")),
        "day": [date(2024, 1, 2)],
    })  # fmt: skip
    for write in WRITERS.values():
        row = dict(zip(table.column_names, held(write, table)[0].rows(0, 1)[0], strict=True))
        assert (row["list"], row["record"], row["bytes"]) == ("[1, 2]", "{'x': 1}", "0x00ff")
        assert (row["fine"], row["day"]) == ("1970-01-01 00:00:00.000000001", date(2024, 1, 2))
        assert row["ns"] == datetime.fromisoformat("1970-01-01T00:00:01") and row["long"] == "1 day, 0:00:00"
        assert isinstance(row["late"], str) and isinstance(row["nowhere"], str)


def test_a_table_without_columns_and_one_without_rows_are_read():
    for write in WRITERS.values():
        assert held(write, pa.table({"a": pa.array([], pa.int64())}))[0].rows(0, 3) == []
        assert held(write, pa.table({}))[0].columns == ()


@pytest.mark.parametrize("form", WRITERS)
def test_damage_is_said(form):
    file = io.BytesIO()
    WRITERS[form](pa.table({"a": list(range(1000))}), file)
    content = file.getvalue()
    for broken in (content[:-9], content[:8], content[:100] + bytes(len(content) - 400) + content[-300:]):
        with pytest.raises(Unreadable):
            sheets(io.BytesIO(broken), kind_of(file, "x"))[0].rows(0, 1000)

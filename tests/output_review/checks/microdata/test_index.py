"""The index: what it says of the data, that it says nothing to others, and that it goes with the data."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from output_review.checks.microdata import index, sealed, sources
from output_review.checks.microdata.joint import Overlapping, Pick, join
from tests.output_review.checks.microdata import data


def picks(table, file):
    found = []
    for at, field in enumerate(data.fields(file)):
        column = table.column(field.name)
        found.append(Pick(at, column, field.ranks(column), ~field.filled))
    return found


def counted(columns, file):
    """f_D by plain Python."""
    rows = list(zip(*(columns[name] for name in file), strict=True))
    return [rows.count(row) for row in zip(*file.values(), strict=True)]


@pytest.mark.parametrize(
    "names", [("sex",), ("region", "sex"), ("town", "smoker", "age"), ("id", "sex"), ("born", "region"), ("cost",)]
)
def test_the_index_counts_the_people_behind_each_row_of_a_file(table, columns, names):
    file = data.some(columns, range(0, 400, 7), *names)
    assert join(picks(table, file), 58).frequency.tolist() == counted(columns, file)


def test_a_row_that_nobody_has_counts_nobody(table):
    file = {"region": ["region 1", "nowhere"], "age": [30, 30]}
    frequency = join(picks(table, file), 2).frequency
    assert frequency[0] > 0 and frequency[1] == 0


def test_who_has_no_value_is_found_by_an_empty_cell(tmp_path):
    columns = {"sex": ["F", "F", "M", None], "crp": [1.5, None, None, None]}
    table = data.indexed(data.write(tmp_path / "d", columns), tmp_path / "store")
    assert join(picks(table, {"sex": ["F", "M", ""], "crp": ["", "", ""]}), 3).frequency.tolist() == [1, 1, 1]


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.floats(-1e4, 1e4).map(lambda x: round(x, 3)), min_size=1, max_size=60),
    decimals=st.integers(0, 2),
)
def test_a_rounded_value_stands_for_all_that_round_to_it(values, decimals):
    """np.round is what pandas and NumPy users round with."""
    column = index.encode("x", sources.Values("number", np.array(values) + 0.0, np.ones(len(values), dtype=bool)))
    rounded = sorted(set(np.round(values, decimals).tolist()))
    (field,) = data.fields({"x": [f"{one:.{decimals}f}" for one in rounded]})
    field.__dict__["decimals"] = decimals  # as the rest of the file would show
    ranks = field.ranks(column)
    assert column.count(ranks.low, ranks.high).tolist() == [
        int(np.sum(np.abs(np.round(values, decimals) - one) < 1e-9)) for one in rounded
    ]


def test_bands_are_counted_and_overlapping_ones_are_refused(table, columns):
    bands = {"age": ["18-39", "40-64", "65+"]}
    ages = np.array(columns["age"])
    expected = [int((ages < 40).sum()), int(((ages >= 40) & (ages < 65)).sum()), int((ages >= 65).sum())]
    assert join(picks(table, bands), 3).frequency.tolist() == expected
    with pytest.raises(Overlapping):
        join(picks(table, {"age": ["<40", "<65"]}), 2)


def test_csv_and_parquet_say_the_same(tmp_path, columns, table):
    folder = tmp_path / "csv"
    folder.mkdir()
    pyarrow.csv.write_csv(pa.table(columns), folder / "people.csv")
    other = data.indexed(folder, tmp_path / "store")
    for one in table.columns:
        assert np.array_equal(one.values, other.column(one.name).values), one.name
        assert np.array_equal(one.codes, other.column(one.name).codes), one.name


@pytest.mark.parametrize(
    "few, kind",
    [
        (["2A", "2B"] * 2, "text"),  # départements: codes, of which most are whole numbers
        (["NA", "unknown", "90+", "."], "number"),
        (["2A", "3.5", "2B", "4.25"], "number"),  # a measure with slips of the pen
        (["1e5", "2e6", "3E2", "NA"], "number"),
    ],
)
def test_codes_of_digits_and_letters_among_numbers_are_no_missing_numbers(tmp_path, few, kind):
    values = [str(one % 90) for one in range(996)] + few
    table = data.indexed(data.write(tmp_path / "d", {"code": values}), tmp_path / "s")
    (column,) = table.columns
    assert column.kind == kind
    if kind == "text":
        ranks = data.fields({"code": ["2A", "13"]})[0].ranks(column)
        assert column.count(ranks.low, ranks.high).tolist() == [2, 11]


def test_pieces_are_one_table_and_what_is_there_twice_is_read_once(tmp_path, columns):
    folder = tmp_path / "pieces"
    for name, rows in (("a", range(1000)), ("b", range(1000, 1500))):
        data.write(folder, data.some(columns, rows))
        (folder / "people.parquet").rename(folder / f"{name}.parquet")
    pyarrow.csv.write_csv(pa.table(data.some(columns, range(1500))), folder / "all.csv")
    assert data.indexed(folder, tmp_path / "store").rows == 1500


def test_columns_of_a_name_that_would_break_sql_are_read(tmp_path):
    evil = 'x"; DROP TABLE people; --'
    table = data.indexed(data.write(tmp_path / "o'brien", {evil: [1, 2, 2]}), tmp_path / "store")
    assert table.columns[0].name == evil and table.columns[0].codes.tolist() == [0, 1, 1]


def test_an_index_shows_nothing_without_the_key(folder, table, tmp_path, columns):
    path = tmp_path / "x-index"
    sealed.save(path, data.KEY, [table])
    written = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    values = np.unique(columns["cost"]).tobytes()
    assert not any(shown in written for shown in (b"region", b"smoker", values[:64], values[-64:], bytes(64)))
    with pytest.raises(sealed.Damaged):
        sealed.load(path, bytes(32))


@pytest.mark.parametrize("at", [0, 100, -1, -5, -30])
def test_an_index_that_was_touched_is_refused(table, tmp_path, at):
    path = tmp_path / "x-index"
    sealed.save(path, data.KEY, [table])
    written = bytearray(path.read_bytes())
    written[at] ^= 1
    path.write_bytes(written)
    with pytest.raises(sealed.Damaged):
        for column in sealed.load(path, data.KEY)[0].columns:
            _ = column.values, column.codes


@pytest.mark.parametrize("data_", [b"", b"ENCLIDX1", b"\xff\xff\xff\xffENCLIDX1", b"\0" * 400])
def test_what_is_no_index_is_refused(tmp_path, data_):
    path = tmp_path / "x-index"
    path.write_bytes(data_)
    with pytest.raises(sealed.Damaged):
        sealed.load(path, data.KEY)


def test_an_index_goes_with_the_version_of_the_data(tmp_path, columns):
    folder, store = data.write(tmp_path / "d", data.some(columns, range(50))), tmp_path / "store"
    data.indexed(folder, store)
    (first,) = store.iterdir()
    assert sealed.made("people", folder, store, data.KEY) is not None
    data.write(folder, data.some(columns, range(60)))
    assert sealed.made("people", folder, store, data.KEY) is None, "of the old version there is none for the new"
    assert data.indexed(folder, store).rows == 60
    assert first not in store.iterdir() and len(list(store.iterdir())) == 1, "the old version's index is deleted"
    sealed.forget("people", store, data.KEY)
    assert list(store.iterdir()) == []


def test_a_damaged_index_is_made_again(tmp_path, columns):
    folder, store = data.write(tmp_path / "d", data.some(columns, range(50))), tmp_path / "store"
    data.indexed(folder, store)
    (path,) = store.iterdir()
    path.write_bytes(b"")
    assert data.indexed(folder, store).rows == 50


def test_a_dataset_beyond_the_bounds_is_refused_in_words(tmp_path, columns, monkeypatch):
    monkeypatch.setattr(sources, "MOST_ROWS", 10)
    with pytest.raises(sources.TooLarge, match=r"50 rows.*10"):
        data.indexed(data.write(tmp_path / "d", data.some(columns, range(50))), tmp_path / "store")

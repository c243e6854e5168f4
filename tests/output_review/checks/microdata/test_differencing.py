"""Tables a few people apart are stopped, whatever else they are; honest ones beside each other are not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from output_review.checks.microdata import differencing, ledger, nearly_the_same, released
from output_review.checks.registry import Context
from tests.output_review.checks.asked import report
from tests.output_review.checks.microdata import data
from tests.output_review.checks.microdata.grouping import crosstab, long

LEAST = 11
SETS = st.lists(st.sets(st.integers(0, 60), max_size=40), max_size=6)


def cells(sets):
    return [ledger.Cell(str(at), at, 0, BitMap(one)) for at, one in enumerate(sets)]


@given(SETS, SETS, st.integers(1, 15))
def test_exactly_the_pairs_that_differ_by_few_are_found(new, old, least):
    """Against comparing every pair; cells that are too small by themselves are another rule's."""
    found = {(one.new.words, one.old.words) for one in ledger.alike(cells(new), cells(old), least)}
    expected = {
        (str(a), str(b))
        for a, one in enumerate(new)
        for b, other in enumerate(old)
        if len(one) >= least and 0 < len(one ^ other) < least and (one ^ other) not in (*new, *old)
    }
    assert found == expected


def test_the_ledger_is_written_and_read_back():
    one = ledger.Entry("a.csv", "d", "t", "number of people by x", tuple(cells([{1, 2, 70_000}, set(range(5000))])))
    assert ledger.from_bytes(ledger.to_bytes([one])) == (one,)


@pytest.fixture
def release(folder, tmp_path):
    """A function that releases files, and gives the context of the next request."""
    earlier, scratch = tmp_path / "earlier", tmp_path / "run"
    earlier.mkdir()
    scratch.mkdir()

    def put(**files):
        for name, file in files.items():
            (earlier / f"{name}.csv").write_text(text(file))
        context = Context(data={"people": folder}, earlier=earlier, scratch=scratch)
        released.prepare(context)
        return context

    return put


def text(file):
    names, rows = data.as_read(file)
    return "\n".join(",".join(row) for row in [names, *rows])


def asked(file, context, check=differencing.CHECK):
    return report("new.csv", text(file), context, [check])


def without(columns, *rows):
    return {name: [cell for at, cell in enumerate(cells_) if at not in rows] for name, cells_ in columns.items()}


def test_a_table_one_person_apart_names_both_cells_and_both_releases(release, columns):
    context = release(first=long(columns, ("region", "sex"), n=("age", len)))
    left = next(at for at in range(4000) if columns["region"][at] == "region 3" and columns["age"][at] == 95)
    later = long(columns, ("region", "sex"), lambda row: row["id"] != columns["id"][left], n=("age", len))
    (one,) = [f for f in asked(later, context).findings if "row" in f["place"]]
    assert one["severity"] == "block" and one["value"] == 1
    assert "region 3" in one["message"] and "1 fewer" in one["message"] and "first.csv" in one["message"]


def test_a_filter_that_leaves_a_few_people_out_is_seen_through(tmp_path, columns):
    """The second table shows no counts, only sums, of everybody below 90; seven are not."""
    draw = np.random.default_rng(3)
    aged = dict(columns) | {"age": [int(one) for one in draw.integers(18, 90, 4000)]}
    for at in range(0, 4000, 600):
        aged["age"][at] = 91
    granted = data.write(tmp_path / "granted", aged)
    earlier, scratch = tmp_path / "earlier", tmp_path / "run"
    earlier.mkdir()
    scratch.mkdir()
    (earlier / "first.csv").write_text(text(crosstab(aged, "sex", "region")))
    context = Context(data={"d": granted}, earlier=earlier, scratch=scratch)
    released.prepare(context)
    later = long(aged, ("region", "sex"), lambda row: row["age"] < 90, x=("cost", lambda x: round(sum(x), 2)))
    told = asked(later, context)
    assert told.not_checked == ()
    assert sum(one["value"] for one in told.findings if "row" in one["place"]) == 7


def test_people_taken_out_by_no_rule_at_all_are_noticed(release, columns):
    """Too many groups for a filter to be guessed: the counts of three cells are not what the data gives."""
    by = ("town", "sex")
    context = release(first=long(columns, by, n=("age", len)))
    file = long(columns, by, n=("age", len))
    for row in (3, 50, 100):
        file["n"][row] -= 1
    told = [one for one in asked(file, context).findings if "row" in one["place"]]
    assert {(one["place"]["row"], one["value"]) for one in told} == {(4, 1), (51, 1), (101, 1)}


def test_a_mean_that_is_not_of_the_same_people_goes_to_a_person(release, columns):
    by = ("town", "sex")
    context = release(first=long(columns, by, n=("age", len)))
    file = long(columns, by, x=("cost", lambda x: round(sum(x) / len(x), 2)))
    file["x"][7] = round(file["x"][7] * 0.97, 2)
    told = asked(file, context).findings
    assert [(one["place"].get("row"), one["severity"]) for one in told if "row" in one["place"]] == [(8, "review")]


def test_a_finer_table_whose_sums_are_one_person_short_is_seen_through(release, columns):
    context = release(first=long(columns, ("region",), n=("age", len)))
    later = long(columns, ("region", "sex"), lambda row: row["id"] != columns["id"][5], n=("age", len))
    assert any("sum" in one["message"] and one["value"] == 1 for one in asked(later, context).findings)


def test_the_same_people_give_nobody_away(release, columns):
    context = release(
        first=long(columns, ("region", "sex"), n=("age", len)), second=crosstab(columns, "region", "smoker")
    )
    later = long(columns, ("region", "sex"), x=("cost", lambda x: round(sum(x) / len(x), 2)))
    assert asked(later, context).findings == ()
    assert asked(long(columns, ("smoker", "sex"), n=("age", len)), context).findings == ()


def test_what_cannot_be_traced_is_said(release, columns):
    context = release(first=long(columns, ("region",), n=("age", len)))
    draw = np.random.default_rng(1)
    regions = sorted(set(columns["region"]))
    told = asked({"region": regions, "x": draw.normal(50, 9, len(regions)).round(3).tolist()}, context)
    assert [one.check for one in told.not_checked] == ["differencing"]


def test_a_release_that_was_not_prepared_is_said(release, columns, tmp_path):
    context = release(first=long(columns, ("region",), n=("age", len)))
    (tmp_path / "earlier" / "late.csv").write_text(text(long(columns, ("sex",), n=("age", len))))
    told = asked(long(columns, ("region",), n=("age", len)), context)
    assert any("not prepared" in one.why for one in told.not_checked)


def test_the_ledger_lies_sealed_and_goes_with_the_release(release, columns, tmp_path):
    context = release(first=long(columns, ("region",), n=("age", len)))
    (one,) = context.scratch.glob("*.ledger")
    assert b"first.csv" not in one.read_bytes() and b"region" not in one.read_bytes()
    one.write_bytes(one.read_bytes()[:-1])
    released._read.cache_clear()
    assert any(
        "cannot be used" in gap.why for gap in asked(long(columns, ("sex",), n=("age", len)), context).not_checked
    )
    (tmp_path / "earlier" / "first.csv").unlink()
    context = release(second=long(columns, ("sex",), n=("age", len)))
    assert one not in context.scratch.glob("*.ledger")


def test_two_versions_of_one_table_are_told_without_any_data(tmp_path, columns):
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    (earlier / "first.csv").write_text(text(long(columns, ("town",), n=("age", len))))
    context = Context(earlier=earlier)
    later = long(columns, ("town",), lambda row: row["id"] != columns["id"][0], n=("age", len))
    (one,) = asked(later, context, nearly_the_same.CHECK).findings
    assert one["value"] == 1 and one["severity"] == "review" and "first.csv" in one["message"]
    other = long(columns, ("town",), lambda row: row["smoker"], n=("age", len))
    assert asked(other, context, nearly_the_same.CHECK).findings == (), "two tables with one key are two tables"
    assert asked(long(columns, ("town",), n=("age", len)), context, nearly_the_same.CHECK).findings == ()

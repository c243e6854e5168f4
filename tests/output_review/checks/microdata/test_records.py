"""Rows of the data are found whatever was done to them; honest aggregates are not taken for rows."""

from collections import defaultdict
from pathlib import Path
from statistics import mean, median

import numpy as np
import pytest

from output_review.checks.bounded import check_file, prepare
from output_review.checks.microdata import records
from output_review.checks.registry import Context
from tests.output_review.checks.asked import report
from tests.output_review.checks.microdata import data

LEAST = 11


def found(table, file):
    return records.detect(data.fields(file), table, LEAST)


def grouped(columns, by, **measures):
    """A group-by of groups of at least LEAST people: each measure is a column and a function."""
    groups = defaultdict(list)
    for row, key in enumerate(zip(*(columns[name] for name in by), strict=True)):
        groups[key].append(row)
    safe = {key: rows for key, rows in sorted(groups.items()) if len(rows) >= LEAST}
    file = {name: [key[at] for key in safe] for at, name in enumerate(by)}
    for name, (of, how) in measures.items():
        file[name] = [how([columns[of][row] for row in rows]) for rows in safe.values()]
    return file


def renamed(file):
    return {f"v{at}": cells for at, cells in enumerate(file.values())}


ROWS = list(range(100, 3900, 97))


@pytest.mark.parametrize(
    "names",
    [("town", "age", "cost"), ("id", "sex", "smoker"), ("born", "town"), ("crp", "cost"), ("age", "crp", "sex")],
)
def test_an_extract_is_found_under_other_names_and_in_another_order(table, columns, names):
    rows = np.random.default_rng(5).permutation(ROWS).tolist()
    evidence = found(table, renamed(data.some(columns, rows, *reversed(names))))
    assert evidence is not None and evidence.bits > 20
    assert len(evidence.rows) > len(rows) / 2


def test_rounding_does_not_hide_rows(table, columns):
    file = data.some(columns, ROWS, "town", "age", "cost", "crp")
    file["cost"] = [round(one) for one in file["cost"]]
    file["crp"] = [f"{one:.2g}" for one in file["crp"]]
    assert found(table, renamed(file)) is not None


def test_dates_may_be_written_otherwise(table, columns):
    file = data.some(columns, ROWS, "born", "town")
    file["born"] = [one.strftime("%d/%m/%Y") for one in file["born"]]
    assert found(table, renamed(file)) is not None
    file = data.some(columns, ROWS, "born", "cost")
    file["born"] = [one.year for one in file["born"]]
    assert found(table, renamed(file)) is not None


def test_eight_true_rows_among_three_hundred_are_told_from_the_others(table, columns):
    draw = np.random.default_rng(3)
    names = ("town", "sex", "age", "cost", "crp")
    file = {name: [columns[name][row] for row in draw.integers(0, 4000, 300)] for name in names}
    true = draw.choice(300, 8, replace=False)
    for row in true:
        for name in names:
            file[name][row] = columns[name][int(row) + 7]
    evidence = found(table, renamed(file))
    assert evidence is not None
    assert set(evidence.rows) == set(true)


def test_missing_values_do_not_hide_rows(tmp_path, columns):
    draw = np.random.default_rng(8)
    holed = dict(columns) | {"crp": [x if draw.random() > 0.4 else None for x in columns["crp"]]}
    table = data.indexed(data.write(tmp_path / "d", holed), tmp_path / "store")
    evidence = found(table, renamed(data.some(holed, ROWS, "town", "age", "crp")))
    assert evidence is not None and len(evidence.rows) > len(ROWS) / 2


def test_one_single_person_is_enough(table, columns):
    assert found(table, data.some(columns, [77], "town", "age", "cost", "crp")) is not None


@pytest.mark.parametrize("by", [("region",), ("region", "sex"), ("town", "region"), ("town", "sex", "region")])
@pytest.mark.parametrize(
    "measures",
    [
        {"n": ("age", len)},
        {"mean": ("cost", mean), "n": ("cost", len)},
        {"total": ("cost", sum)},
        {"median": ("cost", median)},
        {"median cost": ("cost", median), "median age": ("age", median)},
        {"mean age": ("age", lambda x: round(mean(x)))},
        {"p95": ("crp", lambda x: float(np.percentile(x, 95, method="nearest")))},
    ],
    ids=lambda measures: "+".join(measures),
)
def test_an_honest_aggregate_is_not_taken_for_rows(table, columns, by, measures):
    """Nested groups (a town has one region) make every key look improbable; medians are the values of people."""
    assert found(table, grouped(columns, by, **measures)) is None


def test_the_largest_values_of_groups_are_somebodys(table, columns):
    evidence = found(table, grouped(columns, ("town", "sex"), most=("cost", max)))
    assert evidence is not None and evidence.endpoint


def test_a_list_of_values_is_found_where_most_numbers_are_nobodys(table, columns):
    assert found(table, {"": list(range(len(ROWS))), "x": [columns["crp"][row] for row in ROWS]}) is not None
    draw = np.random.default_rng(4)
    assert found(table, {"x": np.round(draw.lognormal(3, 1, 200), 3).tolist()}) is None


def test_numbers_of_another_world_are_no_rows(table):
    draw = np.random.default_rng(6)
    for _ in range(10):
        file = {"a": draw.integers(18, 96, 60).tolist(), "b": np.round(draw.lognormal(6, 1.5, 60), 2).tolist()}
        assert found(table, file) is None


@pytest.fixture(scope="module")
def context(folder, tmp_path_factory):
    made = Context(data={"people": folder}, scratch=tmp_path_factory.mktemp("run"))
    assert prepare(made) == ""
    return made


def test_the_check_says_which_rows_and_what_to_do(context, columns, tmp_path):
    names, rows = data.as_read(renamed(data.some(columns, ROWS, "town", "age", "cost")))
    path = tmp_path / "results.csv"
    path.write_text("\n".join(",".join(row) for row in [names, *rows]))
    told = check_file(path, context)
    findings = [one for one in told.findings if one["check"] == "rows-of-data"]
    assert findings[0]["severity"] == "block" and findings[0]["value"] > findings[0]["threshold"]
    assert "town" in findings[0]["message"] and findings[0]["place"] == {"row": 1}
    assert all(str(ROWS[0]) not in one["message"] for one in findings), "it does not tell the data's own rows"


def test_a_table_whose_columns_are_people_is_found_too(context, columns):
    names, rows = data.as_read(data.some(columns, ROWS[:20], "town", "age", "cost"))
    turned = "\n".join(",".join(cells) for cells in zip(*[names, *rows], strict=True))
    told = report("x.csv", turned, context)
    assert any(one["rule"] == "rows-of-data" and "column" in one["place"] for one in told.findings)


def test_without_an_index_nothing_is_vouched_for(folder, tmp_path, columns):
    told = report("x.csv", "town,age\ntown 1-2,30\n", Context(data={"people": folder}, scratch=tmp_path))
    assert any(one.check == "rows-of-data" and "not indexed" in one.why for one in told.not_checked)


def test_an_index_of_another_version_is_not_used(tmp_path, columns):
    granted = data.write(tmp_path / "people", data.some(columns, range(100)))
    made = Context(data={"people": granted}, scratch=tmp_path / "run")
    made.scratch.mkdir()
    assert prepare(made) == ""
    data.write(granted, data.some(columns, range(200)))
    told = report("x.csv", "town,age\ntown 1-2,30\n", made)
    assert any(one.check == "rows-of-data" and "another version" in one.why for one in told.not_checked)
    assert not list(Path(made.scratch).glob("*.parquet"))

"""What stands behind the cells of a plain table: found again from its numbers, and counted exactly."""

from collections import defaultdict
from statistics import mean, median, stdev

import numpy as np
import pytest

from output_review.checks.bounded import prepare
from output_review.checks.cells import number_of
from output_review.checks.microdata import contributions, held, people_behind_cells, traced
from output_review.checks.microdata.layout import Groups
from output_review.checks.parts import table as part_of
from output_review.checks.registry import Context
from output_review.policy import Thresholds
from tests.output_review.checks.asked import report
from tests.output_review.checks.microdata import data
from tests.output_review.checks.microdata.grouping import crosstab, groups, long


def derivation(table, file):
    names, rows = data.as_read(file)
    return traced.derived(part_of(names, rows), (table,))


def behind(found):
    """People behind each cell, by the derivation."""
    return found.groups.sizes[found.groups.group].tolist()


def renamed(file, *keys):
    return {name if name in keys else f"v{at}": cells for at, (name, cells) in enumerate(file.items())}


def test_a_diagnosis_code_is_no_number():
    assert np.isnan(number_of("E10")) and np.isnan(number_of("e5")) and number_of("1E5") == 1e5


@pytest.mark.parametrize(
    "measures, words",
    [
        ({"n": ("age", len)}, "number of people"),
        ({"x": ("cost", lambda x: round(mean(x), 2))}, "mean of cost"),
        ({"x": ("age", lambda x: round(stdev(x), 3))}, "standard deviation of age"),
        ({"x": ("cost", median)}, "median of cost"),
        ({"x": ("cost", max)}, "maximum of cost"),
        ({"x": ("crp", lambda x: round(sum(x), 1))}, "sum of crp"),
        ({"x": ("smoker", lambda x: f"{100 * mean(x):.1f} %")}, "percentage of smoker"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_an_aggregate_is_found_again_from_its_numbers(table, columns, measures, words):
    found = derivation(table, renamed(long(columns, ("town",), **measures)))
    assert words in found.words() and found.filter is None
    assert behind(found) == [len(rows) for rows in groups(columns, ("town",)).values()]


@pytest.mark.parametrize("base", [5, 10])
def test_rounded_counts_are_found_again(table, columns, base):
    file = long(columns, ("town", "sex"), n=("age", lambda x: base * round(len(x) / base)))
    found = derivation(table, file)
    assert found.base == base
    assert behind(found) == [len(rows) for rows in groups(columns, ("town", "sex")).values()]


def test_midpoints_of_six_are_found_again(table, columns):
    file = long(columns, ("town",), n=("age", lambda x: -(-len(x) // 6) * 6 - 3))
    assert behind(derivation(table, file)) == [len(rows) for rows in groups(columns, ("town",)).values()]


def test_a_crosstab_with_totals_is_found_again_cell_by_cell(table, columns):
    file = crosstab(columns, "town", "sex", totals=True)
    found = derivation(table, file)
    told = {
        (int(r), int(c[0])): n
        for r, c, n in zip(found.layout.rows, found.layout.columns, behind(found), strict=True)
    }
    for at, name in enumerate(file):
        for row, count in enumerate(file[name] if at else ()):
            assert told[row, at] == count, (name, row)


def test_bands_of_a_column_nobody_named_are_found_again(table, columns):
    banded = dict(columns) | {"group": [f"[{a // 10 * 10}, {a // 10 * 10 + 10})" for a in columns["age"]]}
    found = derivation(table, long(banded, ("group", "sex"), x=("cost", lambda x: round(mean(x), 2))))
    assert {pick.column.name for pick in found.layout.picks} == {"age", "sex"}
    assert behind(found) == [len(rows) for rows in groups(banded, ("group", "sex")).values()]


@pytest.mark.parametrize(
    "keep, column",
    [
        (lambda row: row["smoker"], "smoker"),
        (lambda row: row["age"] >= 65, "age"),
        (lambda row: row["age"] < 30, "age"),
        (lambda row: row["region"] != "region 2", "region"),
    ],
)
@pytest.mark.parametrize("what", ["counts", "means"])
def test_one_filter_that_nobody_told_is_found(table, columns, keep, column, what):
    measures = {"n": ("age", len)} if what == "counts" else {"x": ("cost", lambda x: round(mean(x), 2))}
    file = long(columns, ("sex", "smoker") if column not in ("smoker",) else ("sex", "region"), keep, **measures)
    found = derivation(table, file)
    assert found.filter.column.name == column
    by = [name for name in file if name in columns]
    assert behind(found) == [len(rows) for rows in groups(columns, by, keep).values()]


def test_numbers_that_come_from_elsewhere_are_not_explained(table, columns):
    towns = sorted(set(columns["town"]))
    draw = np.random.default_rng(2)
    assert derivation(table, {"town": towns, "n": draw.integers(20, 400, len(towns)).tolist()}) is None
    assert derivation(table, {"town": towns, "x": draw.normal(60, 5, len(towns)).round(2).tolist()}) is None


@pytest.fixture(scope="module")
def context(folder, tmp_path_factory):
    made = Context(data={"people": folder}, scratch=tmp_path_factory.mktemp("run"))
    assert prepare(made) == ""
    return made


def findings(file, context):
    names, rows = data.as_read(file)
    text = "\n".join(",".join(row) for row in [names, *rows])
    told = report("x.csv", text, context, [people_behind_cells.CHECK])
    assert told.not_checked == (), told.not_checked
    return told.findings


def test_small_groups_are_found_where_no_count_is_shown(context, columns):
    file = long(columns, ("town", "sex", "smoker"), x=("cost", lambda x: round(mean(x), 2)))
    sizes = [len(rows) for rows in groups(columns, ("town", "sex", "smoker")).values()]
    small = {at + 1: n for at, n in enumerate(sizes) if n < 11}
    rare = [one for one in findings(file, context) if one["rule"] == "few-people-behind-cell"]
    told = {one["place"]["row"]: one["value"] for one in rare if "row" in one["place"]}
    assert len(small) > 3
    assert told == dict(list(small.items())[: len(told)]) and len(told) == min(25, len(small))


def test_a_table_of_something_else_is_judged_by_its_keys(context, columns):
    """No statistic of ours gives these numbers; but so few have the key that no filter can make them more."""
    by = ("town", "sex", "smoker")
    file = long(columns, by, x=("cost", lambda x: round(len(x) ** 0.5 * 17.3, 2)))
    sizes = [len(rows) for rows in groups(columns, by).values()]
    told = findings(file, context)
    assert {one["value"] for one in told if "row" in one["place"]} <= {n for n in sizes if n < 11}
    assert told and all("at most" in one["message"] for one in told if "row" in one["place"])


def test_a_safe_table_is_not_accused(context, columns):
    assert (
        findings(long(columns, ("region", "sex"), n=("age", len), x=("age", lambda x: round(mean(x)))), context)
        == ()
    )
    assert findings(crosstab(columns, "region", "sex", totals=True), context) == ()
    assert findings({"region": ["region 1", "region 2"], "cost": [412.5, 377.25]}, context) == ()


def test_a_cell_that_was_suppressed_is_not_accused(context, columns):
    by = ("town", "sex", "smoker")
    file = long(columns, by, n=("age", lambda x: len(x) if len(x) >= 11 else "<11"))
    assert findings(file, context) == ()


@pytest.mark.parametrize(
    "largest, another, rules",
    [
        (90_000.0, 20.0, {"dominance", "p-percent"}),
        (90_000.0, -1.0, {"dominance", "p-percent"}),  # which hides it from ACRO
        (-90_000.0, 20.0, {"dominance", "p-percent"}),
        (3_000.0, 20.0, {"one-person-holds-most"}),
        (300.0, 20.0, set()),
    ],
)
def test_one_person_who_holds_nearly_all_is_found_in_a_plain_sum(tmp_path, largest, another, rules):
    draw = np.random.default_rng(9)
    site = [f"site {one}" for one in draw.integers(0, 8, 600)]
    paid = draw.lognormal(3, 0.4, 600).round(2)
    first = site.index("site 3")
    paid[first], paid[site.index("site 3", first + 1)] = largest, another
    columns = {"site": site, "paid": paid.tolist()}
    made = Context(data={"d": data.write(tmp_path / "d", columns)}, scratch=tmp_path / "run")
    made.scratch.mkdir()
    assert prepare(made) == ""
    told = findings(long(columns, ("site",), total=("paid", lambda x: round(sum(x), 2))), made)
    assert {(one["rule"], one["place"]["row"]) for one in told} == {(rule, 4) for rule in rules}


def test_contributions_are_what_the_formulas_say():
    draw = np.random.default_rng(1)
    of, x = draw.integers(0, 5, 300), draw.normal(20, 10, 300).round(3)
    x[7] = np.nan
    column = type("Column", (), {"numbers": x})()
    found = contributions.contributions(
        held.connection(), Groups(np.arange(5), np.arange(300), of, 6), column, None, 3
    )
    for g in range(5):
        values = sorted(x[(of == g) & np.isfinite(x)], reverse=True)
        assert found.people[g] == len(values) and found.negative[g] == sum(v < 0 for v in values)
        assert found.total[g] == pytest.approx(sum(values)) and found.smallest[g] == min(values)
        assert found.largest[g].tolist() == pytest.approx(values[:3])
    assert found.people[5] == 0, "a group that nobody is in counts nobody"


def test_dominance_and_p_percent_against_numbers_by_hand():
    """100, 60, 5, 3: the largest two hold 95.2 %, and 100 can be told to within 8 %."""
    column = type("Column", (), {"numbers": np.array([100.0, 60.0, 5.0, 3.0])})()
    people = np.arange(4)
    groups = Groups(np.array([0]), people, np.zeros(4, dtype=np.int64), 1)
    found = contributions.contributions(held.connection(), groups, column, None, 2)
    assert contributions.dominated(found, 2)[0] == pytest.approx(100 * 160 / 168)
    assert contributions.dominated(found, 1)[0] == pytest.approx(100 * 100 / 168)
    assert contributions.estimable(found)[0] == pytest.approx(8.0)


def test_rows_of_one_person_count_once(tmp_path):
    """Twelve stays of one person are one person: the other table of the dataset has each person once."""
    folder = tmp_path / "d"
    patients = {"patient": [f"p{one}" for one in range(100)], "sex": ["F", "M"] * 50}
    data.write(folder, patients)
    (folder / "people.parquet").rename(folder / "patients.parquet")
    stays = defaultdict(list)
    for one in range(100):
        for number in range(12 if one == 5 else 1):
            stays["patient"].append(f"p{one}")
            stays["ward"].append("rare" if one == 5 else f"ward {one % 3}")
            stays["days"].append(one % 7 + number)
    data.write(folder, stays)
    made = Context(data={"d": folder}, scratch=tmp_path / "run")
    made.scratch.mkdir()
    assert prepare(made) == ""
    told = findings(long(stays, ("ward",), n=("days", len), days=("days", sum)), made)
    assert [(one["value"], one["rule"]) for one in told][:1] == [(1, "few-people-behind-cell")]


def test_another_threshold_is_obeyed(context, columns):
    strict = Context(Thresholds(min_count=400), context.data, None, context.scratch)
    sizes = [len(rows) for rows in groups(columns, ("region",)).values()]
    told = findings(long(columns, ("region",), n=("age", len)), strict)
    assert [one["value"] for one in told] == [n for n in sizes if n < 400]

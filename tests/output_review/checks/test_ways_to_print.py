"""What R, Stata, SAS, a shell or a person prints is read as a table, or it is said that it is not read."""

import json

import numpy as np
import pytest

from output_review.checks.unpack import unpack
from tests.output_review.checks.asked import frame, report, rules

PRINTED = {
    "R's table of two factors": "       outcome\nsite    no yes\n  UM   122  41\n  IU    58   4\n",
    "R's table of one factor": "> table(d$region)\n\n  North   South    West \n    412       4     222 \n",
    "a tibble": "# A tibble: 2 × 2\n  region     n\n  <chr>  <int>\n1 North    412\n2 South      4\n",
    "a frame of polars": "┌────────┬─────┐\n│ region ┆ n   │\n│ ---    ┆ --- │\n│ str    ┆ u32 │\n"
    "╞════════╪═════╡\n"
    "│ North  ┆ 412 │\n│ South  ┆ 4   │\n└────────┴─────┘\n",
    "psql": " region |  n  \n--------+-----\n North  | 412\n South  |   4\n(2 rows)\n",
    "Stata, percentages below counts": "   region |      0       1 |  Total\n"
    "----------+----------------+-------\n    North |    400      12 |    412 \n"
    "          |  97.09    2.91 | 100.00 \n"
    "----------+----------------+-------\n"
    "    South |    101       4 |    105 \n          |  96.19    3.81 | 100.00 \n",
    "SAS, percentages below counts": "Frequency|\nRow Pct  |No      |Yes     |  Total\n"
    "---------+--------+--------+\n"
    "North    |    400 |     12 |    412\n         |  97.09 |   2.91 |\n---------+--------+--------+\n"
    "South    |    101 |      4 |    105\n         |  96.19 |   3.81 |\n---------+--------+--------+\n",
    "single spaces": "region sex n\nNorth F 412\nNorth M 4\nWest F 222\n",
    "R's write.table": '"region" "n"\n"1" "North" 412\n"2" "South" 4\n"3" "West" 222\n',
    "a series under another name": "North    412\nSouth      4\nName: region, dtype: int64\n",
    "a series of two levels": "region  sex\nNorth   F      412\n        M        4\nWest    F      222\n"
    "dtype: int64\n",
    "name and number": "Patients by region\nNorth: 412\nWest: 222\nSouth: 4\n",
    "a list of bullets": "# Cohort\n\n- North: 412\n- South: 4\n",
    "a dictionary": "by region: {'North-East': 412, 'South': 4}\n",
    "couples": "[('North', 412), ('West', 222), ('South', 4)]\n",
    "YAML": "study:\n  cohort: 412\n  cases: 3\n",
    "settings": "[study]\nn_total=400\nn_events=4\n",
    "elements beside each other in a page": "<html><body><div><span>North</span><span>412</span></div>"
    "<div><span>South</span><span>4</span></div></body></html>",
}


@pytest.mark.parametrize("name", PRINTED)
def test_a_small_count_is_found_as_printed_by(name):
    assert "minimum-count" in rules("a.txt", PRINTED[name])


@pytest.mark.parametrize("name", PRINTED)
def test_counts_of_many_are_not_blocked_as_printed_by(name):
    many = (
        PRINTED[name].replace(" 4 ", " 40 ").replace(" 4\n", " 40\n").replace(": 4", ": 40").replace("3\n", "30\n")
    )
    many = many.replace(", 4)", ", 40)").replace("=4\n", "=40\n").replace(">4<", ">40<")
    assert report("a.txt", many).verdict != "block"


def test_every_column_of_a_printed_survival_curve_has_its_name():
    text = (
        " time n.risk n.event survival lower 95% CI\n"
        "   41    418       2    0.995        0.989\n"
        "   43    416       1    0.993        0.985\n"
    )
    (printed,) = (part.sheet for part in unpack("a.txt", text.encode()).parts if part.sheet)
    assert printed.columns == ("time", "n.risk", "n.event", "survival", "lower 95% CI")


ROWS = np.column_stack([20.0 + np.arange(30) % 60, 1200.5 + (np.arange(30) * 7919 % 977) * 3.1])
COLUMNS = {"age": ROWS[:, 0].tolist(), "cost": ROWS[:, 1].tolist()}
SAID = {
    "sentences": "".join(f"Patient aged {age:.0f}, cost {cost:.2f} euros.\n" for age, cost in ROWS),
    "an array of NumPy": f"{ROWS}\n",
    "lists of a programme": "".join(f"{name} = {values}\n" for name, values in COLUMNS.items()),
    "vectors of R": "d <- list(" + ", ".join(f"{n} = c({str(x)[1:-1]})" for n, x in COLUMNS.items()) + ")\n",
    "points of a plot in LaTeX": "".join(f"({age},{cost})\n" for age, cost in ROWS.tolist()),
}


@pytest.mark.parametrize("name", SAID)
def test_rows_come_out_for_record_detection_when_they_are_written_as(name):
    sheets = [part.sheet for part in unpack("a.txt", SAID[name].encode()).parts if part.sheet]
    found = [[float(cell) for cell in row[-2:]] for sheet in sheets for row in sheet.rows(0, 40) if _numbers(row)]
    assert any(np.allclose(found[k : k + 30], ROWS, atol=0.05) for k in range(len(found) - 29))


def _numbers(row):
    return len(row) >= 2 and all(str(cell).replace(".", "").replace("e+", "").isdigit() for cell in row[-2:])


UNREAD = {
    "numbers in lines of all lengths": "1.5 2.25 3 8.125\n4.75\n5.5 6 17 8 9\n1 3.5 7\n",
    "base64": "".join("QUFBQkJCQ0NDREREREVFRUZGRkdHR0hISElJSUpKSktLS0xMTE1N\n" for _ in range(6)),
    "PostScript": "%!PS-Adobe-3.0\n100 50 translate\n",
    "PGF": "\\pgfpathmoveto{\\pgfqpoint{1.2in}{3.4in}}\n",
    "a diagram": 'digraph G {\n a [label="Screened\\n412"];\n b [label="Excluded\\n7"];\n}\n',
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_no_reader_understands_is_said_not_to_be_checked(name):
    assert report("a.txt", UNREAD[name]).not_checked


@pytest.mark.parametrize(
    "text",
    [
        "We fitted 5 models to 4406 patients in 12 regions between 2012 and 2019.\n\nSee section 3.2, table 4.\n",
        "1. Load 4406 rows\n2. Fit 3 models\n3. Report\n\n1. Table 1\n2. Table 2\n",
        "".join(f"2024-03-01 10:00:{i:02} INFO epoch {i} loss {1 / (i + 1):.4f}\n" for i in range(40)),
        "import numpy as np\nx = np.linspace(0, 1, 11)\nbins = [0, 18, 30, 45, 65, 120]\nfor i in x:\n    go(i)\n",
        "model:\n  max_depth: 6\n  n_estimators: 200\n  eta: 0.05\n  folds: 5\nseed: 42\n",
        "numpy==2.1.0\npandas==2.2.3\n",
        "created 2026-11-28T08:00:00Z\nmodified 2026-11-28T09:00:00Z\n",
    ],
)  # fmt: skip
def test_a_plain_text_with_numbers_in_it_still_passes(text):
    assert report("a.txt", text).verdict == "pass", report("a.txt", text)


@pytest.mark.parametrize("cell", ["~4", "4*", "4 patients", "4/105", "3.8% (4)", "n=4"])
def test_a_small_count_is_read_with_what_is_written_beside_it(cell):
    assert "minimum-count" in rules("a.csv", frame(("region", "result"), ("North", "40"), ("South", cell)))


def test_a_column_of_small_whole_numbers_of_groups_is_for_a_person_whatever_it_is_called():
    for name in ("infections", "value", "male", "#"):
        found = report("a.csv", frame(("ward", name), ("A", 400), ("B", 101), ("C", 4)))
        assert found.verdict == "review" and {one["rule"] for one in found.findings} == {"minimum-count"}
    assert report("a.csv", frame(("parameter", "value"), ("folds", 5), ("max_depth", 6))).verdict == "pass"
    assert report("a.csv", frame(("variable", "place"), ("age", 1), ("sex", 2), ("bmi", 3))).verdict == "pass"


def test_a_table_without_names_has_its_first_row_looked_at_too():
    assert "minimum-count" in rules("a.csv", frame(("North", 4), ("South", 412), ("West", 222)))


def test_single_values_of_json_and_the_bars_of_a_plot_are_looked_at():
    assert "minimum-count" in rules("a.json", json.dumps({"North": 412, "South": 4}))
    bars = {"data": [{"type": "bar", "x": ["a", "b", "c"], "y": [120, 3, 225]}], "layout": {}}
    assert "minimum-count" in rules("a.json", json.dumps(bars))


def test_a_number_written_in_a_figure_is_looked_at_unless_an_axis_has_it():
    svg = "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>"
    assert "minimum-count" in rules("a.svg", svg.format("<text>North</text><text>412</text><text>4</text>"))
    assert "minimum-count" in rules("a.svg", svg.format("<!-- 412 --><use/><!-- 4 --><use/>"))
    assert report("a.svg", svg.format("".join(f"<text>{k}</text>" for k in (0, 2, 4, 6)))).verdict == "pass"


def test_a_range_in_one_cell_is_its_two_ends():
    assert "endpoint" in rules("a.csv", frame(("variable", "n", "Range"), ("age", 418, "26.3-78.4")))
    assert "endpoint" in rules("a.csv", frame(("variable", "n", "median (range)"), ("age", 418, "51 (26 to 78)")))


TREES = {
    "scikit-learn's text": "|--- age <= 54.50\n|   |--- weights: [2.00, 1.00] class: 0\n",
    "scikit-learn's Graphviz": 'digraph Tree {\n1 [label="gini = 0.2\\nsamples = 3\\nvalue = [2, 1]"] ;\n}\n',
    "rpart": "node), split, n, loss, yval\n  4) age< 56 142 19 0 (0.86 0.13) *\n  5) age>=56 3 1 1 (0.3 0.6) *\n",
    "XGBoost": "0:[age<54.5] yes=1,no=2,cover=312\n\t1:leaf=0.12,cover=309\n\t2:leaf=-0.3,cover=3\n",
}


@pytest.mark.parametrize("name", TREES)
def test_a_small_leaf_is_found_in_the_print_of(name):
    assert "small-leaf-in-text" in rules("a.txt", TREES[name])


def test_freedom_is_read_from_the_test_that_is_made_with_it():
    assert "residual-freedom" in rules("a.log", "Number of obs = 9    F(2, 6) = 4.21\n")
    assert "residual-freedom" not in rules("a.log", "Number of obs = 900    F(2, 897) = 4.21\n")


def test_a_count_in_a_word_is_a_count():
    assert "count-in-words" in rules("a.txt", "The smallest group had four patients.\n")
    assert "count-in-words" in rules("a.txt", "Le plus petit groupe avait quatre patients.\n")


def test_rows_that_keep_the_numbers_of_a_longer_table_look_like_people():
    rows = "".join(f"{397 * k % 1009},{'FM'[k % 2]}{k},{'yes' if k % 3 else 'no'}\n" for k in range(1, 10))
    assert "record-like" in rules("a.csv", ",sex,died\n" + rows)


def test_a_scatter_over_whole_years_is_points_too():
    marks = "".join(
        f'<use xlink:href="#m" x="{97 * (0.6180339887 * k * k % 1)}" y="{k * 7 % 40}"/>' for k in range(120)
    )
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>{marks}</svg>"
    assert {"raw-points", "single-points"} & rules("a.svg", svg)


def test_levels_that_number_the_rows_under_a_name_leave_the_crosstab_whole():
    assert "zero-cell" in rules(
        "a.md", "# Results\n\n| died | 0 | 1 |\n|---|---|---|\n| 0 | 18138 | 302 |\n| 1 | 1560 | 0 |\n"
    )


def test_percentages_that_rise_with_their_counts_by_chance_are_of_the_counts():
    data = frame(("town", "n", "percent"), ("A", 1694, 1.06), ("B", 686, 0.44))
    assert "count-by-percentage" in rules("a.csv", data)


def test_a_crosstab_printed_beside_the_frames_own_index_is_one_of_counts():
    log = "chist  unemp    1    2\n0        1.8  135   25\n1        2.0   84   30\n2        5.3   36    2\n"
    assert "minimum-count" in rules("a.log", f"INFO start\n\n{log}\nINFO end\n")


def test_levels_with_decimals_above_counts_are_the_names_of_a_crosstabs_columns():
    printed = (
        "physlm  hlthg   0.0  0.022  0.131\n0           0  1056    134      3\n1           1   611     98     45\n"
    )
    assert "minimum-count" in rules("a.txt", printed)
    assert "minimum-count" not in rules(
        "a.txt", "model   0.123   0.245   0.371\nother   0.221   0.317   0.402\n" * 2
    )


def test_levels_that_are_the_rows_own_numbers_are_no_counts():
    printed = "sex  mgus     F     M\n0       0  4282  3477\n1       1    68    47\n"
    assert rules("a.log", f"INFO start\n\n{printed}\nINFO end\n").isdisjoint({"minimum-count", "zero-cell"})


def test_a_hidden_count_is_worked_out_although_few_of_many_groups_are_shown():
    data = frame(("ward", "n", "percent"), ("A", 120, 1.2), ("B", 95, 0.95), ("C", "<11", 0.07))
    assert "suppressed-count-by-percentage" in rules("a.csv", data)


def test_drawn_rows_with_one_number_each_are_no_crosstab_although_their_row_numbers_differ():
    people = [
        (4935, 29, "afam", "no"),
        (2110, 40, "cauc", "no"),
        (5853, 38, "cauc", "yes"),
        (7689, 30, "afam", "no"),
    ]
    rows = [f"{row + 3 * k}  {age + k}  {word}  {said}" for k in range(3) for row, age, word, said in people]
    log = "\n".join(["      v0    v1   v2", *rows])
    assert "record-like" in rules("a.log", f"INFO start\n\n{log}\n\nINFO end\n")


def test_rows_of_words_without_a_measure_are_rows_of_people_although_one_word_has_many_levels():
    levels = ["none", "highschool", "bachelor", "master", "phd", "other", "ged", "none"]
    rows = [("yes", "no", *rest) for rest in zip(levels, "ababbaab", strict=True)]
    assert "record-like" in rules("a.csv", frame(("v0", "v1", "v2", "v3"), *rows))
    words = [(f"variable_{k}", f"What it means, number {k}", "number") for k in range(12)]
    assert "record-like" not in rules("a.csv", frame(("name", "meaning", "type"), *words))

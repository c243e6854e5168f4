"""What a reader can work out from a table: suppressed cells, counts behind percentages, people in a model."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from output_review.checks.blind.inferred import denominator
from output_review.checks.blind.totals import Cells, bounds
from tests.output_review.checks.asked import frame, report, rules


def margined(cells, hidden):
    """A crosstab with margins, some cells hidden."""
    rows, columns = len(cells), len(cells[0])
    lines = [
        (f"r{i}", *("*" if (i, j) in hidden else cells[i][j] for j in range(columns)), sum(cells[i]))
        for i in range(rows)
    ]
    totals = [sum(cells[i][j] for i in range(rows)) for j in range(columns)]
    return frame(("row", *(f"c{j}" for j in range(columns)), "Total"), *lines, ("Total", *totals, sum(totals)))


def test_one_hidden_cell_in_a_row_with_its_total_is_given_back():
    found = report("a.csv", margined([[40, 4], [35, 52]], {(0, 1)})).findings
    (one,) = [one for one in found if one["rule"] == "suppressed-cell-given-back"]
    assert one["place"] == {"row": 1, "column": 3} and one["value"] == 4


@pytest.mark.parametrize("mark", ["*", "<11"])
def test_a_large_cell_that_was_hidden_for_another_and_is_known_all_the_same_goes_to_a_person(mark):
    (one,) = report("a.csv", margined([[40, 200], [35, 52]], {(0, 1)}).replace("*", mark)).findings
    assert (one["rule"], one["severity"], one["value"]) == ("suppressed-cell-known", "review", 200)


def test_hidden_cells_that_protect_each_other_are_let_pass():
    data = margined([[40, 4, 61], [35, 52, 44], [81, 77, 90]], {(0, 1), (0, 0), (1, 0), (1, 1)})
    assert rules("a.csv", data).isdisjoint({"suppressed-cell-given-back", "suppressed-cell-known"})


def test_a_long_table_with_a_row_of_totals_gives_back_too():
    rows = [("North", "F", 40), ("North", "M", "<11"), ("North", "All", 44), ("South", "F", 35), ("South", "M", 52),
            ("South", "All", 87)]  # fmt: skip
    assert "suppressed-cell-given-back" in rules("a.csv", frame(("region", "sex", "n"), *rows))


def test_a_single_column_of_counts_with_its_total_gives_back():
    data = frame(("region", "n"), ("North", 40), ("South", ""), ("East", 52), ("Total", 95))
    assert "suppressed-cell-given-back" in rules("a.csv", data)


def test_rounded_totals_do_not_give_back_exactly():
    rows = [("North", 40, "*", 45), ("South", 35, 50, 85), ("East", 70, 65, 135), ("Total", 145, 120, 265)]
    assert "suppressed-cell-given-back" not in rules("a.csv", frame(("region", "a", "b", "Total"), *rows))


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_the_true_value_always_lies_within_the_bounds_and_what_is_exact_is_true(seed):
    """Against an enumeration of all tables that fit: the linear programme must contain it."""
    rng = random.Random(seed)
    cells = [[rng.randint(0, 4) for _ in range(2)] for _ in range(2)]
    hidden = {(i, j) for i in range(2) for j in range(2) if rng.random() < 0.6}
    keys = {(f"r{i}", f"c{j}"): cells[i][j] for i in range(2) for j in range(2)}
    keys |= {(f"r{i}", "Total"): sum(cells[i]) for i in range(2)}
    keys |= {("Total", f"c{j}"): cells[0][j] + cells[1][j] for j in range(2)}
    keys |= {("Total", "Total"): sum(map(sum, cells))}
    secret = [(f"r{i}", f"c{j}") for i, j in sorted(hidden)]
    known = {key: float(value) for key, value in keys.items() if key not in secret}
    found = bounds(Cells(known, dict.fromkeys(secret, np.inf), dict.fromkeys(keys, (0, 0))))
    fitting = []
    for values in itertools.product(range(20), repeat=len(secret)):
        whole = known | dict(zip(secret, values, strict=True))
        rows = all(whole[(f"r{i}", "c0")] + whole[(f"r{i}", "c1")] == whole[(f"r{i}", "Total")] for i in range(2))
        columns = all(
            whole[("r0", f"c{j}")] + whole[("r1", f"c{j}")] == whole[("Total", f"c{j}")] for j in range(2)
        )
        if rows and columns:
            fitting.append(values)
    for at, key in enumerate(secret):
        least, most = found[key]
        assert least == pytest.approx(min(v[at] for v in fitting), abs=1e-6)
        assert most == pytest.approx(max(v[at] for v in fitting), abs=1e-6)


def test_too_many_hidden_cells_are_said_to_be_not_checked():
    cells = [[7] * 20 for _ in range(20)]
    found = report("a.csv", margined(cells, set(itertools.product(range(20), range(20)))))
    assert "totals" in {one.check for one in found.not_checked}


def test_minima_and_maxima_are_found_as_columns_and_as_rows():
    assert "endpoint" in rules("a.csv", frame(("region", "n", "max_cost"), ("N", 40, 981.5), ("S", 37, 450.2)))
    described = frame(("", "age"), ("count", 412), ("mean", 43.2), ("min", 18), ("25%", 31), ("max", 99))
    assert len([one for one in report("a.csv", described).findings if one["rule"] == "endpoint"]) == 2


def test_bounds_of_intervals_and_settings_are_no_endpoints():
    bands = frame(("age_min", "age_max", "n"), (0, 19, 412), (20, 39, 377), (40, 59, 290))
    assert "endpoint" not in rules("a.csv", bands)
    assert "endpoint" not in rules(
        "a.csv", frame(("max_depth", "min_samples_leaf", "auc"), (4, 20, 0.71), (6, 20, 0.7))
    )


def test_a_percentile_needs_people_on_both_sides():
    assert "percentile-of-few" in rules("a.csv", frame(("region", "n", "p95_cost"), ("N", 100, 981.5)))
    assert "percentile-of-few" not in rules("a.csv", frame(("region", "n", "p95_cost"), ("N", 400, 981.5)))
    assert "percentile-of-few" in rules("a.csv", frame(("region", "n", "median"), ("N", 15, 981.5)))


SUMMARY = """                            OLS Regression Results
Dep. Variable:                      y   R-squared:                       0.999
No. Observations:                  {n}   AIC:                             10.2
Df Residuals:                      {d:>2}   BIC:                             12.1
Df Model:                           8
"""


@pytest.mark.parametrize("freedom, found", [(3, True), (9, True), (10, False), (403, False)])
def test_a_printed_summary_says_its_degrees_of_freedom(freedom, found):
    assert ("residual-freedom" in rules("a.txt", SUMMARY.format(n=freedom + 9, d=freedom))) is found
    said = f"Residual standard error: 1.2 on {freedom} degrees of freedom\n"
    assert ("residual-freedom" in rules("a.txt", said)) is found
    table = frame(("statistic", "value"), ("R2", 0.9), ("Df Residuals", freedom))
    assert ("residual-freedom" in rules("a.csv", table)) is found


def test_coefficients_without_the_number_of_people_are_asked_about():
    rows = [("const", 1.2, 0.1), ("age", 0.3, 0.02)]
    assert "freedom-untold" in rules("a.csv", frame(("", "coef", "std err"), *rows))


def survival(counts, population):
    """Kaplan and Meier of `counts` events at each time."""
    at_risk, estimate = population, 1.0
    for time, events in enumerate(counts):
        estimate *= 1 - events / at_risk
        at_risk -= events
        yield time, at_risk, f"{estimate:.8f}"


def test_a_survival_curve_of_single_people_is_found_and_a_pooled_one_is_not():
    single = frame(("time", "survival"), *((t, s) for t, _, s in survival([1] * 30, 90)))
    assert "survival-steps" in rules("a.csv", single)
    pooled = frame(("time", "survival"), *((t, s) for t, _, s in survival([17, 23, 19, 31, 29, 13], 497)))
    assert "survival-steps" not in rules("a.csv", pooled)


def test_numbers_at_risk_that_fall_by_few_are_found():
    assert "at-risk-step" in rules("a.csv", frame(("time", "at_risk"), (0, 90), (1, 88), (2, 60)))
    assert "at-risk-step" not in rules("a.csv", frame(("time", "at_risk"), (0, 490), (1, 388), (2, 260)))


def test_a_percentage_of_a_shown_count_is_a_count():
    assert "count-by-percentage" in rules(
        "a.csv", frame(("ward", "n", "percent_died"), ("A", 95, 2.1), ("B", 310, 22.6))
    )
    assert "count-by-percentage" not in rules(
        "a.csv", frame(("ward", "n", "pct"), ("A", 95, 24.2), ("B", 310, 22.6))
    )
    own = frame(("ward", "n", "percent"), ("A", 20, 5.0), ("B", 180, 45.0), ("C", 200, 50.0))
    assert "count-by-percentage" not in rules("a.csv", own)


def test_a_hidden_count_beside_its_share_of_the_total_is_given_back():
    data = frame(("ward", "n", "percent"), ("A", "<11", 1.0), ("B", 196, 49.0), ("C", 200, 50.0))
    assert "suppressed-count-by-percentage" in rules("a.csv", data)


def test_percentages_tell_their_denominator():
    row = frame(("ward", "pct_a", "pct_b", "pct_c"), ("W", 14.3, 28.6, 57.1))
    assert "inferred-denominator" in rules("a.csv", row)


@given(st.integers(200, 10**5), st.lists(st.floats(0.05, 0.95), min_size=3, max_size=6))
@settings(max_examples=80, deadline=None)
def test_percentages_of_many_people_tell_no_small_denominator(people, shares):
    values = [round(100 * round(share * people) / people, 1) / 100 for share in shares]
    found = denominator(values, [0.0005] * len(values))
    assert found is None or found > 10 or len(set(values)) < 3


def test_a_sum_and_its_mean_tell_the_count():
    assert "inferred-count" in rules(
        "a.csv", frame(("r", "cost_sum", "cost_mean"), ("N", 1200.6, 400.2), ("S", 5e5, 500))
    )
    big = frame(("r", "cost_sum", "cost_mean"), ("N", 120060, 400.2), ("S", 500000, 500))
    assert "inferred-count" not in rules("a.csv", big)
    assert "inferred-count" in rules("a.csv", frame(("r", "cost_sd", "cost_se"), ("N", 20, 10), ("S", 100, 5)))

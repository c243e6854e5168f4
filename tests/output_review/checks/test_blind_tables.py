"""Checks of a table alone: what breaks a rule is found where it is, and what does not is let pass."""

import csv
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from output_review.checks.cells import number_of
from output_review.checks.counts import rounding
from output_review.checks.identities import direct_words
from output_review.checks.measures import Meaning, meaning_of
from tests.output_review.checks.asked import frame, report, rules

REGIONS = ("North", "South", "East", "West")


def places(name, data, rule):
    return [one["place"] for one in report(name, data).findings if one["rule"] == rule]


@given(st.lists(st.integers(1, 500), min_size=2, max_size=12))
@settings(max_examples=60, deadline=None)
def test_exactly_the_cells_below_the_threshold_are_found(counts):
    data = frame(("group", "n"), *((f"g{k}", n) for k, n in enumerate(counts)))
    expected = [{"row": k + 1, "column": 2} for k, n in enumerate(counts) if n < 11]
    assert places("a.csv", data, "minimum-count") == expected


@pytest.mark.parametrize(
    "name",
    ["n", "N", "count", "effectif", "nb_patients", "patientCount", "Number of cases", "n (%)", "freq", "Anzahl"],
)
def test_a_column_called_a_count_is_one(name):
    assert meaning_of(name) is Meaning.COUNT
    assert "minimum-count" in rules("a.csv", frame(("group", name), ("a", 40), ("b", 3)))


@pytest.mark.parametrize(
    "name",
    ["n_estimators", "cases per 100000", "mean_age", "n_features", "count_percent", "cost", "fold", "epochs"],
)
def test_a_column_called_otherwise_is_no_count(name):
    assert "minimum-count" not in rules("a.csv", frame(("group", name), ("a", 40), ("b", 3)))


def test_a_crosstab_under_the_names_of_categories_is_one_of_counts():
    data = frame(("sex", "C50", "C61", "C18", "All"), ("F", 210, 12, 4, 226), ("M", 13, 340, 88, 441))
    assert places("a.csv", data, "minimum-count") == [{"row": 1, "column": 4}]


def test_statistics_as_rows_are_read_as_statistics_as_columns_are():
    data = frame(("", "age", "cost"), ("count", 7, 412), ("mean", 3, 5), ("std", 2, 4))
    assert places("a.csv", data, "minimum-count") == [{"row": 1, "column": 2}]


def test_a_table_with_two_lines_of_header_is_read():
    text = ",cost,cost\n,mean,count\nregion,,\nNorth,10.5,412\nSouth,9.1,3\n"
    assert places("a.csv", text, "minimum-count") == [{"row": 4, "column": 3}]


def test_counts_with_their_percentage_in_one_cell_are_read():
    data = 'sex,placebo n (%),treated n (%)\nF,"45 (52.3 %)","7 (8.1 %)"\nM,"41 (47.7 %)","79 (91.9 %)"\n'
    assert places("a.csv", data, "minimum-count") == [{"row": 1, "column": 3}]


@pytest.mark.parametrize(
    "text, number",
    [
        ("1,234", 1234),
        ("1 234,5", 1234.5),
        ("12.5%", 12.5),
        ("-3", -3),
        ("1e3", 1000),
        ("45 (12.3 %)", 45),
        (".5", 0.5),
    ],
)
def test_numbers_are_read_as_they_are_written(text, number):
    assert number_of(text) == number


@pytest.mark.parametrize("text", ["", "<11", "*", "A12", "1.2.3", "12 rue", "-", "٣x", True, None])
def test_what_is_no_number_is_none(text):
    assert number_of(text) != number_of(text)


def test_empty_cells_and_full_rows_are_found():
    data = frame(("region", "smoker", "other"), ("North", 40, 71), ("South", 35, 0), ("East", 0, 50))
    found = report("a.csv", data).findings
    assert [one["place"]["row"] for one in found if one["rule"] == "zero-cell"] == [2, 3]
    assert [one["place"]["row"] for one in found if one["rule"] == "full-cell"] == [2, 3]


def test_all_but_one_in_a_category_is_found():
    assert "within-group" in rules("a.csv", frame(("region", "yes", "no"), ("North", 80, 71), ("South", 35, 1)))


def test_none_or_all_is_found_and_a_total_or_a_cumulative_share_is_let_pass():
    assert "none-or-all" in rules("a.csv", frame(("ward", "percent"), ("A", 12.5), ("B", 100.0)))
    assert "none-or-all" in rules("a.csv", frame(("ward", "mean_died"), ("A", 0.125), ("B", 1.0), ("C", 0.4)))
    assert "none-or-all" not in rules(
        "a.csv", frame(("ward", "percent"), ("A", 40.0), ("B", 60.0), ("Total", 100.0))
    )
    assert "none-or-all" not in rules("a.csv", frame(("ward", "cum_percent"), ("A", 40.0), ("B", 100.0)))


def test_an_unrounded_total_among_rounded_counts_is_found():
    rows = [(f"R{k}", 5 * k + 15) for k in range(20)]
    assert places("a.csv", frame(("region", "n"), *rows, ("Total", 1249)), "unrounded-among-rounded") == [
        {"row": 21, "column": 2}
    ]
    assert "unrounded-among-rounded" not in rules("a.csv", frame(("region", "n"), *rows, ("Total", 1250)))


@given(st.lists(st.integers(11, 10**6), min_size=1, max_size=40))
@settings(deadline=None)
def test_a_rounding_is_only_said_where_chance_could_not_do_it(counts):
    base = rounding(counts)
    assert base == 1 or (all(n % base == 0 for n in counts) and len(counts) >= 2)


@pytest.mark.parametrize(
    "name",
    [
        "patient_id",
        "NIR",
        "Nom patient",
        "date_of_birth",
        "dob",
        "email",
        "ID",
        "LastName",
        "patient number",
        "IPP",
    ],
)
def test_columns_called_after_identifiers_are_found(name):
    assert direct_words(name)
    data = frame((name, "x"), ("a1", 1.5), ("b2", 2.5))
    assert "identifier-by-name" in rules("a.csv", data)


@pytest.mark.parametrize(
    "name",
    ["n_patients", "patients", "number of patients", "mean patient age", "region", "code", "icd_code", "valid",
             "patients_identified", "median patient cost", "drug name", "has_phone"]
)  # fmt: skip
def test_columns_called_otherwise_are_no_identifiers(name):
    assert not direct_words(name)


def nir(rng):
    born = f"{rng.choice('12')}{rng.randint(20, 99)}{rng.randint(1, 12):02}"
    body = f"{born}{rng.randint(1, 95):02}{rng.randint(1, 999999):06}"
    return f"{body}{97 - int(body) % 97:02}"


def test_numbers_with_check_digits_are_found_and_others_are_not():
    rng = random.Random(5)
    for _ in range(50):
        good = nir(rng)
        assert "identifier-by-content" in rules("a.csv", frame(("x", "y"), (good, 1.5), ("z", 2.5)))
        bad = good[:-1] + str((int(good[-1]) + 1) % 10)
        assert "identifier-by-content" not in rules("a.csv", frame(("x", "y"), (bad, 1.5), ("z", 2.5)))


@pytest.mark.parametrize("text", ["jean.dupont@example.org", "06 12 34 56 78", "192.168.4.17", "943 476 5919"])
def test_contents_in_the_form_of_an_identifier_are_found(text):
    assert "identifier-by-content" in rules("a.csv", frame(("x", "y"), (text, 1.5), ("z", 2.5)))


@pytest.mark.parametrize("text", ["0.123456789", "123456", "1.2.3", "2024-01-05", "p = 0.001", "a@b", "127.0.0.1"])
def test_contents_in_another_form_are_not(text):
    assert "identifier-by-content" not in rules("a.csv", frame(("x", "y"), (text, 1.5), ("z", 2.5)))


def test_another_code_in_each_row_is_found():
    rows = [(f"K{1000 + 7 * k}", k / 3) for k in range(25)]
    assert "one-code-a-row" in rules("a.csv", frame(("x", "y"), *rows))
    assert "one-code-a-row" not in rules("a.csv", frame(("icd", "n"), *((f"C{k}", 40 + k) for k in range(10, 60))))


def test_days_are_found_and_a_calendar_is_let_pass():
    rng = random.Random(3)
    days = [(f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}", k / 7) for k in range(30)]
    assert "exact-dates" in rules("a.csv", frame(("admitted", "cost"), *days))
    months = [(f"2024-{k:02}-01", k * 40.5) for k in range(1, 13)]
    assert "exact-dates" not in rules("a.csv", frame(("month", "mean_cost"), *months))


def test_a_pathological_text_costs_no_time():
    """Patterns are linear: a megabyte in a cell of what nearly is an identifier."""
    for piece in ("a@" * 400_000, "1" * 1_000_000, "0 " * 400_000, "FR76 " * 200_000, "a.b" * 300_000):
        out = io.StringIO()
        csv.writer(out).writerows([("x", "y"), (piece, 1), ("z", 2)])
        report("a.csv", out.getvalue())


@given(st.binary(max_size=600), st.sampled_from(["a.csv", "a.tsv", "a.txt", "a"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_end_in_a_report(data, name):
    assert report(name, data).verdict in ("pass", "review", "block")

"""A cell says the same whatever it is written as, here and in the data."""

from datetime import date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from output_review.checks.microdata import sources
from output_review.checks.microdata.canonical import NOTHING, canonical_text, read


@pytest.mark.parametrize(
    "cells, number",
    [
        ((1234.5, "1234.50", "1,234.5", "1 234.5", "1'234.5", " +1234.5 ", "1234,5"), 1234.5),
        ((0.12, "12 %"[:0] + "0.12", ".12", "1.2e-1"), 0.12),
        ((True, "True", "TRUE", 1, "1", "1.0"), 1.0),
        ((-3, "-3", "−3"), -3.0),
    ],
)
def test_a_number_is_the_same_however_it_is_written(cells, number):
    assert {read(cell).number for cell in cells} == {number}


def test_a_number_knows_the_place_of_its_last_digit():
    assert [read(cell).decimals for cell in ("12", "12.0", "12.30", 0.125, "1e-3")] == [0, 0, 1, 3, 3]


def test_a_date_is_the_span_that_it_names():
    day = read(date(2021, 3, 4)).moment
    assert day == read("2021-03-04").moment == read("04/03/2021").moment == read("4.3.2021").moment
    assert day.high - day.low == 86_400
    assert read("2021-03").moment.high - read("2021-03").moment.low == 31 * 86_400
    assert read("2021-03-04 10:30").moment.low == read(datetime(2021, 3, 4, 10, 30)).moment.low  # noqa: DTZ001


@pytest.mark.parametrize("text", ["2021-13-01", "31/02/2021", "0000-01-01", "2021-02-30", "99/99/2020"])
def test_what_is_no_date_is_a_text(text):
    assert read(text).moment is None and read(text).text == text


@pytest.mark.parametrize(
    "text, inside, outside",
    [
        ("[40, 50)", (40, 49.9), (50, 39.9)),
        ("(40, 50]", (40.1, 50), (40,)),
        ("40-49", (40, 49), (39, 50)),
        ("40 to 49", (40, 49), (50,)),
        ("<18", (0, 17.9), (18,)),
        ("≤ 18", (18,), (19,)),
        ("80+", (80, 200), (79,)),
        ("> 80", (81,), (80,)),
    ],
)
def test_a_label_of_a_band_is_the_interval_that_it_names(text, inside, outside):
    span = read(text).span

    def holds(x):
        above = span.low <= x if span.low_closed else span.low < x
        return above and (x <= span.high if span.high_closed else x < span.high)

    assert all(map(holds, inside)) and not any(map(holds, outside))


@pytest.mark.parametrize("cell", [None, "", "   ", float("nan")])
def test_nothing_says_nothing(cell):
    assert read(cell) == NOTHING


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=12))
@example("1E5")
@example("007")
@example(" Nord ")
@example("1.")
@example("+.5")
def test_a_text_has_the_same_digest_in_a_file_and_in_the_data(text):
    """Hypothesis asks DuckDB and Python to make the same of any printable text."""
    found = CONNECTION.sql(f"SELECT {sources.canonical('$1')}", params=[text]).fetchall()[0][0]
    assert (found or "") == canonical_text(text)


CONNECTION = sources.connect(threads=1)


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.datetimes(), st.dates(), st.booleans()))
def test_no_cell_breaks_the_reading(cell):
    read(cell)

"""Where a preview shows a finding, and what goes on to whom of what a check said."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output_review.evidence import FileChecks, RunState
from output_review.pins import pins
from output_review.places import NUMBERS, place_of
from output_review.rules import ADVICE, CHECKS, advised
from tests.output_review.reported import a_finding, a_report

SMALL = a_finding(rule="minimum-count")
KINDS = [
    "delimited",
    "workbook",
    "columnar",
    "text",
    "notebook",
    "pdf",
    "archive",
    "pickle",
    "onnx",
    "json",
    "image",
]
NAMES = st.sampled_from(["", "tables/one.csv", "x" * 1001, "a&b=c#d", "naïve ⟨202E⟩"])
NUMBER = st.integers(1, 10**12)
PLACES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(NUMBERS, NUMBER) | {"member": NAMES | NUMBER, "figure": NAMES}
)


def found(*findings, kind="delimited", **changes):
    return FileChecks(RunState.DONE, report=a_report(b"", *findings, kind=kind, **changes))


@pytest.mark.parametrize(
    ("kind", "place", "shown"),
    [
        ("delimited", {"row": 3, "column": 2}, {"sheet": 1, "row": 3, "column": 2}),
        ("workbook", {"sheet": 2, "row": 3}, {"sheet": 2, "row": 3}),
        ("workbook", {"member": "xl/charts/chart1.xml", "row": 1, "column": 1}, {}),
        ("columnar", {"sheet": 2}, {"sheet": 2}),
        ("text", {"row": 7, "column": 40}, {"row": 7}),
        ("notebook", {"cell": 3, "member": "text/html", "row": 2, "column": 2}, {"cell": 3}),
        ("pdf", {"page": 2}, {"page": 2}),
        ("archive", {"member": "tables/one.csv", "row": 1, "column": 2}, {"member": "tables/one.csv"}),
        ("pickle", {"member": "._fit_X"}, {"member": "._fit_X"}),
        ("json", {"row": 3, "column": 2}, {}),
        ("image", {}, {}),
    ],
)
def test_a_finding_is_shown_where_the_preview_of_its_kind_counts(kind, place, shown):
    (pin,) = pins(found(a_finding(place=place), kind=kind)).every
    assert pin.place == shown
    assert place_of(dict(parse_qsl(pin.query))) == shown, "the preview's address takes it"


def test_a_place_in_words_goes_from_the_outside_in():
    (pin,) = pins(found(a_finding(place={"row": 2, "column": 3, "cell": 4, "member": "text/html"}))).every
    assert pin.words == "cell 4, text/html, row 2, column 3"


@given(st.sampled_from(KINDS), st.lists(PLACES, max_size=5))
def test_every_finding_is_listed_once_and_its_place_can_be_asked_for(kind, places):
    held = pins(found(*(a_finding(place=place) for place in places), kind=kind))
    assert [one.number for one in held.every] == list(range(1, len(places) + 1))
    for one in held.every:
        assert one in held.at(**one.place)
        assert place_of(dict(parse_qsl(one.query, keep_blank_values=True))) == one.place


def test_what_breaks_a_rule_comes_first_and_rules_stay_together():
    asked, other = a_finding("review", rule="endpoint"), a_finding(rule="zero-cell")
    held = pins(found(asked, SMALL, other, SMALL))
    assert [[one.finding["rule"] for one in some] for some in held.by_rule] == [
        ["minimum-count", "minimum-count"], ["zero-cell"], ["endpoint"],
    ]  # fmt: skip
    assert found(asked, SMALL, other).blocking == ("minimum-count", "zero-cell")
    assert found(asked).blocking == FileChecks().blocking == ()
    assert FileChecks().verdict == "" and FileChecks().gaps == () and pins(None).every == ()


@pytest.mark.parametrize(
    ("value", "threshold", "words"),
    [(7.0, 11, "measured 7, threshold 11"), (0.25, None, "measured 0.25"), (None, 3, ""),
     ("KNN", None, "measured KNN"),      (1234567, 0, "measured 1,234,567, threshold 0")],
)  # fmt: skip
def test_what_was_measured_is_said_as_people_write_numbers(value, threshold, words):
    (pin,) = pins(found(a_finding(value=value, threshold=threshold))).every
    assert pin.measured == words


def test_an_author_is_told_the_rule_and_its_own_advice_and_nothing_that_was_measured():
    """The process that looks reads hostile bytes beside the data: each of its texts may be a row of it."""
    row = "Erika Mustermann, 1970-01-01, C50"
    leaking = dict.fromkeys(("message", "value", "threshold", "formula", "source", "advice"), row)
    hostile = SMALL | leaking | {"place": {"row": 3, "member": row, "figure": row}}
    invented = SMALL | {"rule": row}
    told = advised(found(hostile, invented, not_checked=[{"check": row, "why": row}], ran=[row], file=row))
    assert row not in repr(told)
    (finding,) = told.findings
    assert finding["advice"] == ADVICE["minimum-count"] and finding["place"] == {"row": 3}
    assert told.verdict == "block"
    assert advised(FileChecks(RunState.RUNNING, progress=row)) == FileChecks(RunState.RUNNING)


def test_each_rule_of_each_check_has_its_advice():
    assert len(CHECKS) > 15 and all(ADVICE.values()) and "minimum-count" in ADVICE

"""What a printed regression tells about the people behind the levels of a factor."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as formula
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.output_review.checks.asked import report

LEAST = 11
RULE = "few-behind-coefficient"
IN_R = """
Call:
lm(formula = cost ~ factor(cell) + age, data = d)

Coefficients:
                  Estimate Std. Error t value Pr(>|t|)
(Intercept)        1950.95      81.61  23.907   <2e-16 ***
factor(cell)many     10.52      55.12   0.191    0.849
factor(cell)solo    775.33    3403.06   0.228    0.820
age                  -1.49       1.36  -1.100    0.272

Residual standard error: 3403 on 19996 degrees of freedom
"""


def fitted(people, seed=1, model=formula.ols, **more):
    """A model of cost with a factor of so many people a level, fitted by statsmodels."""
    chance = np.random.default_rng(seed)
    cell = np.repeat([f"l{k}" for k in range(len(people))], people)
    data = pd.DataFrame({"cell": cell, "age": chance.normal(50, 9, len(cell))})
    data["cost"] = 900 + data.age * 3 + chance.normal(0, 40, len(cell))
    options = {"weights": chance.uniform(0.1, 9, len(cell))} if model is formula.wls else {}
    return model("cost ~ C(cell) + age", data, **options).fit(**more)


def found(text):
    return [one for one in report("model.txt", text).findings if one["rule"] == RULE]


def test_a_level_of_one_person_is_seen_from_the_printed_model_alone():
    text = fitted((300, 200, 1)).summary().as_text()
    (one,) = found(text)
    assert text.split("\n")[one["place"]["row"] - 1].startswith("C(cell)[T.l2]")
    assert "about 1 people" not in one["message"] and round(one["value"]) == 1


def test_a_small_level_to_compare_with_is_seen_in_every_other():
    assert len(found(fitted((3, 300, 200)).summary().as_text())) == 2


def test_as_r_prints_it():
    (one,) = found(IN_R)
    assert "factor(cell)solo" in one["message"] and one["value"] == pytest.approx(1, abs=0.01)


def test_numbers_beyond_all_bounds_are_no_people():
    told = report("model.txt", IN_R.replace(": 3403 on", ": 3e300 on").replace("3403.06", "1e-300"))
    assert told.not_checked == () and RULE not in {one["rule"] for one in told.findings}


def test_each_of_two_models_in_a_file_is_measured_by_its_own_spread():
    wide = fitted((300, 200)).summary().as_text()
    narrow = fitted((300, 2)).summary().as_text()
    assert len(found(wide + "\n\n" + narrow)) == 1 == len(found(narrow + "\n\n" + wide))


@pytest.mark.parametrize("more", [{"cov_type": "HC3"}, {"model": formula.wls}])
def test_of_standard_errors_of_another_kind_nothing_is_said(more):
    assert found(fitted((300, 200, 1), **more).summary().as_text()) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=2, max_size=5), st.integers(0, 99))
def test_never_more_people_are_seen_than_there_are(people, seed):
    """(s / SE)² ≤ people of the level and of the reference: each small level is found, whatever the others are."""
    told = {
        one["message"].split(" ")[0]: one["value"] for one in found(fitted((*people, 80), seed).summary().as_text())
    }
    for level, count in enumerate((*people, 80)):
        if level and min(count, people[0]) < LEAST - 1:
            assert told[f"C(cell)[T.l{level}]"] <= min(count, people[0]) + 0.5

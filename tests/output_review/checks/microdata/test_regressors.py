"""Coefficients that belong to a few people, in summaries as statsmodels and scikit-learn users save them."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from output_review.checks.bounded import prepare
from output_review.checks.microdata import regressors
from output_review.checks.registry import Context
from tests.output_review.checks.asked import report
from tests.output_review.checks.microdata import data


@pytest.fixture(scope="module")
def frame():
    draw = np.random.default_rng(4)
    ward = np.array(["a", "b", "c"], dtype=object)[draw.integers(0, 3, 900)]
    ward[:4] = "rare"
    sex = np.array(["F", "M"])[draw.integers(0, 2, 900)]
    age = draw.integers(20, 90, 900)
    return pd.DataFrame(
        {"ward": ward, "sex": sex, "age": age, "cost": (age * 10 + draw.normal(0, 50, 900)).round(2)}
    )


@pytest.fixture(scope="module")
def context(frame, tmp_path_factory):
    folder = data.write(tmp_path_factory.mktemp("granted") / "d", frame.to_dict("list"))
    made = Context(data={"d": folder}, scratch=tmp_path_factory.mktemp("run"))
    assert prepare(made) == ""
    return made


def told(name, text, context):
    found = report(name, text, context, [regressors.CHECK])
    assert found.not_checked == ()
    return {(one["rule"], one["value"]) for one in found.findings}


def test_a_dummy_of_four_people_is_found_in_a_printed_summary(frame, context):
    summary = smf.ols("cost ~ C(ward) + sex + age", frame).fit().summary().as_text()
    assert told("model.txt", summary, context) == {("singleton-regressor", 4)}


def test_an_interaction_of_two_common_levels_may_be_rare(frame, context):
    rare = int(((frame.ward == "rare") & (frame.sex == "M")).sum())
    text = "Intercept   1.0\nage   2.5\nC(ward)[T.rare]:sex[T.M]    4.25\n"
    assert told("model.txt", text, context) == {("singleton-regressor", rare)}


@pytest.mark.parametrize(
    "name", ["ward_rare", "encode__ward_rare", "ward[T.rare]", "C(ward, Treatment('a'))[T.rare]"]
)
def test_a_table_of_coefficients_is_read_too(name, context):
    text = f'term,coefficient\nIntercept,4.5\nage,2.25\n"{name}",7.5\nward_b,3.5\n'
    assert told("coefficients.csv", text, context) == {("singleton-regressor", 4)}


def test_a_model_of_common_levels_passes(frame, context):
    common = frame[frame.ward != "rare"]
    summary = smf.ols("cost ~ C(ward) + sex + age", common).fit().summary().as_text()
    assert told("model.txt", summary, context) == set()


def test_a_saturated_model_is_the_table_of_means_that_it_is(tmp_path):
    draw = np.random.default_rng(2)
    columns = {"a": [f"a{x}" for x in draw.integers(0, 2, 400)], "b": [f"b{x}" for x in draw.integers(0, 3, 400)]}
    frame = pd.DataFrame(columns | {"y": draw.normal(50, 5, 400)})
    made = Context(data={"d": data.write(tmp_path / "d", frame.to_dict("list"))}, scratch=tmp_path / "run")
    made.scratch.mkdir()
    assert prepare(made) == ""
    full = smf.ols("y ~ C(a) * C(b)", frame).fit().summary().as_text()
    smallest = int(frame.groupby(["a", "b"]).size().min())
    assert told("model.txt", full, made) == {("saturated-model", smallest)}
    assert told("model.txt", smf.ols("y ~ C(a) + C(b)", frame).fit().summary().as_text(), made) == set()


def test_prose_is_no_model(context):
    assert told("notes.txt", "We saw 4 people in the ward called rare.\nward_rare was dropped.\n", context) == set()


def test_a_text_made_to_be_slow_is_searched_in_time(context):
    text = "\n".join("C(ward" + "[" * 500 + " " * 500 + "1" for _ in range(200))
    assert told("slow.txt", text, context) == set()

"""Review policies: what may be set, that versions only grow, and that every round names its own."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput, Broken, NotFound, Refused
from output_review.policies import in_force, of_rounds, set_policy, versions
from output_review.policy import (
    BOUNDS,
    DEFAULT,
    Downloader,
    Policy,
    Releaser,
    Thresholds,
    changed,
    from_json,
    to_json,
    unmade,
)  # fmt: skip
from output_review.tables import review_policies
from tests.output_review.kit import at_once

NUMBERS = st.fixed_dictionaries(
    {}, optional={name: st.integers(low, high) for name, (low, high, _) in BOUNDS.items()}
)
OTHERS = st.fixed_dictionaries(
    {},
    optional={
        "blind": st.booleans(),
        "release_by": st.sampled_from(list(Releaser)),
        "download_by": st.sampled_from(list(Downloader)),
        "statements": st.lists(st.text("abc de", min_size=1).filter(str.strip), max_size=3, unique_by=str.strip),
    },
)


@given(NUMBERS, OTHERS)
def test_whatever_may_be_set_is_stored_and_read_back_the_same(numbers, others):
    try:
        policy = changed(DEFAULT, numbers | others)
    except BadInput as refused:
        assert "bigger than all files" in str(refused)
        return
    assert from_json(to_json(policy)) == policy
    for name, value in numbers.items():
        assert getattr(policy, name, None) == value or getattr(policy.thresholds, name, None) == value


@given(st.sampled_from(sorted(BOUNDS)), st.one_of(st.integers(), st.text(), st.booleans(), st.none(), st.floats()))
def test_a_number_out_of_bounds_is_refused_in_words(name, value):
    low, high, what = BOUNDS[name]
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return
    with pytest.raises(BadInput, match=str(low)) as refused:
        changed(DEFAULT, {name: value})
    assert what[1:] in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reviewers": 0}, {"reviewers": 4}, {"blind": "yes"}, {"release_by": "anybody"}, {"download_by": ""},
        {"statements": "one"}, {"statements": [""]}, {"statements": ["a", "a"]}, {"statements": ["x" * 301]},
        {"statements": ["a\u202eb"]}, {"statements": [str(n) for n in range(11)]}, {"colour": "red"},
        {"thresholds": {}}, {"max_total_bytes": 10},
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused(wrong):
    with pytest.raises(BadInput):
        changed(DEFAULT, wrong)


def test_every_number_of_a_policy_has_its_bounds():
    numbers = {one.name for kind in (Policy, Thresholds) for one in fields(kind) if one.type in ("int", int)}
    assert numbers == set(BOUNDS)
    for name, (low, high, _) in BOUNDS.items():
        value = getattr(DEFAULT, name, None) or getattr(DEFAULT.thresholds, name, None)
        assert low <= value <= high


def test_the_default_is_two_blind_checkers_and_a_smallest_count_of_eleven():
    assert (DEFAULT.reviewers, DEFAULT.blind, DEFAULT.thresholds.min_count) == (2, True, 11)


def test_a_stored_policy_that_cannot_be_read_is_our_fault():
    for broken in ({"reviewers": 9}, {"thresholds": {"min_count": "few"}}, {"x": 1}, {"thresholds": 3}):
        with pytest.raises(Broken):
            from_json(broken)


def test_a_statement_that_was_not_made_is_named():
    policy = replace(DEFAULT, statements=("a", "b"))
    assert unmade(policy, ("a",)) == "b" and unmade(policy, ("b", "a", "c")) is None and unmade(DEFAULT, ()) is None


# In the database
def put(desk, given_, version=1, reason="because", project="tumour-ml"):
    with desk.database.write() as connection:
        return set_policy(connection, "adam", project, given_, reason, version, now())


def test_versions_only_grow_and_each_says_who_when_and_why(desks):
    made = put(desks, {"reviewers": 3, "min_count": 20})
    assert (made.version, made.policy.reviewers, made.policy.thresholds.min_count) == (2, 3, 20)
    put(desks, {"reviewers": 2}, version=2)
    with desks.database.read() as connection:
        found = versions(connection, "tumour-ml")
        assert [(one.version, one.policy.reviewers, one.set_by) for one in found] == [
            (3, 2, "adam"), (2, 3, "adam"), (1, 2, ""),
        ]  # fmt: skip
        assert found[0].policy.thresholds.min_count == 20  # what is not named stays
        assert in_force(connection, "diabetes-care").version == 1
        assert of_rounds(connection, [("tumour-ml", 2), ("tumour-ml", 1)])["tumour-ml", 2].reviewers == 3
        event = audit.events(connection, "project:tumour-ml", 1)[0]
        assert event.event == "policy.set" and event.details["changed"] == {"reviewers": [3, 2]}


def test_a_version_that_is_not_there_is_our_fault(desk):
    with desk.database.read() as connection, pytest.raises(LookupError):
        of_rounds(connection, [("tumour-ml", 5)])


@pytest.mark.parametrize(
    ("given_", "version", "reason", "project", "error"),
    [
        ({"reviewers": 3}, 2, "because", "tumour-ml", Refused),
        ({"reviewers": 2}, 1, "because", "tumour-ml", BadInput),
        ({}, 1, "because", "tumour-ml", BadInput),
        ({"reviewers": 3}, 1, " ", "tumour-ml", BadInput),
        ({"reviewers": 3}, 1, "x" * 501, "tumour-ml", BadInput),
        ({"reviewers": 3}, 1, "because", "no-such", NotFound),
    ],
)
def test_a_refused_version_leaves_nothing(desks, given_, version, reason, project, error):
    with pytest.raises(error):
        put(desks, given_, version, reason, project)
    with desks.database.read() as connection:
        assert connection.execute(select(review_policies)).all() == []


def test_of_two_admins_at_once_one_wins_and_the_other_is_told(desks):
    outcomes = at_once(lambda: put(desks, {"reviewers": 3}), lambda: put(desks, {"reviewers": 1}))
    lost = [one for one in outcomes if isinstance(one, Refused)]
    assert len(lost) == 1 and "changed while you were looking" in str(lost[0])
    with desks.database.read() as connection:
        assert in_force(connection, "tumour-ml").version == 2


def test_a_version_is_never_written_twice(desks):
    put(desks, {"reviewers": 3})
    row = {"project": "tumour-ml", "version": 2, "policy": {}, "set_by": "x", "reason": "x", "time": now()}
    with pytest.raises(Exception, match=r"(?i)unique"), desks.database.write() as connection:
        connection.execute(insert(review_policies).values(**row))

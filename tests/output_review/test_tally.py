"""Counting: what a round comes to, for every way in which up to three checkers can vote on two files."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output_review.policy import Policy
from output_review.tally import agreed, approved_files, counting, free_places, lacking, outcome, settled
from output_review.vocabulary import Action, FileVerdict, Status
from tests.output_review.test_lifecycle import FILES, NO, NOON, YES, a_request, a_vote

NAMES = ("carol", "chen", "cleo")
BALLOTS = [(YES, YES), (YES, NO), (NO, YES), (NO, NO)]


def come_to(ballots, reviewers):
    """The rule told again: everybody needed has voted, all say the same of each file, and something may leave."""
    if len(ballots) < reviewers:
        return None
    alike = all(len(set(column)) == 1 for column in zip(*ballots, strict=True))
    return Action.APPROVE if alike and YES in ballots[0] else Action.REVEAL


@pytest.mark.parametrize("reviewers", [1, 2, 3])
def test_a_round_comes_to_what_its_votes_say(reviewers):
    for size in range(4):
        for ballots in itertools.product(BALLOTS, repeat=size):
            votes = [a_vote(name, *ballot) for name, ballot in zip(NAMES, ballots, strict=False)]
            request = a_request(Status.IN_REVIEW, votes=votes, policy=Policy(reviewers=reviewers))
            assert settled(request) is come_to(ballots, reviewers)
            assert lacking(request) == max(0, reviewers - size)
            for number, file in enumerate(FILES):
                column = {ballot[number] for ballot in ballots}
                said = column.pop() if size >= reviewers and len(column) == 1 else None
                assert agreed(request, file.sha256) is said


@pytest.mark.parametrize(
    "other",
    [
        a_vote("chen", counts=False),
        a_vote("chen", round_=2),
        a_vote("chen", policy_version=2),
        a_vote("system:checks"),
        a_vote("carol"),
    ],
    ids=[
        "may not judge any more",
        "of another round",
        "under another policy",
        "an automatic check",
        "the same person",
    ],
)
def test_what_is_no_second_pair_of_eyes_counts_for_nothing(other):
    request = a_request(Status.IN_REVIEW, votes=[a_vote("carol"), other])
    assert list(counting(request)) == ["carol"] and lacking(request) == 1
    assert settled(request) is None and approved_files(request) == ()


def test_bytes_that_a_checker_has_not_seen_are_not_agreed_on():
    half = a_vote("chen", YES)
    request = a_request(Status.IN_REVIEW, votes=[a_vote("carol"), half])
    assert agreed(request, FILES[0].sha256) is YES and agreed(request, FILES[1].sha256) is None
    assert settled(request) is Action.REVEAL


@given(st.lists(st.sampled_from(BALLOTS), max_size=3), st.integers(1, 3))
def test_no_file_is_approved_against_a_vote_that_counts(ballots, reviewers):
    votes = [a_vote(name, *ballot) for name, ballot in zip(NAMES, ballots, strict=False)]
    request = a_request(Status.APPROVED, votes=votes, policy=Policy(reviewers=reviewers))
    for file in approved_files(request):
        said = [vote.words[file.sha256].verdict for vote in votes]
        assert set(said) == {YES} and len(said) >= reviewers


def test_a_returned_file_is_shown_as_kept_inside_by_one_word_against_it():
    votes = [a_vote("carol", YES, NO)]
    request = a_request(Status.RETURNED, votes=votes)
    assert [outcome(request, file.sha256) for file in FILES] == [None, FileVerdict.REJECTED]
    assert {outcome(replace(request, status=Status.REJECTED), file.sha256) for file in FILES} == {NO}


def test_places_are_taken_by_votes_and_live_claims_once_each():
    assert free_places(a_request(), NOON) == 2
    assert free_places(a_request(votes=[a_vote("carol")], claims=["carol"]), NOON) == 1
    assert free_places(a_request(votes=[a_vote("carol")], claims=["chen"]), NOON) == 0
    assert free_places(a_request(votes=[a_vote("carol")], claims=["chen"]), NOON, besides=["chen"]) == 1

"""The whole table: every status × action × who acts × time, against a second, independent telling of the rules."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from output_review.lifecycle import (
    BY_AUTHOR,
    BY_REVIEWER,
    BY_SYSTEM,
    TABLE,
    Because,
    flaw,
    objection,
    releasable,
    state_in_words,
)
from output_review.sight import Sight, sight
from output_review.vocabulary import (
    SYSTEM,
    Action,
    Actor,
    File,
    FileDecision,
    FileVerdict,
    Request,
    Status,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
YES, NO = FileVerdict.APPROVED, FileVerdict.REJECTED


def a_request(status=Status.SUBMITTED, author="alice", files=(), release_at=None):
    if status in (Status.APPROVED, Status.RELEASED) and release_at is None:
        release_at = NOON
    return Request(
        7, "tumour-ml", author, status, 1, 3, "what", "how", "none", "", "", NOON, NOON, release_at, tuple(files)
    )  # fmt: skip


def a_file(number, verdict=None):
    return File(number, f"table-{number}.csv", 10, f"{number:064x}", verdict)


# The rules told again, by hand and by status, so that a slip in the table of the code shows.
EXPECTED = {
    Status.SUBMITTED: {Action.RETURN, Action.APPROVE, Action.REJECT, Action.WITHDRAW},
    Status.RETURNED: {Action.WITHDRAW},
    Status.APPROVED: {Action.TAKE_BACK, Action.WITHDRAW, Action.RELEASE, Action.HOLD},
    Status.REJECTED: set(),
    Status.WITHDRAWN: set(),
    Status.RELEASED: set(),
}
EVERY_ACTOR = [
    Actor(name, checker, auditor, admin, member)
    for name in ("alice", "carol")
    for checker, auditor, admin, member in itertools.product([False, True], repeat=4)
] + [SYSTEM]


def may(actor, action, status, grace_over):
    """Who may do what, told without the code's own tables."""
    if action not in EXPECTED[status]:
        return False
    if action in (Action.RELEASE, Action.HOLD):
        return actor is SYSTEM and grace_over
    if actor is SYSTEM:
        return False
    if action is Action.WITHDRAW:
        return actor.name == "alice"
    may_review = actor.checker and not actor.admin and not actor.member and actor.name != "alice"
    return may_review and not (action is Action.TAKE_BACK and grace_over)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("action", list(Action))
def test_everybody_may_do_exactly_what_the_rules_say(status, action):
    for actor, minutes in itertools.product(EVERY_ACTOR, (-1, 0, 1)):
        reason = objection(actor, action, a_request(status), NOON + timedelta(minutes=minutes))
        allowed = may(actor, action, status, grace_over=minutes >= 0)
        assert (reason is None) == allowed, (actor, minutes, reason)
        assert reason is None or (reason.text.endswith(".") and len(reason.text) > 20)


def test_the_actions_are_shared_out_completely():
    assert set(Action) == BY_REVIEWER | BY_AUTHOR | BY_SYSTEM
    assert not BY_REVIEWER & BY_AUTHOR and not BY_SYSTEM & (BY_REVIEWER | BY_AUTHOR)
    assert {action for _status, action in TABLE} == set(Action)


def test_at_every_moment_exactly_one_of_taking_back_and_releasing_is_possible():
    carol = Actor("carol", checker=True)
    for seconds in (-3600, -1, 0, 1, 3600):
        moment = NOON + timedelta(seconds=seconds)
        possible = [
            objection(carol, Action.TAKE_BACK, a_request(Status.APPROVED), moment) is None,
            objection(SYSTEM, Action.RELEASE, a_request(Status.APPROVED), moment) is None,
        ]
        assert sum(possible) == 1


@pytest.mark.parametrize(
    ("actor", "because"),
    [
        (Actor("alice", checker=True), Because.OWN_REQUEST),
        (Actor("carol", checker=True, admin=True), Because.ADMIN),
        (Actor("carol", checker=True, member=True), Because.MEMBER),
        (Actor("carol", auditor=True), Because.NOT_A_CHECKER),
        (SYSTEM, Because.SYSTEM_ONLY),
    ],
)
def test_the_reason_names_the_rule(actor, because):
    assert objection(actor, Action.APPROVE, a_request(), NOON).code is because


def test_what_is_closed_stays_closed_and_says_so():
    carol = Actor("carol", checker=True)
    for status in (Status.REJECTED, Status.WITHDRAWN, Status.RELEASED):
        assert "any more" in objection(carol, Action.APPROVE, a_request(status), NOON).text
    assert "yet" in objection(carol, Action.TAKE_BACK, a_request(), NOON).text


# What a decision must hold
FILES = [a_file(1), a_file(2)]


@pytest.mark.parametrize(
    ("decisions", "comment", "because"),
    [
        ([], "fine", Because.UNDECIDED),
        ([FileDecision(1, YES)], "fine", Because.UNDECIDED),
        ([FileDecision(1, YES), FileDecision(2, NO)], "fine", Because.NO_REASON),
        ([FileDecision(1, YES), FileDecision(2, NO, "  ")], "fine", Because.NO_REASON),
        ([FileDecision(1, NO, "small"), FileDecision(2, NO, "small")], "fine", Because.NOTHING_APPROVED),
        ([FileDecision(1, YES), FileDecision(2, YES)], " \n", Because.NO_COMMENT),
        ([FileDecision(1, YES), FileDecision(3, YES)], "fine", Because.UNKNOWN_FILE),
    ],
)
def test_an_approval_that_lacks_something_is_refused(decisions, comment, because):
    assert flaw(Action.APPROVE, comment, decisions, FILES).code is because


def test_an_approval_of_no_files_is_not_trivially_complete():
    assert flaw(Action.APPROVE, "fine", [], []).code is Because.NOTHING_APPROVED


def test_a_complete_decision_has_no_flaw():
    both = [FileDecision(1, YES), FileDecision(2, NO, "cells below 10")]
    assert flaw(Action.APPROVE, "fine", both, FILES) is None
    for action in (Action.RETURN, Action.REJECT):
        assert flaw(action, "round the counts", [], FILES) is None
        assert flaw(action, "", both, FILES).code is Because.NO_COMMENT


@pytest.mark.parametrize("status", list(Status))
def test_only_approved_files_of_an_approved_request_can_be_released(status):
    request = a_request(status, files=[a_file(1, YES), a_file(2, NO), a_file(3)])
    names = [file.number for file in releasable(request)]
    assert names == ([1] if status is Status.APPROVED else [])


def test_every_status_says_in_words_how_it_stands_and_who_is_next():
    assert len({state_in_words(a_request(status)) for status in Status}) == len(Status)


def seen_by(actor, author):
    """What each sees, told again."""
    if actor.name == author or actor.member:
        return Sight.STATE
    if actor.checker or actor.auditor:
        return Sight.STATE if actor.admin else Sight.EVIDENCE
    return Sight.NOTHING


@pytest.mark.parametrize("actor", EVERY_ACTOR, ids=str)
def test_evidence_is_for_those_who_judge_or_audit_and_are_no_party(actor):
    assert sight(actor, a_request()) is seen_by(actor, "alice")

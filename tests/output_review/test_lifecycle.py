"""The whole table: every status × action × who acts × votes × claims × policy × time, against a second telling."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from output_review.completeness import flaw
from output_review.lifecycle import (
    NEW_ROUND,
    TABLE,
    WHO,
    Because,
    Who,
    objection,
    releasable,
    reviewer_objection,
)
from output_review.policy import Policy, Releaser
from output_review.sight import Sight, sight
from output_review.tally import settled
from output_review.vocabulary import (
    OPEN,
    SYSTEM,
    Action,
    Actor,
    Claim,
    File,
    FileDecision,
    FileVerdict,
    Request,
    Status,
    Vote,
    Word,
)
from output_review.words import in_words, state_in_words
from tests.output_review.retold import BECOMES, POSSIBLE, Case, may

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
YES, NO = FileVerdict.APPROVED, FileVerdict.REJECTED


def a_file(number):
    return File(number, f"table-{number}.csv", 10, f"{number:064x}")


FILES = (a_file(1), a_file(2))


def a_vote(reviewer, *verdicts, counts=True, round_=1, policy_version=1):
    words = {file.sha256: Word(verdict) for file, verdict in zip(FILES, verdicts or (YES, YES), strict=False)}
    return Vote(reviewer, round_, policy_version, "because", NOON, words, counts)


def a_request(status=Status.SUBMITTED, author="alice", votes=(), claims=(), policy=None, files=FILES):
    release_at = NOON if status in (Status.APPROVED, Status.RELEASED) else None
    held = tuple(Claim(name, NOON, NOON + timedelta(days=200)) for name in claims)
    return Request(
        7, "tumour-ml", author, status, 1, 3, "what", "how", "none", "", "", NOON, NOON, NOON, release_at,
        tuple(files), tuple(votes), held, policy or Policy(),
    )  # fmt: skip


EVERY_ACTOR = [
    Actor(name, checker, auditor, admin, member)
    for name in ("alice", "carol")
    for checker, auditor, admin, member in itertools.product([False, True], repeat=4)
] + [
    SYSTEM,
    Actor("carol", checker=True, operator="operator:root"),
    Actor("alice", member=True, operator="operator:root"),
]
VOTES = [(), ("carol",), ("chen",), ("chen", "cleo"), ("carol", "chen")]
CLAIMS = [(), ("carol",), ("chen",), ("chen", "cleo")]
POLICIES = [Policy(reviewers=n, release_by=who) for n in (1, 2, 3) for who in Releaser]
MOMENTS = [NOON - timedelta(minutes=1), NOON, NOON + timedelta(days=90)]


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("action", list(Action))
def test_everybody_may_do_exactly_what_the_rules_say(status, action):
    said = set()
    for voters, claimers, policy in itertools.product(VOTES, CLAIMS, POLICIES):
        request = a_request(status, votes=map(a_vote, voters), claims=claimers, policy=policy)
        for actor, moment in itertools.product(EVERY_ACTOR, MOMENTS):
            case = Case(
                status=status,
                system=actor.system,
                author=actor.name == "alice",
                member=actor.member,
                judge=actor.checker and not actor.admin and not actor.member and actor.name != "alice",
                name=actor.name,
                voted=frozenset(voters),
                claimed=frozenset(claimers),
                reviewers=policy.reviewers,
                by_checker=policy.release_by is Releaser.CHECKER,
                grace_over=moment >= NOON,
                expired=moment >= NOON + timedelta(days=90),
                operator=bool(actor.operator),
                settles=Action.APPROVE if len(voters) >= policy.reviewers else None,
            )
            reason = objection(actor, action, request, moment)
            assert (reason is None) == may(action, case), (case, reason)
            said.add(reason.text if reason else "Nothing is against it.")
    assert all(text.endswith(".") and len(text) > 20 for text in said)


def test_the_table_holds_what_is_possible_and_nothing_else():
    assert {status: {a for s, a in TABLE if s is status} for status in Status} == POSSIBLE
    for (status, action), becomes in TABLE.items():
        if action is Action.VOTE:
            assert becomes is (Status.REVIEWED if status is Status.REVIEWED else Status.IN_REVIEW)
        else:
            assert becomes is BECOMES.get(action, status)


def test_each_action_is_somebodys_and_every_status_can_be_reached_and_left_or_is_an_end():
    assert set(WHO) == set(Action) and set(WHO.values()) == set(Who)
    reached = {Status.SUBMITTED} | set(TABLE.values())
    assert reached == set(Status)
    ends = {status for status in Status if not POSSIBLE[status]}
    assert ends == {Status.REJECTED, Status.WITHDRAWN, Status.RECALLED, Status.EXPIRED}
    assert {TABLE[s, a] for s, a in TABLE if a in NEW_ROUND} == {Status.SUBMITTED, Status.RESUBMITTED}


def test_no_round_waits_for_anybody_but_its_people():
    """From every status that is no end, some person who may act, or the desk alone, can go on."""
    for status in Status:
        if POSSIBLE[status]:
            assert any(WHO[action] is not Who.PARTY for action in POSSIBLE[status])
    for status in OPEN:
        carol = Actor("carol", checker=True)
        taken = a_request(status, votes=[a_vote("chen")], claims=["cleo"])
        later = NOON + timedelta(days=201)  # claims lapse
        assert objection(carol, Action.VOTE, taken, later) is None


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
        (SYSTEM, Because.NOT_A_CHECKER),
    ],
)
def test_the_reason_names_the_rule(actor, because):
    assert reviewer_objection(actor, a_request()).code is because
    expected = Because.SYSTEM_ONLY if actor.system else because
    assert objection(actor, Action.VOTE, a_request(), NOON).code is expected


def test_what_is_closed_stays_closed_and_says_so():
    carol = Actor("carol", checker=True)
    for status in (Status.REJECTED, Status.WITHDRAWN, Status.RELEASED, Status.RECALLED, Status.EXPIRED):
        assert "any more" in objection(carol, Action.VOTE, a_request(status), NOON).text
    assert "yet" in objection(carol, Action.TAKE_BACK, a_request(), NOON).text


def test_who_has_taken_the_places_is_named():
    carol = Actor("carol", checker=True)
    one = a_request(claims=["chen"], policy=Policy(reviewers=1))
    assert objection(carol, Action.VOTE, one, NOON).text.startswith("chen handles")
    two = a_request(votes=[a_vote("chen")], claims=["cleo"])
    assert objection(carol, Action.CLAIM, two, NOON).text.startswith("chen and cleo handle")


# What a vote must hold
@pytest.mark.parametrize(
    ("decisions", "comment", "because"),
    [
        ([], "fine", Because.UNDECIDED),
        ([FileDecision(1, YES)], "fine", Because.UNDECIDED),
        ([FileDecision(1, YES), FileDecision(2, NO)], "fine", Because.NO_REASON),
        ([FileDecision(1, YES), FileDecision(2, NO, "  ")], "fine", Because.NO_REASON),
        ([FileDecision(1, YES), FileDecision(2, YES)], " \n", Because.NO_COMMENT),
        ([FileDecision(1, YES), FileDecision(3, YES)], "fine", Because.UNKNOWN_FILE),
    ],
)
def test_a_vote_that_lacks_something_is_refused(decisions, comment, because):
    assert flaw(Action.VOTE, comment, decisions, FILES, {}).code is because


def test_a_complete_vote_has_no_flaw():
    both = [FileDecision(1, YES), FileDecision(2, NO, "cells below 10")]
    assert flaw(Action.VOTE, "fine", both, FILES, {}) is None
    for action in (Action.RETURN, Action.REJECT, Action.RECALL):
        assert flaw(action, "round the counts", [], FILES, {}) is None
        assert flaw(action, "", both, FILES, {}).code is Because.NO_COMMENT


def test_who_lets_out_what_breaks_a_rule_says_why():
    broken = {1: ("minimum-count",)}
    for blank in ("", " \n"):
        found = flaw(Action.VOTE, "fine", [FileDecision(1, YES, blank), FileDecision(2, YES)], FILES, broken)
        assert found.code is Because.AGAINST_FINDING and "minimum-count" in found.text
    assert flaw(Action.VOTE, "fine", [FileDecision(1, YES, "rounded"), FileDecision(2, YES)], FILES, broken) is None
    assert flaw(Action.VOTE, "fine", [FileDecision(1, NO, "small"), FileDecision(2, YES)], FILES, broken) is None
    assert flaw(Action.VOTE, "fine", [FileDecision(1, YES), FileDecision(2, YES)], FILES, {1: ()}) is None
    assert flaw(Action.RETURN, "round the counts", [FileDecision(1, YES)], FILES, broken) is None


@pytest.mark.parametrize("status", list(Status))
def test_only_approved_files_of_an_approved_request_can_be_released(status):
    request = a_request(status, votes=[a_vote("carol", YES, NO), a_vote("chen", YES, NO)])
    names = [file.number for file in releasable(request)]
    assert names == ([1] if status is Status.APPROVED else [])


def test_an_approval_of_no_files_is_not_trivially_complete():
    nothing = a_request(Status.IN_REVIEW, votes=[a_vote("carol"), a_vote("chen")], files=())
    assert settled(nothing) is Action.REVEAL
    assert releasable(a_request(Status.APPROVED)) == ()


def test_every_status_says_in_words_how_it_stands_and_who_is_next():
    assert len({state_in_words(a_request(status))[0] for status in Status}) == len(Status)
    for status, policy in itertools.product(Status, POLICIES):
        assert all(said.endswith(".") for said in (state_in_words(a_request(status, policy=policy))[1],))
        assert all(sentence.endswith(".") for sentence in in_words(policy))


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

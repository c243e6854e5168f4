"""Two pairs of eyes, deceived: by who votes, by how often, by when, by what they had looked at."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from enclave.clock import now
from enclave.errors import Refused
from output_review import store, voting
from output_review.reading import get_request
from output_review.release import release_one
from output_review.steps import step
from output_review.tables import requests, reviews, votes
from output_review.vocabulary import Action, FileVerdict, Status
from tests.attacks.claims import By, Stops, attack
from tests.attacks.review import (
    AGAINST,
    AGAINST_FINDINGS,
    BLOCKING,
    FREE_PLACES,
    GRACE,
    HOW_MANY_AGREE,
    HOW_MANY_VOTE,
    WHAT_WAS_SEEN,
    WHICH_ROUND_COUNTS,
    WHICH_ROUND_IS_READ,
    WHO_COUNTS,
    WHO_JUDGES,
    is_approved,
    off,
    own_request,
    passes_with,
    review,
)
from tests.output_review.kit import acting, approved, policed, reread, resubmitted, returned, submitted, voted
from tests.output_review.reported import a_finding, reported

__all__ = ["review"]
LIFECYCLE, READING, TALLY = "output_review/lifecycle.py", "output_review/reading.py", "output_review/tally.py"
STEPS = "output_review/steps.py"
ABLE = "return {one.name for one in candidates if one.has(Role.OUTPUT_CHECKER) and not one.has(Role.ADMIN)}"
OUTSIDE = "return able - set(members_of(connection, project)) if able else able"
RUNNING = 'return None if over else Reason(Because.GRACE_RUNNING, "The approval can still be taken back.")'
AGREED = "if len(words) < request.policy.reviewers or len(set(words)) != 1 or len(words) != len(votes):"
# One of the two rules is away: the other holds alone.
JUDGES = pytest.mark.parametrize("away", [WHO_JUDGES, WHO_COUNTS], ids=["the count alone", "the rule alone"])


@attack(
    "self-review",
    by=By.PERSON,
    stops=Stops(LIFECYCLE, "if actor.name == request.author:", "if False:"),
    more=(
        Stops(
            READING,
            "judges = set(around.judges.get(row.project, ())) - {row.author}",
            "judges = set(around.judges.get(row.project, ()))",
        ),
    ),
)
@JUDGES
def test_nobody_is_one_of_the_two_who_check_their_own_request(review, control, away):
    """Carol was a member when she asked for it, and has left the project since."""
    with control("where nobody asks whose it is, it is approved"), off(WHO_JUDGES, WHO_COUNTS):
        assert passes_with(review, "carol", own_request(review, "carol"))
    with off(away):
        assert not passes_with(review, "carol", own_request(review, "carol"))


@attack(
    "review-by-an-admin",
    by=By.PERSON,
    stops=Stops(LIFECYCLE, "if actor.admin:", "if False:"),
    more=(Stops(READING, ABLE, "return {one.name for one in candidates if one.has(Role.OUTPUT_CHECKER)}"),),
)
@JUDGES
def test_an_admin_is_no_checker_whatever_else_they_are(review, control, away):
    """Who gives out roles would give them to themselves."""
    with control("where nobody asks who they are, it is approved"), off(WHO_JUDGES, WHO_COUNTS):
        assert passes_with(review, "boss")
    with off(away):
        assert not passes_with(review, "boss")


@attack(
    "review-of-ones-own-project",
    by=By.PERSON,
    stops=Stops(LIFECYCLE, "if actor.member:", "if False:"),
    more=(Stops(READING, OUTSIDE, "return able"),),
)
@JUDGES
def test_nobody_checks_what_their_own_project_sends_out(review, control, away):
    with control("where nobody asks whose project it is, it is approved"), off(WHO_JUDGES, WHO_COUNTS):
        assert passes_with(review, "insider")
    with off(away):
        assert not passes_with(review, "insider")


@attack(
    "review-by-no-checker",
    by=By.PERSON,
    stops=Stops(LIFECYCLE, "if not actor.checker:", "if False:"),
    more=(Stops(READING, ABLE, "return {one.name for one in candidates if not one.has(Role.ADMIN)}"),),
)
@JUDGES
def test_who_was_never_made_a_checker_is_none(review, control, away):
    with control("where nobody asks who they are, it is approved"), off(WHO_JUDGES, WHO_COUNTS):
        assert passes_with(review, "erin")
    with off(away):
        assert not passes_with(review, "erin")


@attack("vote-of-an-automatic-check", by=By.PERSON, stops=Stops(TALLY, 'and ":" not in vote.reviewer', ""))
def test_a_check_is_no_second_pair_of_eyes(review, control):
    """Written into the table by whoever records what checks find; its name counts as able."""

    def passes() -> bool:
        request = submitted(review)
        key = {"request_id": request.id, "round": 1, "reviewer": "check:dominance", "number": 1}
        row = key | {"policy_version": request.policy_version, "comment": "", "counted": False, "time": now()}
        word = key | {"sha256": request.files[0].sha256, "verdict": FileVerdict.APPROVED, "reason": ""}
        with review.database.write() as connection:
            connection.execute(insert(reviews).values(**row))
            connection.execute(insert(votes).values(**word))
        voted(review, request, "carol")
        return is_approved(review, request)

    with control("where every name counts, one person is enough"), off(WHO_COUNTS, WHICH_ROUND_COUNTS):
        assert passes()
    with off(WHO_COUNTS):
        assert not passes()


@attack(
    "vote-of-an-earlier-round",
    by=By.PERSON,
    stops=Stops(TALLY, "and vote.round == request.round"),
    more=(
        Stops(READING, "if vote.request_id == row.id and vote.round == row.round", "if vote.request_id == row.id"),
    ),
)
@pytest.mark.parametrize("away", [WHICH_ROUND_IS_READ, WHICH_ROUND_COUNTS], ids=["the count", "the reading"])
def test_what_was_said_of_an_earlier_round_counts_for_nothing(review, control, away):
    """The same bytes, described in another way: who approved them had read something else."""

    def passes() -> bool:
        request = voted(review, submitted(review), "carol")
        returned(review, request, by="chen")
        again = resubmitted(review, reread(review, request), {"table.csv": b"group,n\nbenign,357\nmalignant,212\n"})
        voted(review, again, "chen")
        return is_approved(review, again)

    with (
        control("where old words count, one of this round is enough"),
        off(WHICH_ROUND_IS_READ, WHICH_ROUND_COUNTS),
    ):
        assert passes()
    with off(away):
        assert not passes()


@attack(
    "vote-on-bytes-that-nobody-looked-at",
    by=By.PERSON,
    stops=Stops(
        STEPS, "if version not in (None, request.version) or round_ not in (None, request.round):", "if False:"
    ),
)
def test_a_form_that_was_opened_before_the_files_changed_decides_nothing(review, control):
    """Carol and chen press the button on a page of before; the author has resubmitted meanwhile."""

    def passes() -> bool:
        seen = submitted(review)
        returned(review, seen, by="cleo")
        again = resubmitted(review, reread(review, seen), {"table.csv": b"name,born\nErika,1970-01-01\n"})
        passes_with(review, "carol", seen)
        return is_approved(review, again)

    with control("where nobody asks what they had looked at, the other bytes are approved"), off(WHAT_WAS_SEEN):
        assert passes()
    assert not passes()


@attack(
    "decision-against-a-decision",
    by=By.PERSON,
    stops=Stops(
        STEPS,
        ".where(requests.c.id == request.id, requests.c.version == request.version)",
        ".where(requests.c.id == request.id)",
    ),
)
def test_of_two_decisions_at_once_one_is_told_that_it_came_too_late(review, control):
    """The author withdraws; a checker's deed that began before must not bring the request back."""

    seen = submitted(review)
    with review.database.write() as connection:
        store.withdraw(connection, acting(connection, "alice", "tumour-ml"), seen.id, None, now())
        with control("a change that names no version brings it back"):
            back = update(requests).where(requests.c.id == seen.id)
            assert connection.execute(back.values(status=Status.IN_REVIEW)).rowcount == 1
            assert get_request(connection, seen.id).status is Status.IN_REVIEW
        connection.execute(back.values(status=Status.WITHDRAWN))
        with pytest.raises(Refused, match="changed while you were looking"):
            step(connection, acting(connection, "carol", "tumour-ml"), Action.VOTE, seen, now(), {})
    assert reread(review, seen).status is Status.WITHDRAWN


@attack(
    "approval-by-too-few",
    by=By.PERSON,
    stops=Stops(TALLY, "return max(0, request.policy.reviewers - len(counting(request)))", "return 0"),
    more=(Stops(TALLY, AGREED, "if not words:"),),
)
@pytest.mark.parametrize("away", [HOW_MANY_VOTE, HOW_MANY_AGREE], ids=["agreement", "number"])
def test_one_checker_is_not_enough_where_two_are_required(review, control, away):
    def passes() -> bool:
        request = submitted(review)
        voted(review, request, "carol")
        return is_approved(review, request)

    with control("where nobody counts, one word is enough"), off(HOW_MANY_VOTE, HOW_MANY_AGREE):
        assert passes()
    with off(away):
        assert not passes()


@attack(
    "approval-against-a-vote", by=By.PERSON, stops=Stops(TALLY, AGREED, "if len(words) < request.policy.reviewers:")
)
def test_one_word_against_a_file_keeps_it_inside(review, control):
    def passes() -> bool:
        request = submitted(review)
        voted(review, request, "carol")
        voted(review, request, "chen", rejected=(1,))
        return is_approved(review, request)

    with control("where one word is enough, it is approved against the other"), off(HOW_MANY_AGREE):
        assert passes()
    assert not passes()


@attack("approval-against-a-finding", by=By.PERSON, stops=AGAINST, more=(BLOCKING,))
def test_what_breaks_a_rule_leaves_only_with_a_reason(review, control):
    """Two who press the button without having read what the checks found."""

    def passes() -> bool:
        request = submitted(review)
        reported(review, request, a_finding())
        return passes_with(review, "carol", request)

    with control("where nobody asks for a reason, it is approved without one"), off(AGAINST_FINDINGS):
        assert passes()
    assert not passes()


@attack(
    "third-word-on-a-request-that-is-taken",
    by=By.PERSON,
    stops=Stops(LIFECYCLE, "if free_places(request, now, besides=(actor.name,)):", "if True:"),
)
def test_who_was_not_to_check_it_does_not_come_first(review, control):
    """Else an author's friend among the checkers would be faster than those who took it on."""

    def comes_first() -> bool:
        request = submitted(review)
        with review.database.write() as connection:
            for name in ("carol", "chen"):
                voting.claim(connection, acting(connection, name, "tumour-ml"), request.id, now())
        try:
            return bool(voted(review, request, "cleo").votes)
        except Refused:
            return False

    with control("where nobody asks who took it, a third word is heard"), off(FREE_PLACES):
        assert comes_first()
    assert not comes_first()


@attack("release-before-anybody-can-take-it-back", by=By.PERSON, stops=Stops(LIFECYCLE, RUNNING, "return None"))
async def test_nobody_releases_within_the_time_to_think_again(review, control):
    policed(review, release_by="checker")

    async def leaves() -> bool:
        request = approved(review, submitted(review), grace=timedelta(hours=1))
        try:
            await release_one(review, request.id, "carol", request.version)
        except Refused:
            return False
        return reread(review, request).status is Status.RELEASED

    with control("where nobody looks at the clock, it is released at once"), off(GRACE):
        assert await leaves()
    assert not await leaves()

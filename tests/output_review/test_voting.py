"""What checkers do, on both databases: claims, blind votes, consolidation, returns, recalls, comments."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select

from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput, Broken, Forbidden, Refused
from output_review import records, voting
from output_review.queries import due, released_file, released_of, releases_of
from output_review.reading import able_checkers, comments_of
from output_review.steps import Stale
from output_review.tables import reviews, votes
from output_review.vocabulary import SYSTEM, Audience, FileDecision, FileVerdict, Status
from tests.data_mounts.builders import add
from tests.output_review.kit import (
    NOTES,
    TABLE,
    acting,
    approved,
    events_of,
    judged_all,
    policed,
    rejected,
    reread,
    resubmitted,
    returned,
    submitted,
    voted,
)

MINUTE = timedelta(minutes=1)
TWO = {"table.csv": TABLE, "notes.txt": NOTES}


def doing(desk, request, by, step, *given):
    """One step of a checker's in a transaction of its own."""
    with desk.database.write() as connection:
        return step(connection, acting(connection, by, request.project), request.id, *given, now())


def test_the_whole_way_is_recorded_step_by_step(desks):
    request = submitted(desks, TWO)
    once = voted(desks, request, rejected=(2,))
    assert (once.status, once.release_at) == (Status.IN_REVIEW, None)
    agreed = voted(desks, once, "chen", rejected=(2,))
    assert (agreed.status, agreed.version, agreed.reviewer) == (Status.APPROVED, 4, "chen")
    with desks.database.write() as connection:
        assert due(connection, now()) == [request.id]
        released = records.release(connection, SYSTEM, request.id, agreed.version, now())
    assert released.status is Status.RELEASED
    assert [(file.name, file.released) for file in released.files] == [("table.csv", True), ("notes.txt", False)]
    assert events_of(desks.database, request.id) == [
        "request.submitted", "request.voted", "request.voted", "request.approved", "request.released",
    ]  # fmt: skip
    with desks.database.read() as connection:
        assert released_file(connection, request.id, 1).approved_by == "carol, chen"
        assert released_file(connection, request.id, 2) is None
        assert [one.name for one in releases_of(connection, "tumour-ml")] == ["table.csv"]
        audit.verify(connection)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("alice", "your own request"),
        ("bob", "Only an output checker"),
        ("insider", "member of tumour-ml"),
        ("adam", "admin"),
        ("boss", "admin"),
        ("audrey", "Only an output checker"),
    ],
)
def test_nobody_but_an_outside_checker_decides(desks, who, words):
    request = submitted(desks)
    for step in (voted, returned):
        with pytest.raises(Forbidden, match=words):
            step(desks, request, by=who)
    with pytest.raises(Forbidden, match=words):
        doing(desks, request, who, voting.claim)
    assert reread(desks, request) == request and events_of(desks.database, request.id) == ["request.submitted"]


def test_a_checker_does_not_review_their_own_request_even_as_no_member_any_more(desks):
    request = submitted(desks, author="carol")
    with pytest.raises(Forbidden, match="your own request"):
        voted(desks, request, by="carol")


def test_one_person_is_not_two_pairs_of_eyes(desks):
    request = voted(desks, voted(desks, submitted(desks)), comment="I insist")
    assert request.status is Status.IN_REVIEW and [vote.comment for vote in request.votes] == ["I insist"]
    with desks.database.read() as connection:
        assert connection.execute(select(reviews.c.comment).order_by(reviews.c.number)).scalars().all() == [
            "no small cells", "I insist",
        ]  # fmt: skip


def test_an_automatic_check_never_counts_as_a_person(desks):
    request = voted(desks, submitted(desks))
    with desks.database.write() as connection:
        with pytest.raises(Forbidden):
            voting.vote(connection, SYSTEM, request.id, 1, "clean", judged_all(request), MINUTE, now())
        row = {"request_id": request.id, "round": 1, "reviewer": "system:checks", "number": 1}
        connection.execute(insert(reviews).values(**row, policy_version=1, comment="", counted=True, time=now()))
        word = {"sha256": request.files[0].sha256, "verdict": "approved", "reason": ""}
        connection.execute(insert(votes).values(**row, **word))
    once = voted(desks, reread(desks, request))
    assert once.status is Status.IN_REVIEW


# Claims
def test_a_claim_keeps_a_place_until_it_is_given_back_or_lapses(desks):
    policed(desks, claim_hours=1)
    request = submitted(desks)
    doing(desks, request, "carol", voting.claim)
    held = doing(desks, request, "chen", voting.claim)
    assert [claim.person for claim in held.claims] == ["carol", "chen"] and held.version == request.version
    with pytest.raises(Refused, match="carol and chen handle this request already"):
        voted(desks, request, "cleo")
    with pytest.raises(Refused, match="handling this request already"):
        doing(desks, request, "chen", voting.claim)
    doing(desks, request, "chen", voting.unclaim)
    with pytest.raises(Refused, match="not claimed"):
        doing(desks, request, "chen", voting.unclaim)
    assert voted(desks, request, "cleo").status is Status.IN_REVIEW
    with pytest.raises(Refused, match="carol and cleo handle"):
        voted(desks, request, "chen")
    assert voted(desks, request, "chen", at=now() + timedelta(hours=2)).status is Status.APPROVED
    assert reread(desks, request).claims == ()


# Consolidation
def test_votes_that_differ_open_to_each_other_and_a_changed_vote_settles_it(desks):
    request = voted(desks, voted(desks, submitted(desks, TWO)), "chen", rejected=(2,))
    assert request.status is Status.REVIEWED and len(request.votes) == 2
    with pytest.raises(Refused, match="handle this request already"):
        voted(desks, request, "cleo")
    assert voted(desks, request, "carol", rejected=(1,)).status is Status.REVIEWED
    agreed = voted(desks, request, "carol", rejected=(2,), grace=MINUTE)
    assert agreed.status is Status.APPROVED
    with desks.database.read() as connection:
        events = {event.event: event for event in audit.events(connection, f"request:{request.id}", 50)}
    told_at_last = events["request.approved"].details["votes"]
    assert {one["reviewer"] for one in told_at_last} == {"carol", "chen"}
    assert "comment" not in events["request.submitted"].details


def test_when_nothing_may_leave_the_checkers_return_or_close_it(desks):
    reviewed = approved(desks, submitted(desks, TWO), rejected=(1, 2))
    assert reviewed.status is Status.REVIEWED
    closed = doing(desks, reviewed, "carol", voting.reject, reviewed.version, "raw rows", [])
    assert closed.status is Status.REJECTED
    assert {word.verdict for vote in closed.votes for word in vote.words.values()} == {FileVerdict.REJECTED}


def test_one_checker_alone_does_not_close_a_request_that_two_have_to_judge(desks):
    request = submitted(desks)
    with pytest.raises(Refused, match="takes the votes of 2 checkers"):
        doing(desks, request, "carol", voting.reject, request.version, "no", [])
    policed(desks, reviewers=1)
    alone = submitted(desks, {"b.csv": b"b"})
    assert doing(desks, alone, "carol", voting.reject, alone.version, "no", []).status is Status.REJECTED


def test_a_consolidation_that_leads_nowhere_is_ended_by_any_checker(desks):
    request = voted(desks, voted(desks, submitted(desks, TWO)), "chen", rejected=(2,))
    back = returned(desks, request, by="cleo", comment="you two differ")
    assert (back.status, back.reviewer) == (Status.RETURNED, "cleo")


def test_a_vote_of_somebody_who_may_not_judge_any_more_counts_for_nothing(desks):
    request = voted(desks, submitted(desks))
    with desks.database.write() as connection:
        add(connection, "tumour-ml", "carol")
    assert [vote.counts for vote in reread(desks, request).votes] == [False]
    once = voted(desks, request, "chen")
    assert once.status is Status.IN_REVIEW
    assert voted(desks, once, "cleo").status is Status.APPROVED
    # Who counted at the approval is kept: what happens to people afterwards changes nothing.
    with desks.database.write() as connection:
        add(connection, "tumour-ml", "chen")
    assert [vote.reviewer for vote in reread(desks, request).votes if vote.counts] == ["chen", "cleo"]


def test_three_checkers_are_three(desks):
    policed(desks, reviewers=3)
    request = voted(desks, voted(desks, submitted(desks)), "chen")
    assert request.status is Status.IN_REVIEW
    assert voted(desks, request, "cleo").status is Status.APPROVED


def test_who_could_judge_is_known_without_author_members_and_admins(desks):
    with desks.database.read() as connection:
        assert able_checkers(connection, submitted(desks)) == ["carol", "chen", "cleo"]


# Take back, hold, release by hand, recall
def test_an_approval_taken_back_counts_for_nothing(desks):
    agreed = approved(desks, submitted(desks, TWO), grace=MINUTE)
    back = doing(desks, agreed, "cleo", voting.take_back, agreed.version)
    assert (back.status, back.round, back.comment, back.reviewer) == (Status.SUBMITTED, 2, "", "")
    assert back.votes == () and back.release_at is None
    assert [file.sha256 for file in back.files] == [file.sha256 for file in agreed.files]
    assert voted(desks, back).status is Status.IN_REVIEW


def test_nobody_takes_an_approval_back_after_the_grace_period(desks):
    agreed = approved(desks, submitted(desks))
    with pytest.raises(Refused, match="is over"):
        doing(desks, agreed, "carol", voting.take_back, agreed.version)


def test_the_desk_does_not_release_within_the_grace_period(desks):
    agreed = approved(desks, submitted(desks), grace=MINUTE)
    with desks.database.write() as connection, pytest.raises(Refused, match="taken back"):
        records.release(connection, SYSTEM, agreed.id, agreed.version, now())


def test_a_release_without_a_vote_is_our_fault_and_does_not_happen(desks):
    agreed = approved(desks, submitted(desks))
    with desks.database.write() as connection:
        connection.execute(delete(votes))
    with desks.database.write() as connection, pytest.raises(Broken, match="none of its files"):
        records.release(connection, SYSTEM, agreed.id, agreed.version, now())
    assert reread(desks, agreed).status is Status.APPROVED


def test_a_checker_releases_where_the_policy_says_so_and_the_desk_does_not(desks):
    policed(desks, release_by="checker")
    agreed = approved(desks, submitted(desks))
    with desks.database.write() as connection:
        assert due(connection, now()) == []
        with pytest.raises(Forbidden, match="has a checker release"):
            records.release(connection, SYSTEM, agreed.id, agreed.version, now())
        carol = acting(connection, "carol", "tumour-ml")
        assert records.release(connection, carol, agreed.id, agreed.version, now()).status is Status.RELEASED


def test_a_recall_needs_a_reason_and_names_who_had_downloaded(desks):
    agreed = approved(desks, submitted(desks))
    with desks.database.write() as connection:
        released = records.release(connection, SYSTEM, agreed.id, agreed.version, now())
        records.count_downloads(connection, "bob", released_of(connection, released.id), now())
    with pytest.raises(BadInput, match="Say why it is recalled"):
        doing(desks, released, "chen", records.recall, released.version, " ")
    gone = doing(desks, released, "chen", records.recall, released.version, "A cell of 3 people")
    assert gone.status is Status.RECALLED
    with desks.database.read() as connection:
        event = audit.events(connection, f"request:{released.id}", 1)[0]
    assert event.details["downloaded"] == [{"person": "bob", "name": "table.csv"}]


# What is missing, what is late
def test_an_incomplete_vote_changes_nothing(desks):
    request = submitted(desks, TWO)
    with desks.database.write() as connection, pytest.raises(BadInput, match=r"Decide about notes\.txt"):
        judged = [FileDecision(1, FileVerdict.APPROVED)]
        carol = acting(connection, "carol", "tumour-ml")
        voting.vote(connection, carol, request.id, 1, "fine", judged, MINUTE, now())
    assert reread(desks, request) == request


def test_what_somebody_else_did_meanwhile_is_said(desks):
    request = submitted(desks)
    returned(desks, request, by="chen")
    with pytest.raises(Stale, match="returned by chen"):
        voted(desks, request, by="carol")
    again = resubmitted(desks, reread(desks, request), {"table.csv": b"changed"})
    with pytest.raises(Stale, match="now resubmitted"):
        voted(desks, request, by="carol")  # a vote on the bytes of the first round
    assert reread(desks, request) == again


def test_what_was_said_in_the_round_comes_back_with_the_return(desks):
    request = voted(desks, submitted(desks, TWO), "carol", rejected=(1,))
    back = returned(desks, request, by="carol", rejected=(2,))
    words = {d: w.reason for vote in back.votes for d, w in vote.words.items()}
    assert words == {file.sha256: "cells below 10" for file in request.files}
    with pytest.raises(Refused):
        rejected(desks, back)


# Comments at a place
def test_a_comment_may_be_about_a_place_in_a_file(desks):
    request, place = submitted(desks, TWO), {"row": 2, "column": 2}
    with desks.database.write() as connection:
        given = (connection, acting(connection, "carol", "tumour-ml"), request.id, 1)
        voting.comment_on(*given, 1, Audience.EVERYBODY, "why 3?", now(), place)
        (comment,) = comments_of(connection, [request.id])[request.id]
        assert (comment.text, dict(comment.place)) == ("why 3?", place)
        with pytest.raises(BadInput, match="no file that it is in"):
            voting.comment_on(*given, None, Audience.EVERYBODY, "where?", now(), place)

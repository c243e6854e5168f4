"""What authors do, on both databases: submit, resubmit, withdraw; lists; and one winner when two act at once."""

from datetime import timedelta

import pytest

from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput, Forbidden, NotFound, Refused
from output_review import records, store, voting
from output_review.limits import LIMITS
from output_review.queries import counts, mine, of_projects, oldest_waiting, overdue, released_file
from output_review.reading import find_request
from output_review.steps import Stale
from output_review.vocabulary import SYSTEM, Actor, Status
from tests.output_review.kit import (
    NOTES,
    TABLE,
    acting,
    approved,
    at_once,
    events_of,
    leave,
    policed,
    reread,
    resubmitted,
    returned,
    submitted,
    voted,
)

MINUTE = timedelta(minutes=1)
TWO = {"table.csv": TABLE, "notes.txt": NOTES}


def test_the_author_withdraws_and_nobody_else(desks):
    request = submitted(desks)
    with desks.database.write() as connection:
        with pytest.raises(Forbidden, match="Only its author"):
            store.withdraw(connection, acting(connection, "bob", "tumour-ml"), request.id, None, now())
        gone = store.withdraw(connection, acting(connection, "alice", "tumour-ml"), request.id, None, now())
    assert gone.status is Status.WITHDRAWN
    with pytest.raises(Stale, match="now withdrawn"):
        voted(desks, request)


def test_too_many_waiting_requests_are_refused(desk):
    for number in range(LIMITS.max_waiting):
        submitted(desk, {"a.csv": f"{number}".encode()})
    with pytest.raises(Refused, match="wait for an output checker already"):
        submitted(desk)
    submitted(desk, author="bob")


def test_there_is_no_request_that_is_not_there(desks):
    with desks.database.write() as connection:
        assert find_request(connection, 99) is None
        with pytest.raises(NotFound):
            store.withdraw(connection, Actor("alice"), 99, None, now())


def test_lists_are_in_the_order_in_which_they_are_worked_on(desks):
    first, second, third = (submitted(desks, {"a.csv": bytes([65 + i])}) for i in range(3))
    other = submitted(desks, author="erin", project="diabetes-care")
    again = resubmitted(desks, returned(desks, first), {"a.csv": b"changed"})
    returned(desks, second)
    with desks.database.read() as connection:
        assert [one.id for one in mine(connection, "alice", "tumour-ml")] == [third.id, second.id, first.id]
        assert [one.id for one in of_projects(connection, ["diabetes-care"])] == [other.id]
        assert of_projects(connection, []) == []
        assert counts(connection)[Status.SUBMITTED] == 2 and counts(connection)[Status.RESUBMITTED] == 1
        assert oldest_waiting(connection) == third.created < again.waiting_since


# Resubmission
def test_unchanged_files_keep_digest_and_history_and_changed_ones_start_fresh(desks):
    first = submitted(desks, TWO)
    back = returned(desks, voted(desks, first), by="chen", rejected=(1,))
    again = resubmitted(desks, back, {"table.csv": b"group,n\nall,569\n", "notes.txt": NOTES}, what="Rounded now")
    assert (again.status, again.round, again.what) == (Status.RESUBMITTED, 2, "Rounded now")
    assert [file.seen_in for file in again.files] == [(), (1,)]
    assert again.files[1].sha256 == first.files[1].sha256 and store.changed_files(again) == again.files[:1]
    assert again.votes == () and again.comment == "" and again.waiting_since > first.waiting_since
    with desks.database.read() as connection:
        last = audit.events(connection, f"request:{first.id}", 1)[0]
        assert (last.details["changed"], last.details["left_out"]) == (["table.csv"], ["table.csv"])
        audit.verify(connection)


def test_the_same_checkers_vote_again_and_old_votes_never_count(desks):
    back = returned(desks, voted(desks, submitted(desks, TWO)), by="chen")
    again = resubmitted(desks, back, TWO)  # not one byte is different: still a new round
    once = voted(desks, again, "chen")
    assert once.status is Status.IN_REVIEW and len(once.votes) == 1
    assert voted(desks, once, "carol").status is Status.APPROVED


def test_a_file_can_be_left_out_and_another_added(desks):
    back = returned(desks, submitted(desks, TWO))
    again = resubmitted(desks, back, {"notes.txt": NOTES, "new.csv": b"new"})
    assert [(file.number, file.name) for file in again.files] == [(1, "notes.txt"), (2, "new.csv")]
    left = approved(desks, again)
    with desks.database.write() as connection:
        records.release(connection, SYSTEM, left.id, left.version, now())
        assert released_file(connection, left.id, 2).sha256 == again.files[1].sha256
        assert released_file(connection, left.id, 3) is None


def test_only_a_returned_request_is_resubmitted_by_its_author_who_is_still_a_member(desks):
    open_ = submitted(desks)
    with pytest.raises(Refused, match="cannot be resubmitted yet"):
        resubmitted(desks, open_, TWO)
    back = returned(desks, open_)
    with pytest.raises(Forbidden, match="Only its author"), desks.database.write() as connection:
        bob = acting(connection, "bob", "tumour-ml")
        store.resubmit(connection, bob, back.id, back.version, object(), now())
    leave(desks.database, "tumour-ml", "alice")
    with pytest.raises(Forbidden, match="not a member of tumour-ml any more"):
        resubmitted(desks, back, TWO)
    assert reread(desks, back) == back


def test_a_round_keeps_its_policy_and_the_next_begins_under_the_new_one(desks):
    first = submitted(desks)
    policed(desks, reviewers=1)
    assert voted(desks, first).status is Status.IN_REVIEW  # two are needed: the round began under version 1
    back = returned(desks, reread(desks, first), by="chen")
    again = resubmitted(desks, back, {"table.csv": b"changed"})
    assert (first.policy_version, again.policy_version, again.policy.reviewers) == (1, 2, 1)
    assert voted(desks, again, "cleo").status is Status.APPROVED


def test_statements_have_to_be_made_word_for_word(desks):
    policed(desks, statements=["I have removed all names."])
    with pytest.raises(BadInput, match="asks you to confirm before a release: I have removed all names"):
        submitted(desks)
    made = submitted(desks, statements=("I have removed all names.",))
    assert made.policy.statements == ("I have removed all names.",)


def test_the_policys_limits_are_asked_again_when_the_row_is_written(desks):
    policed(desks, max_files=1)
    with pytest.raises(BadInput, match="2 files are too many"):
        submitted(desks, TWO)
    policed(desks, max_file_bytes=3, max_total_bytes=4, max_files=5)
    with pytest.raises(BadInput, match="too big"):
        submitted(desks, {"a": b"1234"})
    with pytest.raises(BadInput, match="together"):
        submitted(desks, {"a": b"123", "b": b"456"})


def test_a_returned_request_expires_and_not_before_its_time(desks):
    back = returned(desks, submitted(desks))
    later = now() + timedelta(days=90)
    with desks.database.write() as connection:
        assert overdue(connection, now()) == [] and overdue(connection, later) == [back.id]
        with pytest.raises(Refused, match="still has time"):
            records.expire(connection, back.id, now())
        assert records.expire(connection, back.id, later).status is Status.EXPIRED
    with pytest.raises(Refused, match="has expired"):
        resubmitted(desks, reread(desks, back), TWO)


# Two at once
def test_of_a_vote_and_a_return_at_once_none_is_lost_and_nothing_is_released(desks):
    for number in range(8):
        request = voted(desks, submitted(desks, {"a.csv": f"{number}".encode()}), "cleo")
        outcomes = at_once(
            lambda request=request: voted(desks, request, "carol", grace=MINUTE),
            lambda request=request: returned(desks, request, by="chen"),
        )
        now_is, lost = reread(desks, request), [one for one in outcomes if isinstance(one, Refused)]
        assert len(lost) == 1 and now_is.status in (Status.APPROVED, Status.RETURNED)
        assert len(events_of(desks.database, request.id)) == now_is.version
    with desks.database.read() as connection:
        audit.verify(connection)


def test_two_checkers_who_vote_at_once_are_both_heard(desks):
    for number in range(8):
        request = submitted(desks, {"a.csv": f"{number}".encode()})
        outcomes = at_once(
            lambda request=request: voted(desks, request, "carol", grace=MINUTE),
            lambda request=request: voted(desks, request, "chen", grace=MINUTE),
        )
        assert not [one for one in outcomes if isinstance(one, Refused)]
        after = reread(desks, request)
        assert after.status is Status.APPROVED and {vote.reviewer for vote in after.votes} == {"carol", "chen"}


def test_of_three_checkers_at_once_two_are_heard(desks):
    request = submitted(desks)
    outcomes = at_once(*(lambda name=name: voted(desks, request, name) for name in ("carol", "chen", "cleo")))
    assert sum(isinstance(one, Refused) for one in outcomes) == 1
    assert len(reread(desks, request).votes) == 2


def test_taking_back_and_releasing_at_once_never_both_happen(desks):
    for number in range(8):
        agreed = approved(desks, submitted(desks, {"a.csv": f"{number}".encode()}), grace=MINUTE)

        def back(agreed=agreed):
            with desks.database.write() as connection:
                carol = acting(connection, "carol", "tumour-ml")
                return voting.take_back(connection, carol, agreed.id, agreed.version, now())

        def release(agreed=agreed):
            with desks.database.write() as connection:
                later = now() + 2 * MINUTE
                return records.release(connection, SYSTEM, agreed.id, agreed.version, later)

        outcomes = at_once(back, release)
        assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
        with desks.database.read() as connection:
            left = released_file(connection, agreed.id, 1) is not None
        assert left == (reread(desks, agreed).status is Status.RELEASED)


def test_nothing_is_released_twice(desks):
    agreed = approved(desks, submitted(desks))

    def release():
        with desks.database.write() as connection:
            return records.release(connection, SYSTEM, agreed.id, agreed.version, now())

    outcomes = at_once(release, release, release)
    assert sum(not isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert events_of(desks.database, agreed.id).count("request.released") == 1

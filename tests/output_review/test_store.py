"""Steps of the lifecycle on both databases: who, when, its event, and one winner when two act at once."""

import threading
from datetime import timedelta

import pytest

from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput, Broken, Forbidden, NotFound, Refused
from output_review import records, store
from output_review.limits import LIMITS
from output_review.queries import (
    counts,
    due,
    find_request,
    mine,
    of_projects,
    oldest_waiting,
    queue,
    released_file,
    releases_of,
)
from output_review.steps import Stale
from output_review.vocabulary import Action, Actor, FileDecision, FileVerdict, Status
from tests.output_review.kit import NOTES, TABLE, acting, decided, events_of, reread, submitted

MINUTE = timedelta(minutes=1)
TWO = {"table.csv": TABLE, "notes.txt": NOTES}


def test_the_whole_way_is_recorded_step_by_step(desks):
    request = submitted(desks, TWO)
    approved = decided(desks, request, rejected=(2,))
    assert (approved.status, approved.version, approved.reviewer) == (Status.APPROVED, 2, "carol")
    with desks.database.write() as connection:
        assert due(connection, now()) == [request.id]
        released = records.release(connection, request.id, approved.version, now())
    assert released.status is Status.RELEASED
    assert [(file.name, file.released) for file in released.files] == [("table.csv", True), ("notes.txt", False)]
    assert events_of(desks.database, request.id) == ["request.submitted", "request.approved", "request.released"]
    with desks.database.read() as connection:
        assert released_file(connection, request.id, 1).approved_by == "carol"
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
@pytest.mark.parametrize("action", [Action.APPROVE, Action.RETURN, Action.REJECT])
def test_nobody_but_an_outside_checker_decides(desks, who, words, action):
    request = submitted(desks)
    with pytest.raises(Forbidden, match=words):
        decided(desks, request, action, by=who)
    assert reread(desks, request) == request and events_of(desks.database, request.id) == ["request.submitted"]


def test_a_checker_does_not_review_their_own_request_even_as_no_member_any_more(desks):
    request = submitted(desks, author="carol")
    with pytest.raises(Forbidden, match="your own request"):
        decided(desks, request, by="carol")


def test_a_rejected_request_approves_no_file_whatever_was_ticked(desks):
    rejected = decided(desks, submitted(desks, TWO), Action.REJECT)
    assert {file.verdict for file in rejected.files} == {FileVerdict.REJECTED}


def test_an_approval_taken_back_counts_for_nothing(desks):
    approved = decided(desks, submitted(desks, TWO), grace=MINUTE)
    with desks.database.write() as connection:
        back = store.take_back(connection, acting(connection, "chen", "tumour-ml"), approved.id, 2, now())
    assert (back.status, back.round, back.comment, back.reviewer) == (Status.SUBMITTED, 2, "", "")
    assert [file.verdict for file in back.files] == [None, None] and back.release_at is None
    assert [file.sha256 for file in back.files] == [file.sha256 for file in approved.files]
    again = decided(desks, back, rejected=(1,), grace=MINUTE)
    assert [file.verdict for file in again.files] == [FileVerdict.REJECTED, FileVerdict.APPROVED]


def test_nobody_takes_an_approval_back_after_the_grace_period(desks):
    approved = decided(desks, submitted(desks))
    with desks.database.write() as connection, pytest.raises(Refused, match="is over"):
        store.take_back(connection, acting(connection, "carol", "tumour-ml"), approved.id, 2, now())


def test_the_desk_does_not_release_within_the_grace_period(desks):
    approved = decided(desks, submitted(desks), grace=MINUTE)
    with desks.database.write() as connection, pytest.raises(Refused, match="taken back"):
        records.release(connection, approved.id, approved.version, now())


def test_a_release_without_an_approved_file_is_our_fault_and_does_not_happen(desks):
    from sqlalchemy import delete

    from output_review.tables import decisions

    approved = decided(desks, submitted(desks))
    with desks.database.write() as connection:
        connection.execute(delete(decisions))
    with desks.database.write() as connection, pytest.raises(Broken, match="none of its files"):
        records.release(connection, approved.id, approved.version, now())
    assert reread(desks, approved).status is Status.APPROVED


def test_an_incomplete_decision_changes_nothing(desks):
    request = submitted(desks, TWO)
    with desks.database.write() as connection, pytest.raises(BadInput, match=r"Decide about notes\.txt"):
        judged = [FileDecision(1, FileVerdict.APPROVED)]
        carol = acting(connection, "carol", "tumour-ml")
        store.decide(connection, carol, Action.APPROVE, request.id, 1, "fine", judged, MINUTE, now())
    assert reread(desks, request) == request


def test_only_decisions_decide(desks):
    request = submitted(desks)
    with desks.database.write() as connection, pytest.raises(Broken):
        store.decide(connection, Actor("carol", True), Action.RELEASE, request.id, 1, "x", [], MINUTE, now())


def test_the_author_withdraws_and_nobody_else(desks):
    request = submitted(desks)
    with desks.database.write() as connection:
        with pytest.raises(Forbidden, match="Only the author"):
            store.withdraw(connection, acting(connection, "bob", "tumour-ml"), request.id, None, now())
        gone = store.withdraw(connection, acting(connection, "alice", "tumour-ml"), request.id, None, now())
    assert gone.status is Status.WITHDRAWN
    with pytest.raises(Stale, match="now withdrawn"):
        decided(desks, request)


def test_what_somebody_else_did_meanwhile_is_said(desks):
    request = submitted(desks)
    decided(desks, request, Action.RETURN, by="chen")
    with pytest.raises(Stale, match="returned by chen"):
        decided(desks, request, by="carol")


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
    decided(desks, second, Action.RETURN)
    with desks.database.read() as connection:
        assert [one.id for one in queue(connection, Status.SUBMITTED, 10)] == [first.id, third.id, other.id]
        assert [one.id for one in queue(connection, None, 2)] == [other.id, third.id]
        assert [one.id for one in mine(connection, "alice", "tumour-ml")] == [third.id, second.id, first.id]
        assert [one.id for one in of_projects(connection, ["diabetes-care"])] == [other.id]
        assert of_projects(connection, []) == []
        assert counts(connection)[Status.SUBMITTED] == 3 and counts(connection)[Status.RETURNED] == 1
        assert oldest_waiting(connection) == first.created


def at_once(*works):
    """Run all in threads that start together; return what each returned or raised."""
    barrier, found = threading.Barrier(len(works)), [None] * len(works)

    def run(index, work):
        barrier.wait()
        try:
            found[index] = work()
        except Refused as refused:
            found[index] = refused

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_two_checkers_at_once_one_wins_and_the_other_is_told(desks):
    for number in range(8):
        request = submitted(desks, {"a.csv": f"{number}".encode()})
        outcomes = at_once(
            lambda request=request: decided(desks, request, Action.APPROVE, by="carol"),
            lambda request=request: decided(desks, request, Action.REJECT, by="chen"),
        )
        lost = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        assert len(lost) == 1 and isinstance(lost[0], Stale)
        now_is = reread(desks, request)
        assert now_is.version == 2 and now_is.status in (Status.APPROVED, Status.REJECTED)
        assert len(events_of(desks.database, request.id)) == 2
    with desks.database.read() as connection:
        audit.verify(connection)


def test_taking_back_and_releasing_at_once_never_both_happen(desks):
    for number in range(8):
        approved = decided(desks, submitted(desks, {"a.csv": f"{number}".encode()}), grace=MINUTE)

        def back(approved=approved):
            with desks.database.write() as connection:
                carol = acting(connection, "carol", "tumour-ml")
                return store.take_back(connection, carol, approved.id, approved.version, now())

        def release(approved=approved):
            with desks.database.write() as connection:
                later = now() + 2 * MINUTE
                return records.release(connection, approved.id, approved.version, later)

        outcomes = at_once(back, release)
        assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
        with desks.database.read() as connection:
            left = released_file(connection, approved.id, 1) is not None
        assert left == (reread(desks, approved).status is Status.RELEASED)


def test_nothing_is_released_twice(desks):
    approved = decided(desks, submitted(desks))

    def release():
        with desks.database.write() as connection:
            return records.release(connection, approved.id, approved.version, now())

    outcomes = at_once(release, release, release)
    assert sum(not isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert events_of(desks.database, approved.id).count("request.released") == 1

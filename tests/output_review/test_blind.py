"""The blind phase, on both databases: what nobody sees too early, and what everybody sees when it is over."""

import pytest

from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput
from output_review import store, voting
from output_review.reading import all_votes, comments_of
from output_review.sight import sees_comment, sees_vote
from output_review.telling import told
from output_review.vocabulary import Actor, Audience, FileVerdict
from tests.output_review.kit import (
    NOTES,
    TABLE,
    acting,
    policed,
    reread,
    resubmitted,
    returned,
    submitted,
    voted,
)  # fmt: skip

TWO = {"table.csv": TABLE, "notes.txt": NOTES}


def doing(desk, request, by, step, *given):
    """One step of a checker's in a transaction of its own."""
    with desk.database.write() as connection:
        return step(connection, acting(connection, by, request.project), request.id, *given, now())


def seen(desk, request, name):
    """Whose votes this person sees, and what comments."""
    with desk.database.read() as connection:
        actor, present = acting(connection, name, request.project), reread(desk, request)
        given, said = all_votes(connection, present), comments_of(connection, [present.id])[present.id]
    return (
        {(vote.round, vote.reviewer) for vote in given if sees_vote(actor, present, vote)},
        {comment.text for comment in said if sees_comment(actor, present, comment)},
        told(actor, present, given, said, {}),
    )


def say(desk, request, by, text, audience=Audience.CHECKERS, file=None):
    doing(desk, request, by, voting.comment_on, request.round, file, audience, text)


def test_nobody_sees_anothers_vote_or_comment_before_all_have_voted(desks):
    request = submitted(desks, TWO)
    say(desks, request, "carol", "looks small to me", Audience.EVERYBODY, file=1)
    say(desks, request, "alice", "it is rounded")
    voted(desks, request, "carol", rejected=(1,))
    for name in ("chen", "cleo", "audrey", "alice", "bob", "boss"):
        whose, said, known = seen(desks, request, name)
        assert whose == set() and said == {"it is rounded"}, name
        assert known.hidden == 1 and [one.decision for one in known.files] == [None, None]
    assert seen(desks, request, "carol")[:2] == ({(1, "carol")}, {"looks small to me", "it is rounded"})
    with desks.database.read() as connection:
        log = str([event.details for event in audit.events(connection, f"request:{request.id}", 50)])
    assert "cells below 10" not in log and "small" not in log  # the auditor's log keeps it as well
    voted(desks, request, "chen")
    both = {(1, "carol"), (1, "chen")}
    for name in ("carol", "chen", "cleo", "audrey"):
        whose, said, known = seen(desks, request, name)
        assert whose == both and "looks small to me" in said
        assert [one.file.number for one in known.disputed] == [1]
    assert seen(desks, request, "alice")[0] == set()  # they consolidate among themselves


def test_an_open_policy_shows_votes_at_once_and_logs_them(desks):
    policed(desks, blind=False)
    request = voted(desks, submitted(desks), "carol", rejected=(1,))
    assert seen(desks, request, "chen")[0] == {(1, "carol")} and seen(desks, request, "alice")[0] == set()
    with desks.database.read() as connection:
        assert audit.events(connection, f"request:{request.id}", 1)[0].details["comment"] == "no small cells"


def test_the_author_reads_it_when_the_round_is_over_but_not_what_checkers_say_to_each_other(desks):
    request = submitted(desks, TWO)
    say(desks, request, "carol", "ask the registry")
    say(desks, request, "carol", "please round", Audience.EVERYBODY)
    returned(desks, voted(desks, request, "carol", rejected=(1,)), by="chen")
    whose, said, known = seen(desks, request, "alice")
    assert whose == {(1, "carol")} and said == {"please round"}
    assert [one.decision for one in known.files] == [FileVerdict.REJECTED, None]
    again = resubmitted(desks, reread(desks, request), TWO)
    voted(desks, again, "carol")
    assert seen(desks, again, "chen")[0] == {(1, "carol")}  # of the round that is over, not of this one
    assert seen(desks, again, "alice")[0] == {(1, "carol")}


def test_withdrawing_in_the_middle_of_a_round_tells_its_author_nothing(desks):
    request = voted(desks, submitted(desks), "carol", rejected=(1,))
    with desks.database.write() as connection:
        store.withdraw(connection, Actor("alice"), request.id, None, now())
    assert seen(desks, request, "alice")[0] == set() and seen(desks, request, "chen")[0] == {(1, "carol")}


def test_a_comment_about_no_file_of_the_request_is_refused(desks):
    with pytest.raises(BadInput, match="not in this request"):
        say(desks, submitted(desks), "carol", "x", file=9)

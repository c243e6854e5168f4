"""Who is told of what, in the same step as what happened; nothing of a blind round, a comment or a file's name."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from enclave import audit
from enclave.clock import now
from enclave.errors import Refused
from output_review import post, records, store, voting
from output_review.notices import SAYS, audience
from output_review.queries import released_of
from output_review.release import release_due
from output_review.tables import notices
from output_review.vocabulary import Actor, Audience, RequestEvent
from tests.data_mounts.builders import login
from tests.output_review.kit import (
    acting,
    approved,
    as_person,
    policed,
    rejected,
    resubmitted,
    returned,
    submitted,
    voted,
)
from tests.output_review.test_api import ask
from tests.output_review.test_pages import page

ABLE = {"carol", "chen", "cleo"}


def told(desk, request, event):
    with desk.database.read() as connection:
        where = notices.c.request_id == request.id, notices.c.event == event
        return {row.person for row in connection.execute(select(notices.c.person).where(*where))}


def test_those_who_may_judge_it_hear_that_it_waits_and_its_author_what_came_of_it(desks):
    request = submitted(desks)
    assert told(desks, request, "request.submitted") == ABLE, "not the insider, nor the admin who checks"
    back = returned(desks, voted(desks, request, "chen"), by="carol")
    assert told(desks, request, "request.returned") == {"alice", "chen"}
    again = resubmitted(desks, back, {"t.csv": b"new"})
    assert told(desks, request, "request.resubmitted") == ABLE
    approved(desks, again)
    assert told(desks, request, "request.approved") == {"alice"}
    other = rejected(desks, submitted(desks, {"raw.csv": b"raw"}))
    assert told(desks, other, "request.revealed") == ABLE - {"cleo"}
    assert told(desks, other, "request.rejected") == {"alice", "chen"}
    withdrawn = voted(desks, submitted(desks, {"w.csv": b"w"}))
    with desks.database.write() as connection:
        store.withdraw(connection, acting(connection, "alice", "tumour-ml"), withdrawn.id, None, now())
    assert told(desks, withdrawn, "request.withdrawn") == {"carol"}


async def test_whoever_had_downloaded_it_hears_of_a_recall(desk):
    request = approved(desk, submitted(desk))
    await release_due(desk)
    assert told(desk, request, "request.released") == {"alice"}
    with desk.database.write() as connection:
        records.count_downloads(connection, "bob", released_of(connection, request.id), now())
        version = request.version + 1
        records.recall(connection, acting(connection, "carol", "tumour-ml"), request.id, version, "wrong", now())
    assert told(desk, request, "request.recalled") == {"alice", "bob"}


def test_a_blind_round_tells_nobody_what_a_checker_says_or_that_they_voted(desks):
    request = submitted(desks)
    with desks.database.write() as connection:
        chen, alice = (acting(connection, name, "tumour-ml") for name in ("chen", "alice"))
        voting.claim(connection, chen, request.id, now())
    voted(desks, request, "carol")
    with desks.database.write() as connection:
        for heard in Audience:
            voting.comment_on(connection, chen, request.id, 1, None, heard, "the secret word", now())
    assert told(desks, request, "request.commented") == told(desks, request, "request.voted") == set()
    with desks.database.write() as connection:
        voting.comment_on(connection, alice, request.id, 1, None, Audience.EVERYBODY, "an answer", now())
    assert told(desks, request, "request.commented") == {"carol", "chen"}
    policed(desks, blind=False)
    open_ = submitted(desks, {"o.csv": b"o"})
    with desks.database.write() as connection:
        for heard, expected in ((Audience.CHECKERS, set()), (Audience.EVERYBODY, {"alice"})):
            voting.comment_on(connection, chen, open_.id, 1, None, heard, "hm", now())
            where = notices.c.request_id == open_.id, notices.c.event == "request.commented"
            rows = connection.execute(select(notices.c.person).where(*where))
            assert {row.person for row in rows} == expected


def test_what_was_refused_tells_nobody(desks):
    request = submitted(desks)
    with pytest.raises(Refused):
        returned(desks, request, by="insider")
    assert told(desks, request, "request.returned") == set()


@given(
    event=st.sampled_from(RequestEvent),
    actor=st.sampled_from(["alice", "carol", "chen"]),
    hands=st.sets(st.sampled_from(["carol", "chen"])),
    comment=st.none() | st.sampled_from(Audience),
)
def test_nobody_is_told_what_they_did_themselves_nor_anybody_whom_it_does_not_concern(event, actor, hands, comment):
    from tests.output_review.test_lifecycle import a_request

    able, downloaded = {"carol", "cleo"}, {"bob"}
    found = audience(event, a_request(), Actor(actor), hands, able, downloaded, comment)
    assert actor not in found and found <= {"alice", "bob", "carol", "chen", "cleo"}
    behalf = Actor(actor, operator="operator:root", reason="ill")
    assert audience(event, a_request(), behalf, hands, able, downloaded, comment) == found | {actor}
    assert not found or event in SAYS, "whatever is told has words"


# In the pages
async def test_the_bell_counts_what_is_new_until_it_is_read(client, desk):
    request = submitted(desk, {"very-private-name.csv": b"x"})
    returned(desk, request, comment="the secret word")

    async def count(person):
        answer = await client.get("/desk/notices/count", headers=as_person(person))
        return await answer.json()

    assert await count("alice") == {"unread": 1} and await count("erin") == {"unread": 0}
    assert await count("chen") == {"unread": 1}
    text = await page(client, "alice", "/desk/notices")
    assert f"Request {request.id} of tumour-ml was returned with a comment" in text
    assert "Its author changes the files" in text and 'data-count="/desk/notices/count"' in text
    assert "the secret word" not in text and "very-private-name" not in text
    with desk.database.read() as connection:
        newest = post.newest(connection, "alice", 9)[0].id
    answer = await client.post("/desk/notices/read", data={"upto": str(newest)}, headers=as_person("alice"))
    assert answer.status == 200 and await count("alice") == {"unread": 0}
    assert await count("chen") == {"unread": 1}, "everybody reads their own"
    with desk.database.read() as connection:
        assert [one.event for one in audit.events(connection, "person:alice", 1)] == ["notice.read"]


async def test_what_comes_while_somebody_reads_stays_unread(client, desk):
    submitted(desk)
    with desk.database.read() as connection:
        seen = post.newest(connection, "carol", 9)[0].id
    submitted(desk, {"b.csv": b"b"})
    status, known = await ask(client, "carol", "/notices/read", {"upto": seen})
    assert status == 200 and known["unread"] == 1
    assert [one["read"] for one in known["notices"]] == [False, True]
    assert known["notices"][0]["next"] == "Two output checkers look at it next."
    assert (await ask(client, "", "/notices"))[0] == 403


# The outbox
def due(desk, at):
    with desk.database.read() as connection:
        return [(one.person, one.tries) for one in post.to_mail(connection, at)]


def first(desk, at):
    with desk.database.read() as connection:
        return post.to_mail(connection, at)[0].id


def outcome(desk, number, failure, final, at):
    with desk.database.write() as connection:
        post.mailed(connection, number, failure, final, at)


def test_a_mail_that_failed_is_tried_again_later_and_later_and_one_that_was_sent_never(desks):
    returned(desks, submitted(desks, author="bob"), by="carol")
    start = now()
    assert due(desks, start) == [("carol", 0), ("chen", 0), ("cleo", 0), ("bob", 0)]
    number = first(desks, start)
    for tries, minutes in ((1, 2), (2, 4), (3, 8)):
        outcome(desks, number, "the server is away", False, start)
        assert ("carol", tries) not in due(desks, start + timedelta(minutes=minutes, seconds=-1))
        assert ("carol", tries) in due(desks, start + timedelta(minutes=minutes))
    outcome(desks, number, "", False, start)
    outcome(desks, number, "heard too late", False, start)
    outcome(desks, 999, "", False, start)
    assert {person for person, _ in due(desks, start + timedelta(days=1))} == {"chen", "cleo", "bob"}
    with desks.database.read() as connection:
        kinds = [one.event for one in audit.events(connection, "person:carol", 4)]
        assert kinds == ["notice.mailed", "notice.not-mailed", "notice.not-mailed", "notice.not-mailed"]
        audit.verify(connection)


def test_what_is_final_or_old_or_has_no_address_is_not_tried_again(desks):
    with desks.database.write() as connection:
        login(connection, "cleo", "output-checker", email="")
    submitted(desks)
    start = now()
    assert [person for person, _ in due(desks, start)] == ["carol", "chen"]
    outcome(desks, first(desks, start), "no such mailbox", True, start)
    assert [person for person, _ in due(desks, start + timedelta(days=2))] == ["chen"]
    assert due(desks, start + timedelta(days=3)) == []

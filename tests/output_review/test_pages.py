"""The desk's pages: each person finds what is theirs to do, buttons say why not, and decisions are confirmed."""

import re
from datetime import timedelta

import pytest

from output_review.lifecycle import reviewer_objection
from output_review.release import release_due
from output_review.vocabulary import Status
from tests.output_review.kit import (
    NOTES,
    TABLE,
    acting,
    approved,
    as_person,
    events_of,
    leave,
    reread,
    returned,
    submitted,
)

TWO = {"table.csv": TABLE, "notes.txt": NOTES}


async def page(client, person, path, status=200):
    answer = await client.get(path, headers=as_person(person), allow_redirects=False)
    text = await answer.text()
    assert answer.status == status, text
    return text


def a_form(request, action="vote", version=None, **fields):
    """A decision form: everything approved and a reason, but for what is given."""
    form = {"version": str(version or request.version), "round": str(request.round)}
    form |= {"action": action, "comment": "no small cells"}
    form |= {f"verdict-{file.number}": "approved" for file in request.files}
    return {name: value for name, value in (form | fields).items() if value is not None}


async def send(client, person, request, form, path="decide"):
    answer = await client.post(
        f"/desk/requests/{request.id}/{path}", data=form, headers=as_person(person), allow_redirects=False
    )
    return answer, await answer.text()


async def confirm(client, person, request, form):
    """Send a decision and then what its confirmation asks for."""
    answer, text = await send(client, person, request, form)
    assert answer.status == 200 and "<dialog open" in text, text
    told = re.search(r'name="confirmed" value="([0-9a-f]{64})"', text).group(1)
    return await send(client, person, request, form | {"confirmed": told})


async def test_the_way_in_leads_everybody_to_their_work(client):
    for person, place in {
        "carol": "/desk/queue", "audrey": "/desk/queue", "alice": "/desk/requests", "adam": "/desk/requests",
        "boss": "/desk/requests",
    }.items():  # fmt: skip
        answer = await client.get("/desk/", headers=as_person(person), allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, place)


async def test_the_queue_counts_and_lists_what_waits(client, desk):
    assert "Nothing waits" in await page(client, "carol", "/desk/queue")
    submitted(desk)
    returned(desk, submitted(desk, {"b.csv": b"b"}, author="bob"))
    text = await page(client, "carol", "/desk/queue")
    assert "<strong>1</strong> request waits" in text and "alice" in text and "bob" not in text
    assert "bob" in await page(client, "carol", "/desk/queue?tab=returned")
    everything = await page(client, "carol", "/desk/queue?tab=all")
    assert "alice" in everything and "bob" in everything and "Returned with a comment" in everything
    assert "There is no such request" in await page(client, "audrey", "/desk/queue?tab=released")
    assert "member of tumour-ml" in await page(client, "insider", "/desk/queue")


@pytest.mark.parametrize("person", ["alice", "adam", "boss"])
async def test_the_queue_is_not_for_others(client, person):
    await page(client, person, "/desk/queue", 403)


async def test_people_see_their_own_and_their_projects_requests(client, desk):
    assert "You have requested nothing yet" in await page(client, "erin", "/desk/requests")
    submitted(desk)
    mine = await page(client, "alice", "/desk/requests")
    assert "Waiting for an output checker" in mine and "other members" not in mine
    assert "Of the other members" in await page(client, "bob", "/desk/requests")
    assert "A table" not in await page(client, "erin", "/desk/requests")


@pytest.mark.parametrize(
    ("person", "status"),
    [("alice", 200), ("bob", 200), ("carol", 200), ("audrey", 200), ("boss", 200), ("erin", 404), ("adam", 404)],
)
async def test_a_request_is_seen_by_its_project_and_those_who_judge_or_audit(client, desk, person, status):
    request = submitted(desk)
    text = await page(client, person, f"/desk/requests/{request.id}", status)
    assert ("<iframe" in text) == (person in ("carol", "audrey"))
    assert ('name="comment"' in text) == (person == "carol") and ("Vote…" in text) == (person in ("carol", "boss"))
    assert ("Withdraw…" in text) == (person == "alice")


async def test_the_checker_finds_the_project_its_data_and_earlier_releases_beside_the_files(client, desk):
    earlier = approved(desk, submitted(desk, {"earlier.csv": b"e"}))
    await release_due(desk)
    request = submitted(desk, TWO)
    answer = await client.get(f"/desk/requests/{request.id}", headers=as_person("carol"))
    text = await answer.text()
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    for shown in ("Learn what tells them apart.", "earlier.csv", f"/desk/requests/{earlier.id}", "notes.txt"):
        assert shown in text
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|style=", text)


@pytest.mark.parametrize("person", ["alice", "insider", "boss", "audrey"])
@pytest.mark.parametrize("action", ["vote", "return", "reject"])
async def test_the_server_refuses_with_the_very_reason_that_the_rule_gives(client, desk, person, action):
    request = submitted(desk)
    with desk.database.read() as connection:
        reason = reviewer_objection(acting(connection, person, "tumour-ml"), request).text
    answer, text = await send(client, person, request, a_form(request, action))
    assert answer.status == 403 and reason in text
    assert reread(desk, request) == request and events_of(desk.database, request.id) == ["request.submitted"]


@pytest.mark.parametrize(("person", "author"), [("carol", "carol"), ("insider", "alice"), ("boss", "alice")])
async def test_the_buttons_of_a_checker_who_may_not_judge_are_greyed_with_that_reason(client, desk, person, author):
    request = submitted(desk, author=author)
    with desk.database.read() as connection:
        reason = reviewer_objection(acting(connection, person, "tumour-ml"), request).text
    text = await page(client, person, f"/desk/requests/{request.id}")
    for action in ("vote", "return", "reject"):
        assert f'value="{action}" disabled title="{reason}"' in text
    assert "<iframe" not in text and "verdict-1" not in text


async def test_what_is_decided_offers_taking_back_and_no_second_decision(client, desk):
    decision = approved(desk, submitted(desk), grace=timedelta(hours=1))
    text = await page(client, "carol", f"/desk/requests/{decision.id}")
    assert "Take back…" in text and "Vote…" not in text
    assert "Take back…" not in await page(client, "insider", f"/desk/requests/{decision.id}")


async def test_a_vote_is_asked_back_by_name_and_then_done(client, desk):
    request = submitted(desk, TWO)
    form = a_form(request, **{"verdict-2": "rejected", "reason-2": "free text"})
    answer, text = await send(client, "carol", request, form)
    assert answer.status == 200 and "Vote on request" in text
    assert "Nothing leaves yet: 1 more checker has to vote" in text
    leaving, staying = text.split("Stays inside:")
    assert "<bdi>table.csv</bdi>" in leaving and "<bdi>notes.txt</bdi>" in staying
    assert reread(desk, request).status is Status.SUBMITTED
    answer, _text = await confirm(client, "carol", request, form)
    assert (answer.status, answer.headers["Location"]) == (303, f"/desk/requests/{request.id}")
    assert reread(desk, request).status is Status.IN_REVIEW
    # The other checker looked at the page before carol voted: a vote is about the round, so it is heard.
    answer, text = await send(client, "chen", request, form)
    assert "This is the last vote needed" in text and "after 120 seconds" in text
    await confirm(client, "chen", request, form)
    agreed = reread(desk, request)
    assert agreed.status is Status.APPROVED and [vote.comment for vote in agreed.votes] == ["no small cells"] * 2


async def test_returning_is_asked_back_too(client, desk):
    request = submitted(desk)
    form = a_form(request, "return", **{"verdict-1": None})
    answer, text = await send(client, "carol", request, form)
    assert "Return request" in text and "table.csv" in text and "its votes count for nothing more" in text
    answer, _text = await confirm(client, "carol", request, form)
    assert answer.status == 303 and reread(desk, request).status is Status.RETURNED


async def test_closing_for_good_is_asked_back_and_only_after_the_votes(client, desk):
    request = submitted(desk)
    answer, text = await send(client, "carol", request, a_form(request, "reject"))
    assert answer.status == 409 and "takes the votes of 2 checkers first" in text
    reviewed = approved(desk, request, rejected=(1,))
    form = a_form(reviewed, "reject")
    answer, text = await send(client, "carol", request, form)
    assert "closes the request for good" in text and "table.csv" in text
    answer, _text = await confirm(client, "carol", request, form)
    assert answer.status == 303 and reread(desk, request).status is Status.REJECTED


async def test_a_changed_decision_has_to_be_confirmed_anew(client, desk):
    request = submitted(desk, TWO)
    form = a_form(request)
    _answer, text = await send(client, "carol", request, form)
    told = re.search(r'name="confirmed" value="([0-9a-f]{64})"', text).group(1)
    for change in ({"comment": "other words"}, {"verdict-2": "rejected", "reason-2": "x"}, {"action": "return"}):
        answer, text = await send(client, "carol", request, form | change | {"confirmed": told})
        assert answer.status == 200 and "<dialog open" in text
    assert reread(desk, request) == request


async def test_what_was_filled_in_is_kept_when_something_is_missing(client, desk):
    request = submitted(desk, TWO)
    form = a_form(request, comment="first\r\nsecond", **{"verdict-2": "rejected"})
    answer, text = await send(client, "carol", request, form)
    assert answer.status == 400 and "Say why notes.txt is not released" in text and "first\nsecond" in text
    answer, text = await send(client, "carol", request, form | {"action": "edit"})
    assert answer.status == 200 and "<dialog" not in text and "first\nsecond" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"comment": ""}, "Say why you vote so"),
        ({"comment": "a\u202eb"}, "cannot be seen"),
        ({"comment": "x" * 2001}, "at most 2000"),
        ({"reason-1": "x" * 2001}, "at most 2000"),
        ({"verdict-1": None}, "Decide about table.csv"),
        ({"verdict-1": "maybe"}, "Decide about table.csv"),
        ({"action": "release"}, "one of vote, return and reject"),
        ({"action": None}, "one of vote, return and reject"),
        ({"version": "x"}, "incomplete"),
        ({"version": None}, "incomplete"),
        ({"round": None}, "incomplete"),
    ],
)  # fmt: skip
async def test_an_incomplete_form_is_refused_in_words(client, desk, change, words):
    request = submitted(desk, TWO)
    form = {name: value for name, value in (a_form(request) | change).items() if value is not None}
    answer, text = await send(client, "carol", request, form)
    assert answer.status == 400 and words in text
    assert reread(desk, request) == request


async def test_who_comes_too_late_is_told_what_happened(client, desk):
    request = submitted(desk)
    returned(desk, request, by="chen")
    answer, text = await send(client, "carol", request, a_form(request))
    assert answer.status == 409 and "returned by chen" in text


async def test_a_withdrawn_request_cannot_be_decided(client, desk):
    request = submitted(desk)
    answer, _text = await send(client, "alice", request, {"version": "1"}, "withdraw")
    assert answer.status == 303 and reread(desk, request).status is Status.WITHDRAWN
    answer, text = await send(client, "carol", request, a_form(request, version=2))
    assert answer.status == 409 and "it is now withdrawn" in text
    answer, text = await send(client, "alice", request, {"version": "2"}, "withdraw")
    assert answer.status == 409


@pytest.mark.parametrize("person", ["bob", "carol"])
async def test_nobody_withdraws_for_the_author(client, desk, person):
    request = submitted(desk)
    answer, text = await send(client, person, request, {"version": "1"}, "withdraw")
    assert answer.status == 403 and "Only its author" in text


async def test_an_approval_is_taken_back_in_time_by_any_checker_and_by_nobody_else(client, desk):
    request = approved(desk, submitted(desk), grace=timedelta(hours=1))
    assert 'data-seconds="3' in await page(client, "chen", f"/desk/requests/{request.id}")
    for person in ("alice", "bob", "insider", "boss", "audrey"):
        answer, _text = await send(client, person, request, {"version": str(request.version)}, "take-back")
        assert answer.status == 403
    answer, _text = await send(client, "chen", request, {"version": str(request.version)}, "take-back")
    assert answer.status == 303
    back = reread(desk, request)
    assert back.status is Status.SUBMITTED and back.round == 2 and back.votes == ()


async def test_a_checker_who_became_a_member_meanwhile_may_not_decide(client, desk):
    from tests.data_mounts.builders import add

    request = submitted(desk)
    with desk.database.write() as connection:
        add(connection, "tumour-ml", "carol")
    answer, text = await send(client, "carol", request, a_form(request))
    assert answer.status == 403 and "You are a member" in text


async def test_the_author_reads_the_outcome_and_downloads(client, desk):
    request = approved(desk, submitted(desk, TWO), rejected=(2,))
    text = await page(client, "alice", f"/desk/requests/{request.id}")
    assert "cells below 10" in text and "/download" not in text
    await release_due(desk)
    text = await page(client, "alice", f"/desk/requests/{request.id}")
    assert f"/desk/requests/{request.id}/files/1/download" in text and "files/2/download" not in text
    assert "no small cells" in text and request.files[0].sha256 in text
    leave(desk.database, "tumour-ml", "alice")
    assert "/download" not in await page(client, "alice", f"/desk/requests/{request.id}")

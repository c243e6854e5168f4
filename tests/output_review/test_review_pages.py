"""The pages of a review with several checkers: who handles what, blind votes, consolidation, rounds, recall."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from enclave.clock import now
from output_review.lifecycle import objection
from output_review.release import expire_overdue, release_due
from output_review.tables import requests
from output_review.vocabulary import Action, Status
from tests.output_review.kit import (
    NOTES,
    TABLE,
    acting,
    approved,
    as_person,
    policed,
    reread,
    resubmitted,
    returned,
    submitted,
    voted,
)  # fmt: skip
from tests.output_review.test_pages import a_form, page, send

TWO = {"table.csv": TABLE, "notes.txt": NOTES}


def part(text, name):
    """One section of a page, by its id."""
    return re.search(rf'<section[^>]*id="{name}".*?</section>', text, re.S).group(0)


async def test_a_claim_shows_in_the_queue_and_is_given_back(client, desk):
    request = submitted(desk)
    assert "Handle it" in await page(client, "carol", "/desk/queue")
    answer, _text = await send(client, "carol", request, {}, "claim")
    assert answer.status == 303
    queue = await page(client, "chen", "/desk/queue")
    assert re.search(r"Handled by.*carol.*0 of 2 voted", queue, re.S)
    assert "A table" in await page(client, "carol", "/desk/queue?whose=mine")
    assert "There is no such request" in await page(client, "chen", "/desk/queue?whose=mine")
    assert "A table" in await page(client, "chen", "/desk/queue?whose=free")
    assert "There is no such request" in await page(client, "carol", "/desk/queue?whose=free")
    await send(client, "carol", request, {}, "unclaim")
    answer, text = await send(client, "carol", request, {}, "unclaim")
    assert answer.status == 409 and "You have not claimed this request" in text


async def test_the_last_checker_who_leaves_is_warned(client, desk):
    request = submitted(desk)
    await send(client, "carol", request, {}, "claim")
    warned = "You are the last who handles request"
    text = part(await page(client, "carol", f"/desk/requests/{request.id}"), "handling")
    assert warned in text and "2 more votes are needed" in text
    await send(client, "chen", request, {}, "claim")
    assert warned not in await page(client, "carol", f"/desk/requests/{request.id}")


async def test_too_few_checkers_are_said_before_anybody_waits_for_them(client, desk):
    from tests.data_mounts.builders import add

    with desk.database.write() as connection:
        add(connection, "tumour-ml", "chen", "cleo")
    request = submitted(desk)
    assert "Only 1 checker known here" in await page(client, "carol", f"/desk/requests/{request.id}")


async def test_places_that_are_taken_grey_the_buttons_with_that_reason(client, desk):
    request = submitted(desk)
    for name in ("chen", "cleo"):
        await send(client, name, request, {}, "claim")
    with desk.database.read() as connection:
        carol = acting(connection, "carol", "tumour-ml")
        reason = objection(carol, Action.VOTE, reread(desk, request), now()).text
    text = await page(client, "carol", f"/desk/requests/{request.id}")
    assert f'value="vote" disabled title="{reason}"' in text and "verdict-1" not in text
    answer, text = await send(client, "carol", request, a_form(request))
    assert answer.status == 409 and reason in text


@pytest.mark.parametrize(("hours", "late"), [(1, False), (47, False), (49, True)])
async def test_waiting_is_measured_against_the_target(client, desk, hours, late):
    request = submitted(desk)
    with desk.database.write() as connection:
        then = now() - timedelta(hours=hours)
        connection.execute(update(requests).where(requests.c.id == request.id).values(waiting_since=then))
    text = await page(client, "carol", "/desk/queue")
    assert ("over 48 h" in text) == late
    assert f'value="{min(100, 100 * hours // 48)}"' in text


async def test_filters_keep_to_one_project(client, desk):
    submitted(desk)
    submitted(desk, {"b.csv": b"b"}, author="erin", project="diabetes-care")
    text = await page(client, "carol", "/desk/queue?project=diabetes-care")
    assert "erin" in text and ">alice<" not in text
    for nonsense in ("?project=no-such", "?tab=nonsense", "?whose=%00", "?project=%00"):
        text = await page(client, "carol", f"/desk/queue{nonsense}")
        assert ">alice<" in text and ">erin<" in text


async def test_a_blind_vote_shows_that_it_was_given_and_nothing_of_it(client, desk):
    request = submitted(desk, TWO)
    voted(desk, request, "carol", rejected=(1,), comment="the secret word")
    for name in ("chen", "audrey", "alice", "bob"):
        text = await page(client, name, f"/desk/requests/{request.id}")
        assert "the secret word" not in text and "cells below 10" not in text and "<b>carol</b> voted" in text
    text = await page(client, "chen", f"/desk/requests/{request.id}")
    assert "1 vote is kept from you until all have voted" in text
    text = await page(client, "carol", f"/desk/requests/{request.id}")
    assert "Change your vote" in text and "the secret word" in text
    assert re.search(r'name="verdict-1" value="rejected" checked', text)


async def test_consolidation_names_the_files_and_shows_each_others_words(client, desk):
    request = voted(desk, voted(desk, submitted(desk, TWO)), "chen", rejected=(2,))
    text = await page(client, "carol", f"/desk/requests/{request.id}")
    box = part(text, "consolidation")
    assert "notes.txt" in box and "table.csv" not in box and "cells below 10" in text
    assert "carol" in part(text, "votes") and "chen" in part(text, "votes")
    mine = await page(client, "alice", f"/desk/requests/{request.id}")
    assert "cells below 10" not in mine and "Consolidation" not in mine and "Reviewed, not agreed yet" in mine


async def test_a_request_of_which_nothing_may_leave_asks_for_return_or_rejection(client, desk):
    request = approved(desk, submitted(desk, TWO), rejected=(1, 2))
    text = await page(client, "carol", f"/desk/requests/{request.id}")
    assert "no file may leave" in part(text, "consolidation") and 'value="reject" disabled' not in text


async def test_the_author_reads_comments_at_their_files_and_what_to_do(client, desk):
    request = returned(desk, submitted(desk, TWO), rejected=(2,), comment="Please round")
    text = await page(client, "alice", f"/desk/requests/{request.id}")
    assert "Please round" in text and "Resubmit…" in text
    first, second = text.split('id="file-2"')
    assert "cells below 10" not in first and "cells below 10" in second
    assert "Its author changes the files and resubmits" in await page(client, "alice", "/desk/requests")


async def test_the_next_round_marks_what_is_new_and_keeps_history_beside_it(client, desk):
    request = returned(desk, voted(desk, submitted(desk, TWO), "carol", rejected=(2,)), by="chen")
    resubmitted(desk, request, {"table.csv": b"group,n\nall,569\n", "notes.txt": NOTES})
    text = await page(client, "chen", f"/desk/requests/{request.id}")
    assert "round 2" in text and text.count("changed in this round") == 1
    assert "unchanged since round 1" in text and "in earlier rounds (1); it counts for nothing now" in text
    assert re.search(r'data-label="State".*Waiting again', await page(client, "chen", "/desk/queue"), re.S)


async def test_people_talk_beside_the_files_each_to_whom_they_choose(client, desk):
    request = submitted(desk, TWO)
    said = {"round": "1", "file": "2", "audience": "everybody", "text": "What is row 3?"}
    answer, _text = await send(client, "carol", request, said, "comment")
    assert answer.status == 303
    answer, _text = await send(client, "alice", request, said | {"file": "0", "text": "A total."}, "comment")
    text = await page(client, "carol", f"/desk/requests/{request.id}")
    assert "What is row 3?" in text and "A total." in part(text, "discussion")
    assert "What is row 3?" not in await page(client, "alice", f"/desk/requests/{request.id}")
    returned(desk, reread(desk, request))
    assert "What is row 3?" in await page(client, "alice", f"/desk/requests/{request.id}")
    answer, text = await send(client, "bob", request, said, "comment")
    assert answer.status == 403


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"text": ""}, 400),
        ({"text": "a\u202eb"}, 400),
        ({"file": "9"}, 400),
        ({"round": "2"}, 409),
        ({"file": "x"}, 400),
    ],
)
async def test_a_comment_that_is_none_is_refused(client, desk, change, status):
    request = submitted(desk)
    form = {"round": "1", "file": "1", "audience": "checkers", "text": "hm"} | change
    answer, _text = await send(client, "carol", request, form, "comment")
    assert answer.status == status and "hm" not in await page(client, "carol", f"/desk/requests/{request.id}")


async def test_a_checker_releases_by_hand_where_the_policy_says_so(client, desk):
    policed(desk, release_by="checker")
    request = approved(desk, submitted(desk))
    await release_due(desk)
    assert "Release…" in await page(client, "carol", f"/desk/requests/{request.id}")
    stale, _text = await send(client, "carol", request, {"version": "1"}, "release")
    assert stale.status == 409 and reread(desk, request).status is Status.APPROVED
    for name in ("alice", "insider", "boss", "audrey"):
        answer, _text = await send(client, name, request, {"version": str(request.version)}, "release")
        assert answer.status == 403
    answer, _text = await send(client, "carol", request, {"version": str(request.version)}, "release")
    assert answer.status == 303 and reread(desk, request).status is Status.RELEASED


async def test_a_recall_ends_downloads_and_tells_who_had_them(client, desk):
    request = approved(desk, submitted(desk))
    await release_due(desk)
    where = f"/desk/requests/{request.id}/files/1/download"
    assert (await client.get(where, headers=as_person("bob"))).status == 200
    form = {"version": str(reread(desk, request).version), "comment": ""}
    answer, text = await send(client, "chen", request, form, "recall")
    assert answer.status == 400 and "Say why it is recalled" in text
    answer, _text = await send(client, "chen", request, form | {"comment": "A cell of 3"}, "recall")
    assert answer.status == 303
    for name in ("carol", "alice"):
        text = await page(client, name, f"/desk/requests/{request.id}")
        assert "Who has downloaded it before it was recalled" in text and "<b>bob</b> <bdi>table.csv</bdi>" in text
        assert "A cell of 3" in text and "/download" not in text
    assert (await client.get(where, headers=as_person("bob"))).status == 404


@pytest.mark.parametrize(("who", "may"), [("members", {"alice", "bob"}), ("author", {"alice"}), ("lead", {"bob"})])
async def test_the_policy_says_who_of_the_members_downloads(client, desk, who, may):
    from data_mounts.members import MemberRole, ensure_member

    with desk.database.write() as connection:
        ensure_member(connection, "adam", "tumour-ml", "bob", MemberRole.LEAD)
    policed(desk, **({"download_by": who} if who != "members" else {"reviewers": 3, "blind": False}))
    request = submitted(desk)
    approved(desk, request, by=("carol", "chen", "cleo")[: request.policy.reviewers])
    await release_due(desk)
    for name in ("alice", "bob"):
        answer = await client.get(f"/desk/requests/{request.id}/files/1/download", headers=as_person(name))
        assert answer.status == (200 if name in may else 403), name
        offered = "/download" in await page(client, name, f"/desk/requests/{request.id}")
        assert offered == (name in may)


async def test_a_returned_request_that_nobody_resubmits_is_closed_by_the_desk(desk):
    early, late = returned(desk, submitted(desk)), returned(desk, submitted(desk, {"b": b"b"}))
    with desk.database.write() as connection:
        then = now() - timedelta(days=91)
        connection.execute(update(requests).where(requests.c.id == late.id).values(updated=then))
    await expire_overdue(desk)
    assert reread(desk, early).status is Status.RETURNED and reread(desk, late).status is Status.EXPIRED

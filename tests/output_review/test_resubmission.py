"""The way back in, as a workspace takes it: what it learns of a return, and how it sends the next round."""

import asyncio
from dataclasses import asdict

import pytest

from output_review.policy import DEFAULT
from output_review.reading import get_request
from output_review.vocabulary import Audience, Status
from output_review.words import in_words
from tests.output_review.kit import (
    NOTES,
    TABLE,
    a_form,
    as_person,
    from_workspace,
    meta_of,
    policed,
    reread,
    returned,
    sha256,
    submitted,
    voted,
)  # fmt: skip

FILES = {"table.csv": b"group,n\nall,569\n", "notes.txt": NOTES}
ROUTE = "/inward/v1/requests"


async def resubmit(client, number, files=FILES, person="alice", project="tumour-ml", **changes):
    form = a_form(files, meta_of(files, **changes))
    answer = await client.post(f"{ROUTE}/{number}/resubmit", data=form, headers=from_workspace(person, project))
    return answer.status, await answer.json()


async def shown(client, number):
    return await (await client.get(f"{ROUTE}/{number}", headers=from_workspace())).json()


async def test_a_returned_request_comes_back_as_another_round(client, desk):
    first = submitted(desk, {"table.csv": TABLE, "notes.txt": NOTES})
    returned(desk, first, rejected=(1,), comment="Join the groups")
    seen = await shown(client, first.id)
    assert (seen["status"], seen["comment"], seen["can_resubmit"]) == ("returned", "Join the groups", True)
    assert [(one["decision"], one["reason"]) for one in seen["files"]] == [("rejected", "cells below 10"), ("", "")]
    assert "resubmits, before" in seen["next_text"]
    status, again = await resubmit(client, first.id, what="Joined")
    assert status == 201 and (again["status"], again["round"], again["what"]) == ("resubmitted", 2, "Joined")
    assert (again["can_resubmit"], again["comment"]) == (False, "")
    assert [(one["sha256"], one["unchanged_since"]) for one in again["files"]] == [
        (sha256(FILES["table.csv"]), None), (sha256(NOTES), 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("person", "project", "status"),
    [
        ("bob", "tumour-ml", 404),
        ("erin", "diabetes-care", 404),
        ("erin", "tumour-ml", 403),
        ("carol", "tumour-ml", 403),
    ],
)
async def test_nobody_resubmits_for_the_author(client, desk, person, project, status):
    back = returned(desk, submitted(desk))
    assert (await resubmit(client, back.id, person=person, project=project))[0] == status
    assert reread(desk, back) == back


@pytest.mark.parametrize("prepared", ["open", "voted", "withdrawn", "not there"])
async def test_what_was_not_returned_is_refused_before_a_byte_of_a_file_is_read(client, desk, prepared):
    request = submitted(desk)
    if prepared == "voted":
        voted(desk, request)
    if prepared == "withdrawn":
        await client.post(f"{ROUTE}/{request.id}/withdraw", headers=from_workspace())
    number = 99 if prepared == "not there" else request.id
    status, answer = await resubmit(client, number)
    assert status == (404 if prepared == "not there" else 409) and answer["error"]
    assert list(desk.settings.layout.incoming.iterdir()) == []
    assert not desk.settings.layout.object(sha256(FILES["table.csv"])).exists()


async def test_a_round_that_began_elsewhere_meanwhile_is_not_overwritten(client, desk):
    back = returned(desk, submitted(desk))
    answers = await asyncio.gather(*(resubmit(client, back.id, {"a.csv": bytes([n])}) for n in range(4)))
    assert sorted(status for status, _ in answers).count(201) == 1
    assert reread(desk, back).round == 2


async def test_statements_go_with_the_request(client, desk):
    policed(desk, statements=["I have removed all names."])
    form = a_form(FILES)
    answer = await client.post(ROUTE, data=form, headers=from_workspace())
    assert answer.status == 400 and "I have removed all names" in (await answer.json())["error"]
    for wrong in ("yes", [1], None):
        refused = a_form(FILES, meta_of(FILES, statements=wrong))
        assert (await client.post(ROUTE, data=refused, headers=from_workspace())).status == 400
    made = a_form(FILES, meta_of(FILES, statements=["I have removed all names."]))
    answer = await client.post(ROUTE, data=made, headers=from_workspace())
    assert answer.status == 201
    number = (await answer.json())["id"]
    page = await (await client.get(f"/desk/requests/{number}", headers=as_person("carol"))).text()
    assert "The author confirms" in page and "I have removed all names." in page


async def test_a_workspace_learns_the_policy_in_force(client, desk):
    told = await (await client.get("/inward/v1/policy", headers=from_workspace())).json()
    assert told == {
        "max_files": 20,
        "max_file_bytes": 16777216,
        "max_total_bytes": 67108864,
        "max_text": 2000,
        "max_code_bytes": 4194304,
        "statements": [],
        "thresholds": asdict(DEFAULT.thresholds),
        "version": 1,
        "in_words": list(in_words(DEFAULT)),
        "project": {"slug": "tumour-ml", "title": "Tumours"},
    }
    policed(desk, max_files=1)
    told = await (await client.get("/inward/v1/policy", headers=from_workspace())).json()
    assert (told["max_files"], told["version"]) == (1, 2)
    answer = await client.post(ROUTE, data=a_form(FILES), headers=from_workspace())
    assert answer.status == 400 and "at most 1" in (await answer.json())["error"]


async def test_a_workspace_learns_nothing_of_a_round_under_way_but_that_it_is(client, desk):
    from output_review import voting
    from tests.output_review.test_blind import doing

    request = submitted(desk)
    doing(desk, request, "carol", voting.comment_on, 1, 1, Audience.EVERYBODY, "a secret")
    voted(desk, request, "carol", rejected=(1,), comment="another secret")
    told = str(await shown(client, request.id))
    assert "secret" not in told and "cells below 10" not in told and "1 of 2 checkers voted" in told
    voted(desk, request, "chen")
    told = await shown(client, request.id)
    assert told["status"] == Status.REVIEWED and "another secret" not in str(told)
    with desk.database.read() as connection:
        assert get_request(connection, request.id).status is Status.REVIEWED

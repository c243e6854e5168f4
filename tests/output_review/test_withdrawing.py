"""An author takes one file out of a round under way: it is voted on no more, and what is agreed on goes on."""

from datetime import timedelta

import pytest

from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput, Refused
from output_review import records, voting, withdrawing
from output_review.provenance import FileRole
from output_review.tables import released_files
from output_review.vocabulary import SYSTEM, FileDecision, FileVerdict, Status
from tests.output_review.kit import (
    NOTES,
    TABLE,
    acting,
    approved,
    as_person,
    events_of,
    from_workspace,
    judged_all,
    reread,
    submitted,
    voted,
)  # fmt: skip
from tests.output_review.test_files import asked_for

TWO = {"table.csv": TABLE, "notes.txt": NOTES}
NONE = timedelta(0)


def withdrawn(desk, request, file, by="alice", version=None):
    with desk.database.write() as connection:
        actor = acting(connection, by, request.project)
        return withdrawing.withdraw_file(connection, actor, request.id, version, file, NONE, now())


def test_a_withdrawn_file_is_voted_on_no_more_and_never_leaves(desks):
    request = withdrawn(desks, submitted(desks, TWO), 2)
    assert (request.status, request.version, request.files[1].role) == (Status.SUBMITTED, 2, FileRole.WITHDRAWN)
    judged = [*judged_all(request), FileDecision(2, FileVerdict.APPROVED)]
    with desks.database.write() as connection, pytest.raises(BadInput, match="withdrawn, never leave"):
        carol = acting(connection, "carol", "tumour-ml")
        voting.vote(connection, carol, request.id, 1, "fine", judged, NONE, now())
    agreed = approved(desks, request)
    assert agreed.status is Status.APPROVED
    with desks.database.write() as connection:
        records.release(connection, SYSTEM, agreed.id, agreed.version, now())
        assert [row.name for row in connection.execute(released_files.select())] == ["table.csv"]


def test_votes_that_both_gave_for_it_before_do_not_let_it_out(desks):
    request = approved(desks, submitted(desks, TWO), rejected=(1,))
    assert request.status is Status.APPROVED  # notes.txt alone may leave: too late to withdraw it
    with pytest.raises(Refused, match="cannot be made smaller"):
        withdrawn(desks, request, 2)
    open_ = voted(desks, submitted(desks, {"a.csv": b"a", "b.csv": b"b"}))
    assert withdrawn(desks, open_, 1).status is Status.IN_REVIEW
    after = voted(desks, reread(desks, open_), "chen")
    with desks.database.write() as connection:
        records.release(connection, SYSTEM, after.id, after.version, now())
        left = connection.execute(released_files.select().where(released_files.c.request_id == after.id)).all()
    assert [row.name for row in left] == ["b.csv"]


def test_withdrawing_the_disputed_file_lets_the_desk_approve_the_others(desks):
    request = voted(desks, voted(desks, submitted(desks, TWO)), "chen", rejected=(2,))
    assert request.status is Status.REVIEWED
    after = withdrawn(desks, request, 2)
    assert after.status is Status.APPROVED and after.release_at is not None
    assert events_of(desks.database, request.id)[-2:] == ["request.file-withdrawn", "request.approved"]
    with desks.database.read() as connection:
        event = audit.events(connection, f"request:{request.id}", 2)[1]
    assert (event.actor, event.details["file"]) == ("alice", "notes.txt")


def test_a_claim_stays_when_a_file_goes(desk):
    request = submitted(desk, TWO)
    with desk.database.write() as connection:
        voting.claim(connection, acting(connection, "carol", "tumour-ml"), request.id, now())
    assert [claim.person for claim in withdrawn(desk, request, 2).claims] == ["carol"]


@pytest.mark.parametrize("file", [0, 3, 9])
def test_a_file_that_is_not_there_is_not_withdrawn(desk, file):
    with pytest.raises(BadInput, match="has no file"):
        withdrawn(desk, submitted(desk, TWO), file)


def test_the_last_output_is_not_withdrawn_by_itself_nor_a_file_twice(desk):
    request = withdrawn(desk, submitted(desk, TWO), 1)
    with pytest.raises(BadInput, match="withdraw the whole request"):
        withdrawn(desk, request, 2)
    with pytest.raises(BadInput, match="no file 1 that could be"):
        withdrawn(desk, request, 1)
    assert reread(desk, request).version == request.version


@pytest.mark.parametrize("by", ["bob", "carol", "chen", "boss", "adam", "erin"])
def test_only_its_author_withdraws_a_file(desk, by):
    request = submitted(desk, TWO)
    with pytest.raises(Refused, match="Only its author"):
        withdrawn(desk, request, 2, by)


def test_of_a_vote_and_a_withdrawal_at_once_the_page_that_was_looked_at_decides(desk):
    request = submitted(desk, TWO)
    voted(desk, request)
    with pytest.raises(Refused, match="changed while you were looking"):
        withdrawn(desk, request, 2, version=request.version)


async def test_workspace_page_and_program_withdraw_it_alike(client, desk):
    request = await asked_for(client, desk)
    told = await (await client.get(f"/inward/v1/requests/{request.id}", headers=from_workspace())).json()
    assert told["can_withdraw_files"] is False  # one output only
    first = submitted(desk, {"a": b"a", "b": b"b", "c": b"c", "d": b"d"})
    own = f"/inward/v1/requests/{first.id}"
    assert (await (await client.get(own, headers=from_workspace())).json())["can_withdraw_files"] is True
    for person, project in (("bob", "tumour-ml"), ("erin", "diabetes-care")):
        gone = await client.post(f"{own}/files/1/withdraw", headers=from_workspace(person, project))
        assert gone.status == 404
    answer = await client.post(f"{own}/files/1/withdraw", headers=from_workspace())
    assert answer.status == 200 and (await answer.json())["files"][0]["role"] == "withdrawn"
    page = await (await client.get(f"/desk/requests/{first.id}", headers=as_person("alice"))).text()
    assert page.count("Withdraw this file…") == 3 and "withdrawn by its author" in page
    path, version = f"/desk/requests/{first.id}/files/2/withdraw", str(reread(desk, first).version)
    posted = await client.post(path, data={"version": version}, headers=as_person("alice"), allow_redirects=False)
    assert posted.status == 303
    body = {"version": reread(desk, first).version}
    path = path.replace("/desk/", "/desk/api/v1/").replace("files/2", "files/3")
    answer = await client.post(path, json=body, headers=as_person("alice"))
    assert answer.status == 200, await answer.text()
    assert [file.role for file in reread(desk, first).files] == [FileRole.WITHDRAWN] * 3 + [FileRole.OUTPUT]
    checker = await (await client.get(f"/desk/requests/{first.id}", headers=as_person("carol"))).text()
    assert 'name="verdict-4"' in checker and 'name="verdict-1"' not in checker

"""What files are for, what they share, where they come from: claimed by a workspace, or known by the platform."""

import json
import time
from datetime import timedelta

import pytest

from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput
from output_review import objects, records, voting
from output_review.provenance import FileRole
from output_review.queries import kept_digests
from output_review.reading import get_request
from output_review.release import release_due
from output_review.tables import released_files, votes
from output_review.vocabulary import (
    SYSTEM,
    FileDecision,
    FileVerdict,
    Status,
)
from output_review.web.start import tidy
from tests.output_review.kit import (
    NOTES,
    TABLE,
    a_form,
    acting,
    approved,
    as_person,
    events_of,
    from_workspace,
    judged_all,
    meta_of,
    resubmitted,
    returned,
    sha256,
)  # fmt: skip
from workspaces import sessions
from workspaces.sessions import Happening, WorkspaceEvent

FILES = {"table.csv": TABLE, "notes.txt": NOTES}
CODE = {"train.py": b"print(1)\n"}
IMAGE = "sha256:" + "a" * 64
GROUP = {"title": "Table 2", "context": "by grade", "controls": "cells below 10 left out"}


def asked(**changes):
    """A table that `train.py` wrote, in a group, and supporting notes."""
    table = {"name": "table.csv", "size": len(TABLE), "group": 1, "code": 1, "path": "project/results/table.csv"}
    notes = {"name": "notes.txt", "size": len(NOTES), "role": "supporting"}
    code = [{"name": name, "size": len(content)} for name, content in CODE.items()]
    return meta_of({}) | {"files": [table, notes], "groups": [GROUP], "code": code} | changes


def started(desk, image=IMAGE, datasets=("wdbc@1",), person="alice"):
    """The guard tells that a workspace has started, as it does."""
    happened = Happening(
        person,
        "tumour-ml",
        WorkspaceEvent.STARTED,
        now(),
        "",
        "",
        image,
        datasets,
        exit_code=None,
        out_of_memory=False,
    )
    with desk.database.write() as connection:
        sessions.record(connection, happened)


async def sent(client, desk, meta=None, code=CODE, path="", files=FILES):
    answer = await client.post(
        f"/inward/v1/requests{path}", data=a_form(files, meta or asked(), code), headers=from_workspace()
    )
    told = await answer.json()
    assert answer.status == 201, told
    return told


async def asked_for(client, desk, meta=None):
    """The request as it is recorded."""
    return await desk.read(get_request, (await sent(client, desk, meta))["id"])


async def test_roles_groups_and_the_code_arrive_with_the_files(client, desk):
    started(desk)
    told = await sent(client, desk)
    assert told["groups"] == [{"number": 1} | GROUP]
    assert [(f["role"], f["group"], f["path"], f["code"]) for f in told["files"]] == [
        ("output", 1, "project/results/table.csv", "train.py"), ("supporting", 0, "", ""),
    ]  # fmt: skip
    request = await desk.read(get_request, told["id"])
    code = request.files[0].code
    assert (code.name, code.size, code.sha256) == ("train.py", 9, sha256(CODE["train.py"]))
    assert desk.settings.layout.object(code.sha256).read_bytes() == CODE["train.py"]


async def test_image_and_datasets_are_the_platforms_own_knowledge_whatever_the_workspace_says(client, desk):
    started(desk, image="sha256:" + "b" * 64, datasets=())
    started(desk)
    started(desk, image="sha256:" + "c" * 64, person="bob")
    lies = {"image": "sha256:" + "e" * 64, "datasets": ["claims@9"], "started": "2020-01-01"}
    request = await asked_for(client, desk, asked(origin=lies, **lies))
    assert (request.origin.image, request.origin.datasets) == (IMAGE, ("wdbc@1",))
    assert request.origin.started is not None and "claims" not in json.dumps(list(request.origin.datasets))


async def test_a_round_from_a_workspace_that_was_never_seen_says_so(client, desk):
    request = await asked_for(client, desk)
    assert request.origin.image == "" and request.origin.datasets == () and request.origin.started is None


async def test_bytes_of_code_are_kept_over_a_restart_and_orphans_are_not(client, desk):
    request = await asked_for(client, desk)
    digests = {file.sha256 for file in request.files} | {request.files[0].code.sha256}
    assert await desk.read(kept_digests) == digests
    await tidy(desk, before=time.time() + 60)
    assert all(desk.settings.layout.object(one).exists() for one in digests)


async def test_code_that_differs_from_what_is_announced_is_refused_and_nothing_is_kept(client, desk):
    for code, words in (({}, "did not arrive"), ({"train.py": b"print(1)\nprint(2)"}, "bigger than announced"),
                        ({"other.py": CODE["train.py"]}, "arrived where")):  # fmt: skip
        answer = await client.post(
            "/inward/v1/requests", data=a_form(FILES, asked(), code), headers=from_workspace()
        )
        assert answer.status == 400 and words in (await answer.json())["error"]
    assert not list(desk.settings.layout.objects.glob("*/*"))


async def test_checkers_vote_on_outputs_alone_and_a_supporting_file_never_leaves(client, desk):
    request = approved(desk, await asked_for(client, desk))
    assert request.status is Status.APPROVED
    await release_due(desk)
    with desk.database.read() as connection:
        left = connection.execute(released_files.select()).all()
    assert [(row.number, row.name) for row in left] == [(1, "table.csv")]
    for person in ("alice", "bob"):
        path = f"/desk/requests/{request.id}/files/2/download"
        assert (await client.get(path, headers=as_person(person))).status == 404


async def test_a_vote_on_a_supporting_file_is_refused(client, desk):
    request = await asked_for(client, desk)
    judged = [*judged_all(request), FileDecision(2, FileVerdict.APPROVED)]
    with desk.database.write() as connection, pytest.raises(BadInput, match="Only outputs are decided about"):
        actor = acting(connection, "carol", "tumour-ml")
        voting.vote(connection, actor, request.id, 1, "fine", judged, now() - now(), now())


async def test_a_supporting_file_stays_even_where_rows_of_votes_approve_it(client, desk):
    """Somebody with the database in their hands, or a fault of ours, has written votes for it."""
    request = approved(desk, await asked_for(client, desk))
    with desk.database.write() as connection:
        for row in connection.execute(votes.select()).all():
            forged = dict(row._mapping) | {"sha256": request.files[1].sha256}
            connection.execute(votes.insert().values(**forged))
        released = records.release(connection, SYSTEM, request.id, request.version, now())
        left = connection.execute(released_files.select()).all()
    assert [row.name for row in left] == ["table.csv"]
    assert [file.released for file in released.files] == [True, False]


async def test_what_was_claimed_stays_over_an_approval_that_is_taken_back(client, desk):
    started(desk)
    first = approved(desk, await asked_for(client, desk), grace=timedelta(hours=1))
    started(desk, image="sha256:" + "d" * 64)
    with desk.database.write() as connection:
        actor = acting(connection, "carol", "tumour-ml")
        again = voting.take_back(connection, actor, first.id, first.version, now())
    assert again.round == 2 and (again.groups, again.origin) == (first.groups, first.origin)
    assert [(f.role, f.group, f.path, f.code) for f in again.files] == [
        (f.role, f.group, f.path, f.code) for f in first.files
    ]


async def test_another_round_has_roles_and_groups_of_its_own(client, desk):
    back = returned(desk, await asked_for(client, desk))
    again = resubmitted(desk, back, FILES)
    assert again.groups == () and {file.role for file in again.files} == {FileRole.OUTPUT}
    assert [file.seen_in for file in again.files] == [(1,), (1,)]


async def test_the_log_says_what_each_file_was_for_and_which_code_wrote_it(client, desk):
    request = await asked_for(client, desk)
    assert events_of(desk.database, request.id) == ["request.submitted"]
    with desk.database.read() as connection:
        told = audit.events(connection, f"request:{request.id}")[0].details["files"]
    assert [one["role"] for one in told] == ["output", "supporting"]
    assert told[0]["code"] == sha256(CODE["train.py"])


async def test_checkers_read_the_code_in_a_preview_of_its_own_and_its_author_does_not(client, desk):
    request = await asked_for(client, desk)
    path = f"/desk/requests/{request.id}/files/1/code"
    answer = await client.get(path, headers=as_person("carol"))
    assert answer.status == 200 and "print(1)" in await answer.text()
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    for person in ("alice", "bob", "insider", "boss"):
        assert (await client.get(path, headers=as_person(person))).status == 403, person
    for person, where in (
        ("erin", path),
        ("carol", path.replace("/1/", "/2/")),
        ("carol", path.replace("/1/", "/9/")),
    ):
        assert (await client.get(where, headers=as_person(person))).status == 404


async def test_the_page_says_what_is_known_and_what_is_only_told(client, desk):
    started(desk)
    request = await asked_for(client, desk)
    page = await (await client.get(f"/desk/requests/{request.id}", headers=as_person("carol"))).text()
    for words in ("Table 2", "cells below 10 left out", "As the workspace told:", "project/results/table.csv",
                  "train.py", "wdbc@1", "own record", "supporting, never released"):  # fmt: skip
        assert words in page, words
    assert 'name="verdict-1"' in page and 'name="verdict-2"' not in page
    own = await (await client.get(f"/desk/requests/{request.id}", headers=as_person("alice"))).text()
    assert "written by train.py" in own and "<iframe" not in own


async def test_an_unreadable_copy_of_code_is_not_shown_as_if_it_were_whole(client, desk):
    request = await asked_for(client, desk)
    place = desk.settings.layout.object(request.files[0].code.sha256)
    place.chmod(0o600)
    place.write_bytes(b"print(2)\n")
    assert not objects.is_intact(desk.settings.layout, request.files[0].code.sha256, 9)
    answer = await client.get(f"/desk/requests/{request.id}/files/1/code", headers=as_person("carol"))
    assert "gone or damaged" in await answer.text()

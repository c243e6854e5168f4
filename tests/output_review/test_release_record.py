"""What goes out with released files: a record that its published schema holds, an archive always the same."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from docs.tables import DOCS
from enclave.clock import now
from enclave.errors import Refused
from output_review import bundle, records
from output_review.queries import record_text, released_of
from output_review.release import release_due
from output_review.tables import released_files
from output_review.vocabulary import SYSTEM
from output_review.web.api.record import schema
from tests.output_review.kit import (
    NOTES,
    TABLE,
    acting,
    approved,
    as_person,
    at_once,
    events_of,
    leave,
    policed,
    reread,
    sha256,
    submitted,
    voted,
)  # fmt: skip
from tests.output_review.reported import a_finding, reported
from tests.output_review.test_files import IMAGE, asked_for, started
from tests.output_review.test_release import flip_a_byte, released

TWO = {"modèle 1.csv": TABLE, "notes.txt": NOTES}
VALIDATOR = Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


async def get(client, person, path):
    return await client.get(path, headers=as_person(person))


async def record_of(desk, request):
    return json.loads(await desk.read(record_text, request.id))


async def test_a_record_holds_its_published_schema(client, desk):
    Draft202012Validator.check_schema(schema())
    started(desk)
    policed(desk, statements=["I counted."], reviewers=1, blind=False)
    policed(desk, statements=[])
    request = approved(desk, await asked_for(client, desk), by=("carol",))
    await release_due(desk)
    record = await record_of(desk, request)
    VALIDATOR.validate(record)
    assert record["origin"]["image"] == IMAGE and record["origin"]["datasets"] == ["wdbc@1"]
    (file,) = record["files"]
    assert (file["name"], file["sha256"], record["stayed"]) == ("table.csv", sha256(TABLE), 1)
    assert file["as_the_workspace_told"]["code"]["name"] == "train.py"
    assert [(d["reviewer"], d["verdict"]) for d in file["decisions"]] == [("carol", "approved")]
    assert record["criteria"]["policy_version"] == 3 and record["criteria"]["policy"]["reviewers"] == 1
    assert record["approvals"][0]["reason"] == "no small cells" and record["released"]["by"] == "system:desk"
    (gap,) = record["not_checked"]
    assert record["findings"] == [] and "No automatic check of this file had come to its end" in gap["in_words"]
    assert file["checks"] | {"state": "waiting", "verdict": None, "ended": None, "ran": []} == file["checks"]


async def test_a_record_that_lacks_something_or_says_more_does_not_hold(client, desk):
    record = await record_of(desk, await released(desk))
    VALIDATOR.validate(record)
    for name in record:
        with pytest.raises(ValidationError):
            VALIDATOR.validate({k: v for k, v in record.items() if k != name})
    for wrong in ({"more": 1}, {"version": 1}, {"files": [{}]}, {"findings": [{}]}, {"stayed": -1}):
        with pytest.raises(ValidationError):
            VALIDATOR.validate(record | wrong)


async def test_a_record_tells_nothing_of_what_stays_inside(client, desk):
    request = await released(desk, TWO, inside=(2,))
    text = await desk.read(record_text, request.id)
    assert json.loads(text)["stayed"] == 1
    assert "notes.txt" not in text and sha256(NOTES) not in text and "cells below 10" not in text


async def test_a_record_counts_findings_by_rule_with_the_reasons_against_them_and_no_value(client, desk):
    """What a check says may be anything that it read: only words of our own list go out."""
    row = "Erika Mustermann 1970-01-01"
    said = {"message": row, "value": row, "advice": row, "source": row, "formula": row}
    found = [a_finding(rule="minimum-count", place={"row": n, "column": 2, "member": row}) | said for n in (1, 2)]
    gaps = [{"check": "rows-of-data", "why": row}, {"check": "file", "why": row}, {"check": row, "why": row}]
    request = submitted(desk, TWO)
    invented = a_finding("review", rule=row) | said
    reported(desk, request, *found, invented, not_checked=gaps, ran=["minimum-count", row])
    reported(desk, request, a_finding(rule="zero-cell"), file=2)
    voted(desk, request, "carol", rejected=(2,), why="rounded to 5")
    voted(desk, request, "chen", rejected=(2,), why="it is")
    await release_due(desk)
    text = await desk.read(record_text, request.id)
    record = json.loads(text)
    VALIDATOR.validate(record)
    assert record["findings"] == [
        {"file": 1, "rule": "minimum-count", "severity": "block", "places": 2},
        {"file": 1, "rule": "unknown", "severity": "review", "places": 1},
    ]
    told = [(gap["check"], gap["in_words"]) for gap in record["not_checked"]]
    assert told[0] == ("rows-of-data", "Rows of the granted data")
    assert [name for name, _ in told[1:]] == [None, None]
    (file,) = record["files"]
    assert (file["checks"]["verdict"], file["checks"]["ran"]) == ("block", ["minimum-count"])
    assert [(d["reason"], d["against"]) for d in file["decisions"]] == [
        ("rounded to 5", ["minimum-count"]), ("it is", ["minimum-count"]),
    ]  # fmt: skip
    assert row not in text and "zero-cell" not in text, "nor what was found in a file that stays"


async def test_what_was_approved_before_the_checks_ended_is_not_said_to_be_against_them(client, desk):
    request = submitted(desk)
    voted(desk, request, "carol")
    reported(desk, request, a_finding(rule="minimum-count"))
    voted(desk, request, "chen", why="it is rounded")
    await release_due(desk)
    (file,) = (await record_of(desk, request))["files"]
    assert [d["against"] for d in file["decisions"]] == [[], ["minimum-count"]]


async def test_the_desk_serves_the_schema_that_the_docs_print(client):
    answer = await client.get("/desk/api/v1/record-schema", headers=as_person("erin"))
    assert await answer.json() == schema()
    printed = (DOCS / "release-record.md").read_text().split("```json")[1].split("```")[0]
    assert json.loads(printed) == schema()


async def test_everything_that_was_released_leaves_in_one_archive_with_its_record(client, desk):
    request = await released(desk, TWO)
    path = f"/desk/requests/{request.id}/bundle"
    answer = await get(client, "alice", path)
    body = await answer.read()
    assert answer.status == 200 and answer.content_length == len(body)
    assert f'filename="request-{request.id}.zip"' in answer.headers["Content-Disposition"]
    assert "sandbox; default-src 'none'" in answer.headers["Content-Security-Policy"]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["release-record.json", "files/modèle 1.csv", "files/notes.txt"]
        assert archive.read("files/modèle 1.csv") == TABLE and archive.read("files/notes.txt") == NOTES
        assert archive.read("release-record.json").decode() == await desk.read(record_text, request.id)
    assert await (await get(client, "bob", path)).read() == body
    assert [file.downloads for file in reread(desk, request).files] == [2, 2]
    assert events_of(desk.database, request.id)[-4:] == ["request.file-downloaded"] * 4


async def test_an_archive_is_no_way_to_what_is_not_released(client, desk):
    partly = await released(desk, TWO, inside=(2,))
    body = await (await get(client, "alice", f"/desk/requests/{partly.id}/bundle")).read()
    assert zipfile.ZipFile(io.BytesIO(body)).namelist() == ["release-record.json", "files/modèle 1.csv"]
    in_grace = approved(desk, submitted(desk, {"g.csv": b"g"}), grace=timedelta(hours=1))
    for number in (in_grace.id, submitted(desk, {"w.csv": b"w"}).id, 999):
        for what in ("bundle", "record"):
            assert (await get(client, "alice", f"/desk/requests/{number}/{what}")).status == 404
    for person in ("erin", "carol", "adam", "boss", "audrey"):
        assert (await get(client, person, f"/desk/requests/{partly.id}/bundle")).status == 404, person
    leave(desk.database, "tumour-ml", "alice")
    assert (await get(client, "alice", f"/desk/requests/{partly.id}/bundle")).status == 404
    statuses = {name: (await get(client, name, f"/desk/requests/{partly.id}/record")).status
                for name in ("alice", "bob", "carol", "audrey", "erin", "adam")}  # fmt: skip
    assert statuses == {"alice": 200, "bob": 200, "carol": 200, "audrey": 200, "erin": 404, "adam": 404}


async def test_a_recalled_release_is_not_handed_out_and_its_record_stays(client, desk):
    request = await released(desk)
    await get(client, "bob", f"/desk/requests/{request.id}/bundle")
    with desk.database.write() as connection:
        gone = records.recall(
            connection, acting(connection, "carol", "tumour-ml"), request.id, request.version, "why", now()
        )
    assert gone.status == "recalled"
    assert (await get(client, "alice", f"/desk/requests/{request.id}/bundle")).status == 404
    assert (await get(client, "alice", f"/desk/requests/{request.id}/record")).status == 200
    page = await (await get(client, "carol", f"/desk/requests/{request.id}")).text()
    assert "<b>bob</b> <bdi>table.csv</bdi>" in page


async def test_a_damaged_file_stops_the_archive_and_nothing_is_counted(client, desk):
    request = await released(desk, TWO)
    flip_a_byte(desk, request.files[1])
    answer = await get(client, "alice", f"/desk/requests/{request.id}/bundle")
    assert answer.status == 409 and "notes.txt is damaged" in await answer.text()
    assert [file.downloads for file in reread(desk, request).files] == [0, 0]
    assert events_of(desk.database, request.id)[-1] == "request.incident"


async def test_downloads_end_after_as_many_as_the_policy_said(client, desk):
    policed(desk, max_downloads=2)
    request = await released(desk, TWO)
    one, all_ = f"/desk/requests/{request.id}/files/1/download", f"/desk/requests/{request.id}/bundle"
    policed(desk, max_downloads=100)  # too late for this one
    assert [(await get(client, "alice", path)).status for path in (one, all_, one, all_)] == [200, 200, 409, 409]
    assert [file.downloads for file in reread(desk, request).files] == [2, 1]
    assert (await get(client, "alice", one.replace("files/1", "files/2"))).status == 200
    page = await (await get(client, "alice", f"/desk/requests/{request.id}")).text()
    assert "was downloaded 2 times, as often as its policy allows" in page and "/download" not in page


async def test_downloads_end_when_their_days_are_over(client, desk):
    policed(desk, download_days=1)
    request = await released(desk)
    with desk.database.write() as connection:
        connection.execute(released_files.update().values(until=now() - timedelta(seconds=1)))
    for path in ("files/1/download", "bundle"):
        answer = await get(client, "alice", f"/desk/requests/{request.id}/{path}")
        assert answer.status == 409 and "could be downloaded until" in await answer.text()
    assert "request.file-downloaded" not in events_of(desk.database, request.id)


def test_of_many_who_take_the_last_download_at_once_one_gets_it(desks):
    policed(desks, max_downloads=1)
    request = approved(desks, submitted(desks))
    with desks.database.write() as connection:
        records.release(connection, SYSTEM, request.id, request.version, now())
        found = released_of(connection, request.id)

    def take():
        with desks.database.write() as connection:
            return records.count_downloads(connection, "bob", found, now())

    outcomes = at_once(*[take] * 6)
    assert [type(one) for one in outcomes].count(Refused) == 5 and outcomes.count(None) == 1
    assert reread(desks, request).files[0].downloads == 1
    assert events_of(desks.database, request.id).count("request.file-downloaded") == 1


NAMES = st.lists(st.text("abcé1 -", min_size=1, max_size=8).map(str.strip).filter(bool), unique=True, max_size=4)


@given(NAMES, st.binary(max_size=50), st.text(max_size=30))
def test_the_same_files_make_the_same_archive(names, content, record):
    def made():
        target = io.BytesIO()
        bundle.write(target, record, ((name, io.BytesIO(content)) for name in names))
        return target.getvalue()

    assert made() == made()
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        assert archive.namelist() == ["release-record.json", *(f"files/{name}" for name in names)]
        assert all(archive.read(f"files/{name}") == content for name in names)

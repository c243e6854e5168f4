"""What automatic checks found, where people decide: on pages, in previews, in the API; and what it asks of them."""

import io
import pickle
import re
import zipfile
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.neighbors import KNeighborsClassifier

from enclave.clock import now
from enclave.errors import BadInput
from output_review import voting
from output_review.checked import checks_of, verdicts
from output_review.evidence import RunState, in_short
from output_review.sight import Findings, sees_findings
from output_review.vocabulary import FileDecision, FileVerdict, Status
from output_review.web.evidence import _STYLE
from tests.output_review.kit import (
    NOTES,
    TABLE,
    acting,
    approved,
    as_person,
    from_workspace,
    reread,
    returned,
    submitted,
    voted,
)  # fmt: skip
from tests.output_review.reported import a_finding, reported
from tests.output_review.test_pages import a_form, confirm, page, send

NOTEBOOK = b'{"cells": [{"cell_type": "raw", "source": "x", "metadata": {}}], "metadata": {}, "nbformat": 4}'
TWO = {"table.csv": TABLE, "notes.txt": NOTES}
SMALL = a_finding(rule="minimum-count", message="Only <b>4</b> people.", place={"row": 1, "column": 2})
MARK = 'class="pin blocks" id="pin-1" href="#finding-1"'


def path(request):
    return f"/desk/requests/{request.id}"


async def preview(client, request, number=1, query="", person="carol"):
    answer = await client.get(f"{path(request)}/files/{number}/preview{query}", headers=as_person(person))
    return answer, await answer.text()


def says(desk, request, by, reason, verdict=FileVerdict.APPROVED):
    with desk.database.write() as connection:
        actor, judged = acting(connection, by, request.project), [FileDecision(1, verdict, reason)]
        return voting.vote(connection, actor, request.id, 1, "looked", judged, timedelta(0), now())


async def test_a_checker_reads_what_was_found_where_and_what_was_not_looked_at(client, desk):
    request = submitted(desk, TWO)
    reported(desk, request, SMALL, not_checked=[{"check": "rows-of-data", "why": "no data <i>was</i> given"}])
    text = await page(client, "carol", path(request))
    first, second = text.split('id="file-2"')
    assert "breaks a rule" in first and "Only &lt;b&gt;4&lt;/b&gt; people." in first and "<b>4</b>" not in text
    assert f'href="{path(request)}/files/1/preview?sheet=1&amp;row=1&amp;column=2" data-pin="1"' in first
    assert "measured 4, threshold 11" in first and "Merge categories." in first and "SNDS" in first
    assert "Rows of the granted data" in first and "no data &lt;i&gt;was" in first, "what was not checked is said"
    assert "not checked yet" in second and "looked at 1 of 2 outputs, and 1 of them breaks a rule" in first


async def test_a_file_that_could_not_be_checked_says_so_and_is_no_pass(client, desk):
    request = submitted(desk)
    reported(desk, request, ran=[], not_checked=[{"check": "file", "why": "it took too much memory"}])
    text = await page(client, "carol", path(request))
    assert "it took too much memory" in text and "nothing found" not in text
    _answer, text = await send(client, "carol", request, a_form(request))
    assert "Not checked: it took too much memory" in text.partition("<dialog")[2]


async def test_the_failing_cell_bears_the_findings_number_and_leads_there_and_back(client, desk):
    request = submitted(desk, TWO)
    reported(desk, request, SMALL, a_finding("review", {"column": 2}), a_finding("review", {"row": 2}))
    answer, text = await preview(client, request)
    assert re.search(rf'<td class=" found blocks">357 <a {MARK}', text)
    assert re.search(r'<th>2 <a class="pin asks" id="pin-3"', text)
    assert re.search(r'<th>n <a class="pin asks" id="pin-2"', text)
    assert '<li id="finding-1">' in text and 'href="?sheet=1&amp;row=1&amp;column=2#pin-1"' in text
    assert "<script" not in text
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert ".found.blocks" in _STYLE
    assert "pin-" not in (await preview(client, request, 2))[1].split("</style>")[1], "the other file has none"


@pytest.mark.parametrize(
    ("name", "content", "kind", "place", "where"),
    [
        ("log.txt", b"one\ntwo\nthree\n", "text", {"row": 2}, r'<li class=" found blocks">two <a class="pin'),
        ("a.ipynb", NOTEBOOK,
         "notebook", {"cell": 1, "row": 2}, r'<section class="found blocks">\s*<h2><span.*?1</span> [^<]*<a'),
    ],
)  # fmt: skip
async def test_lines_and_cells_bear_them_too(client, desk, name, content, kind, place, where):
    request = submitted(desk, {name: content})
    reported(desk, request, a_finding(place=place), kind=kind)
    assert re.search(where, (await preview(client, request))[1])


async def test_members_objects_and_pages_bear_them_too(client, desk):
    packed, drawn = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tables/one.csv", TABLE)
    Image.new("RGB", (60, 60)).save(drawn, "pdf")
    model = pickle.dumps(KNeighborsClassifier().fit([[0.0], [1.0]] * 5, [0, 1] * 5))
    request = submitted(desk, {"a.zip": packed.getvalue(), "b.pkl": model, "c.pdf": drawn.getvalue()})
    for file, kind, place in ((1, "archive", {"member": "tables/one.csv", "row": 1}),
                              (2, "pickle", {"member": "._fit_X"}), (3, "pdf", {"page": 1})):  # fmt: skip
        reported(desk, request, a_finding(place=place), file=file, kind=kind)
    assert re.search(r'<td class="found blocks">tables/one.csv <a class="pin', (await preview(client, request))[1])
    assert re.search(r"<b>\._fit_X</b> .*? <a class=.pin", (await preview(client, request, 2))[1])
    assert re.search(r"Page 1 of 1 <a class=.pin", (await preview(client, request, 3))[1])


async def test_to_approve_against_a_finding_asks_why_and_the_question_names_it(client, desk):
    request = submitted(desk)
    reported(desk, request, SMALL)
    answer, text = await send(client, "carol", request, a_form(request))
    assert answer.status == 400 and "breaks a rule (minimum-count): say why" in text
    why = {"reason-1": "rounded <to> 5"}
    answer, text = await send(client, "carol", request, a_form(request, **why))
    asked = text.partition("<dialog")[2].partition("</dialog")[0]
    assert "Against a finding that blocks" in asked and "minimum-count" in asked and "rounded &lt;to&gt; 5" in asked
    answer, _text = await confirm(client, "carol", request, a_form(request, **why))
    assert answer.status == 303 and reread(desk, request).status is Status.IN_REVIEW
    assert "rounded" not in await page(client, "chen", path(request)), "the round is blind"
    voted(desk, request, "chen", rejected=(1,))
    assert "rounded &lt;to&gt; 5" in await page(client, "chen", path(request))


async def test_a_finding_that_comes_while_somebody_votes_is_shown_before_it_is_decided(client, desk):
    request = submitted(desk)
    form = a_form(request, **{"reason-1": "fine"})
    _answer, text = await send(client, "carol", request, form)
    told = re.search(r'name="confirmed" value="([0-9a-f]{64})"', text).group(1)
    reported(desk, request, SMALL)
    answer, text = await send(client, "carol", request, form | {"confirmed": told})
    asked = text.partition("<dialog")[2].partition("</dialog")[0]
    assert (
        answer.status == 200 and "minimum-count" in asked and "what the checks say of a file have changed" in asked
    )
    assert reread(desk, request).votes == ()


def test_the_reason_is_asked_for_in_the_transaction_that_votes(desks):
    request = submitted(desks)
    reported(desks, request, SMALL)
    with pytest.raises(BadInput, match="minimum-count"):
        says(desks, request, "carol", " ")
    assert reread(desks, request).votes == ()
    says(desks, request, "carol", "rounded")
    assert says(desks, request, "chen", "it is").status is Status.APPROVED


def test_nobody_waits_for_a_check_and_one_that_asks_to_look_asks_for_no_reason(desks):
    for findings in ((), (a_finding("review"),)):
        request = submitted(desks)
        if findings:
            reported(desks, request, *findings)
        assert approved(desks, request).status is Status.APPROVED


@pytest.mark.parametrize(("name", "before", "after"), [
    ("carol", Findings.WHOLE, Findings.WHOLE), ("audrey", Findings.WHOLE, Findings.WHOLE),
    ("alice", Findings.NOTHING, Findings.ADVICE), ("bob", Findings.NOTHING, Findings.NOTHING),
    ("adam", Findings.NOTHING, Findings.NOTHING), ("boss", Findings.NOTHING, Findings.NOTHING),
    ("insider", Findings.NOTHING, Findings.NOTHING),
])  # fmt: skip
async def test_who_sees_what_was_found(client, desk, name, before, after):
    request = submitted(desk)
    reported(desk, request, SMALL)
    again = returned(desk, request)
    with desk.database.read() as connection:
        actor = acting(connection, name, request.project)
    assert (sees_findings(actor, request), sees_findings(actor, again)) == (before, after)
    answer = await client.get(f"/desk/api/v1/requests/{request.id}", headers=as_person(name))
    if answer.status == 200:
        (file,) = (await answer.json())["files"]
        assert (file["checks"] is None) == (after is Findings.NOTHING)
        assert ("<b>4</b> people" in str(file)) == (after is Findings.WHOLE)


async def test_the_author_of_a_returned_request_reads_what_to_do_and_no_value(client, desk):
    request = submitted(desk)
    reported(desk, request, SMALL)
    assert "minimum-count" not in await page(client, "alice", path(request))
    returned(desk, request)
    text = await page(client, "alice", path(request))
    assert "minimum-count" in text and "Join categories until each holds enough people" in text
    assert "row 1, column 2" in text and "4</b>" not in text and "4&lt;/b&gt;" not in text
    assert (await preview(client, request, person="alice"))[0].status == 403
    answer = await client.get(f"/inward/v1/requests/{request.id}", headers=from_workspace())
    (file,) = (await answer.json())["files"]
    assert file["checks"]["findings"][0]["advice"].startswith("Join categories")
    assert "<b>4</b>" not in str(file), "nor in the workspace's panel"


async def test_programs_are_told_what_pages_say(client, desk):
    request = submitted(desk, TWO)
    reported(desk, request, SMALL)
    answer = await client.get(f"/desk/api/v1/requests/{request.id}", headers=as_person("carol"))
    first, second = (await answer.json())["files"]
    assert first["checks"]["verdict"] == "block" and first["checks"]["findings"][0]["rule"] == "minimum-count"
    assert (second["checks"]["state"], second["checks"]["verdict"]) == ("waiting", None)
    ballot = {"round": 1, "comment": "fine", "files": [{"number": n, "verdict": "approved"} for n in (1, 2)]}
    headers = as_person("carol", Origin="http://127.0.0.1")
    answer = await client.post(f"/desk/api/v1/requests/{request.id}/vote", json=ballot, headers=headers)
    assert answer.status == 400 and "minimum-count" in (await answer.json())["detail"]
    with desk.database.read() as connection:
        assert checks_of(connection, request.id)[1].blocking == ("minimum-count",)


async def test_the_queue_says_in_short_what_was_found_to_those_who_see_it(client, desk):
    request = submitted(desk)
    assert "being checked" in await page(client, "carol", "/desk/queue")
    reported(desk, request, SMALL)
    for name in ("carol", "audrey"):
        assert "breaks a rule" in await page(client, name, "/desk/queue")
    hindered = await page(client, "insider", "/desk/queue")
    assert f"/desk/requests/{request.id}" in hindered and "breaks a rule" not in hindered
    returned(desk, request)
    assert "breaks a rule" not in await page(client, "carol", "/desk/queue?tab=returned")


def test_the_outputs_of_many_requests_are_counted_by_verdict_or_state(desks):
    one, two = submitted(desks, TWO), submitted(desks)
    reported(desks, one, SMALL)
    with desks.database.read() as connection:
        assert verdicts(connection, [one.id, two.id, 99]) == {
            one.id: {"block": 1, "waiting": 1}, two.id: {"waiting": 1}, 99: {}
        }  # fmt: skip


_OUTCOMES = [RunState.WAITING, RunState.RUNNING, RunState.NOT_CHECKED, "pass", "review", "block"]


@given(st.dictionaries(st.sampled_from(_OUTCOMES), st.integers(1, 9)))
def test_the_gravest_of_a_rounds_files_is_said_and_good_only_if_all_are(files):
    kind, words = in_short(files)
    assert (kind == "bad") == ("block" in files)
    assert (kind == "good") == (set(files) == {"pass"})
    assert bool(words) == bool(files)
    assert not files or sum(files.values()) > 1 or ":" not in words

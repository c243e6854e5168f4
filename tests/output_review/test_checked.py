"""Every output of a round waits for the checks, or keeps a report that still holds; nothing else is kept as one."""

from datetime import timedelta

import pytest

from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput, NotFound
from enclave.people import Role
from output_review import voting
from output_review.checked import checks_of, put_report
from output_review.evidence import RunState
from output_review.provenance import FileRole
from output_review.release import release_due
from tests.data_mounts.builders import granted, login, register
from tests.output_review.kit import TABLE, acting, approved, policed, resubmitted, returned, submitted
from tests.output_review.reported import a_finding, a_report

OTHER = b"group,n\nbenign,12\n"


def checks(desk, request):
    with desk.database.read() as connection:
        return checks_of(connection, request.id)


def put(desk, request, report, file=1):
    with desk.database.write() as connection:
        return put_report(connection, request.id, file, report, now())


def grant(desk):
    with desk.database.write() as connection:
        login(connection, "diego", Role.DATA_CONTROLLER)
        register(connection)
        granted(connection)


def test_every_output_of_a_new_round_waits_and_a_supporting_file_does_not(desks):
    request = submitted(desks, {"table.csv": TABLE, "other.csv": OTHER})
    found = checks(desks, request)
    assert {number: one.state for number, one in found.items()} == {1: RunState.WAITING, 2: RunState.WAITING}
    assert all(one.report is None and not one.why for one in found.values())
    assert all(file.role is FileRole.OUTPUT for file in request.files)


def test_a_report_is_kept_with_its_event_under_the_name_that_the_file_has_here(desks):
    request = submitted(desks)
    kept = put(desks, request, a_report(TABLE, a_finding()))
    assert checks(desks, request) == {1: kept}
    assert (kept.state, kept.report["verdict"], kept.report["file"]) == (RunState.DONE, "block", "table.csv")
    with desks.database.read() as connection:
        event = audit.events(connection, f"check:{request.id}", 5)[0]
    assert (event.event, event.actor, event.details["findings"]) == ("check.done", "system:desk", 1)


def test_the_verdict_is_worked_out_here_and_not_believed(desks):
    request = submitted(desks)
    report = a_report(TABLE, a_finding(), verdict="pass")
    assert put(desks, request, report).report["verdict"] == "block"
    nothing_ran = put(desks, request, a_report(TABLE, ran=[], verdict="pass"))
    assert (nothing_ran.state, nothing_ran.report["verdict"]) == (RunState.NOT_CHECKED, "review")
    assert nothing_ran.why == "no check came to its end"


def test_a_file_on_which_no_check_came_to_its_end_is_not_checked_and_says_why(desks):
    request = submitted(desks)
    gap = {"check": "file", "why": "it crashed, or took too much memory"}
    kept = put(desks, request, a_report(TABLE, ran=[], not_checked=[gap]))
    assert (kept.state, kept.why) == (RunState.NOT_CHECKED, gap["why"])


@pytest.mark.parametrize(
    "report",
    [
        None, [], "pass", {}, a_report(OTHER), a_report(TABLE, schema=2), a_report(TABLE, kind="<b>"),
        a_report(TABLE, findings="none"), a_report(TABLE, findings=[a_finding()] * 1001),
        a_report(TABLE, a_finding("harmless")), a_report(TABLE, a_finding(place=["row"])),
        a_report(TABLE, a_finding(place={"row": -1})), a_report(TABLE, a_finding(place={"row": True})),
        a_report(TABLE, a_finding(place={"row": 10**30})), a_report(TABLE, a_finding(place={"a\nb": 1})),
        a_report(TABLE, a_finding(value=[4])), a_report(TABLE, a_finding(value=float("nan"))),
        a_report(TABLE, a_finding(value=10**400)), a_report(TABLE, a_finding(message=None)),
        a_report(TABLE, a_finding(check="x" * 81)), a_report(TABLE, ran=["a"] * 201), a_report(TABLE, ran=[1]),
        a_report(TABLE, not_checked=[{"check": "file"}]), a_report(TABLE, seconds="long"),
    ],
)  # fmt: skip
def test_what_is_no_report_on_these_bytes_is_refused_and_changes_nothing(desk, report):
    request = submitted(desk)
    with pytest.raises(BadInput):
        put(desk, request, report)
    assert checks(desk, request)[1].state is RunState.WAITING


def test_hostile_texts_are_cut_and_made_visible_and_unknown_fields_are_dropped(desk):
    request = submitted(desk)
    hostile = a_finding(message="x" * 5000 + "\u202e", advice="a\u202eb\x00", script="<script>")
    found = put(desk, request, a_report(TABLE, hostile, more="<script>")).report
    assert "more" not in found and "script" not in found["findings"][0]
    assert found["findings"][0]["message"].startswith("x" * 1000 + "… (+4,001")
    assert found["findings"][0]["advice"] == "a⟨202E⟩b⟨0000⟩"


def test_there_is_nothing_to_keep_for_a_file_that_is_not_there(desk):
    request = submitted(desk)
    with pytest.raises(NotFound):
        put(desk, request, a_report(TABLE), file=2)


def test_an_unchanged_file_keeps_its_report_in_the_next_round_and_a_changed_one_waits(desks):
    first = submitted(desks, {"table.csv": TABLE, "other.csv": OTHER})
    put(desks, first, a_report(TABLE, a_finding()), 1)
    put(desks, first, a_report(OTHER), 2)
    again = resubmitted(desks, returned(desks, first), {"table.csv": TABLE, "other.csv": OTHER + b"more,20\n"})
    found = checks(desks, again)
    assert [found[1].state, found[2].state] == [RunState.DONE, RunState.WAITING]
    assert found[1].report["findings"] and found[2].report is None


def test_a_file_that_was_not_checked_is_tried_again_in_the_next_round(desks):
    first = submitted(desks)
    put(desks, first, a_report(TABLE, ran=[]))
    again = resubmitted(desks, returned(desks, first), {"table.csv": TABLE, "other.csv": OTHER})
    assert checks(desks, again)[1].state is RunState.WAITING


def test_another_policy_another_dataset_or_another_release_makes_a_report_old(desks):
    def unchanged_after(change):
        first = submitted(desks)
        put(desks, first, a_report(TABLE))
        back = returned(desks, first)
        change()
        return checks(desks, resubmitted(desks, back, {"table.csv": TABLE}))[1].state

    assert unchanged_after(lambda: None) is RunState.DONE
    assert unchanged_after(lambda: policed(desks, min_count=20)) is RunState.WAITING
    assert unchanged_after(lambda: grant(desks)) is RunState.WAITING


async def test_a_release_of_the_project_makes_a_report_old_and_one_of_another_does_not(desk):
    async def unchanged_after(author, project):
        first = submitted(desk)
        put(desk, first, a_report(TABLE))
        back = returned(desk, first)
        approved(desk, submitted(desk, {"new.csv": project.encode() + OTHER}, author=author, project=project))
        await release_due(desk)
        return checks(desk, resubmitted(desk, back, {"table.csv": TABLE}))[1].state

    assert await unchanged_after("erin", "diabetes-care") is RunState.DONE
    assert await unchanged_after("bob", "tumour-ml") is RunState.WAITING


def test_a_round_that_is_taken_back_keeps_its_reports(desks):
    request = submitted(desks)
    put(desks, request, a_report(TABLE))
    done = approved(desks, request, grace=timedelta(hours=1))
    with desks.database.write() as connection:
        carol = acting(connection, "carol", "tumour-ml")
        again = voting.take_back(connection, carol, request.id, done.version, now())
    assert checks(desks, again)[1].state is RunState.DONE

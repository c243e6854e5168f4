"""Which files are examined next, with what beside them, and that a run that ends badly leaves nothing stuck."""

import stat
from datetime import timedelta

import pytest

from data_mounts import decisions
from enclave import audit
from enclave.clock import now
from enclave.errors import Refused
from output_review import checking, store
from output_review.checked import APPROVED, checks_of, put_report
from output_review.evidence import RunState
from output_review.release import release_due
from tests.data_mounts.builders import granted, login, register
from tests.output_review.kit import TABLE, acting, approved, policed, resubmitted, returned, submitted
from tests.output_review.reported import a_finding, a_report
from tests.output_review.test_checked import OTHER, checks, grant


def begin(desk):
    with desk.database.write() as connection:
        return checking.begin_run(connection, desk.settings.layout, now())


def end(desk, run, why="it was killed"):
    with desk.database.write() as connection:
        checking.end_run(connection, run.number, why, now())


def report(desk, request, run, content=TABLE, file=1, *findings):
    with desk.database.write() as connection:
        return put_report(connection, request.id, file, a_report(content, *findings), now(), run.number)


def events(desk, request):
    with desk.database.read() as connection:
        return [one.event for one in reversed(audit.events(connection, f"check:{request.id}", 50))]


def goes_on(desk, run):
    with desk.database.read() as connection:
        return checking.goes_on(connection, run.number, now())


def test_the_oldest_round_is_examined_whole_and_nothing_is_due_twice(desks):
    assert begin(desks) is None
    first, second = submitted(desks, {"t.csv": TABLE, "o.csv": OTHER}), submitted(desks, {"x.csv": b"x"}, "bob")
    run = begin(desks)
    assert [(one.number, one.name, one.sha256) for one in run.files] == [
        (file.number, file.name, file.sha256) for file in first.files
    ]
    assert {one.state for one in checks(desks, first).values()} == {RunState.RUNNING}
    report(desks, first, run), report(desks, first, run, OTHER, 2)
    end(desks, run, "")
    assert {one.state for one in checks(desks, first).values()} == {RunState.DONE}
    assert begin(desks).files[0].sha256 == second.files[0].sha256
    assert events(desks, first) == ["check.started", "check.done", "check.done"]


def test_a_file_is_lent_to_the_desks_group_and_to_nobody_else(desk):
    request = submitted(desk)
    place = desk.settings.layout.object(request.files[0].sha256)
    assert stat.S_IMODE(place.stat().st_mode) == 0o400
    begin(desk)
    assert stat.S_IMODE(place.stat().st_mode) == 0o440


async def test_a_run_is_given_the_granted_data_the_policys_thresholds_and_what_left_before(desk):
    grant(desk)
    policed(desk, min_count=20)
    approved(desk, submitted(desk, {"old.csv": OTHER}))
    await release_due(desk)
    approved(desk, submitted(desk, {"soon.csv": b"soon"}), grace=timedelta(hours=1))
    approved(desk, submitted(desk, {"theirs.csv": b"theirs"}, "erin", "diabetes-care"))
    submitted(desk)
    run = begin(desk)
    assert [str(mount) for mount in run.mounts] == ["wdbc@1"]
    assert run.mounts[0].source == desk.settings.layout.datasets / "wdbc" / "1"
    assert run.thresholds.min_count == 20
    assert [(one.number, one.name) for one in run.earlier] == [
        (1, "request 2: soon.csv"),
        (2, "request 1: old.csv"),
    ]
    assert run.left_out == 0


async def test_earlier_releases_beyond_the_bound_or_gone_are_counted_as_left_out(desk, monkeypatch):
    for name in ("a", "b", "c"):
        approved(desk, submitted(desk, {f"{name}.csv": name.encode()}))
    await release_due(desk)
    monkeypatch.setattr(checking, "MOST_EARLIER", 2)
    submitted(desk)
    run = begin(desk)
    assert (len(run.earlier), run.left_out) == (2, 1)
    desk.settings.layout.object(run.earlier[0].sha256).unlink()
    run = begin(desk)
    assert (len(run.earlier), run.left_out) == (1, 2)


def test_a_run_that_is_lost_is_begun_once_more_and_then_its_files_are_not_checked(desks):
    request = submitted(desks)
    first = begin(desks)
    second = begin(desks)
    assert second.number > first.number
    assert begin(desks) is None
    found = checks(desks, request)[1]
    assert (found.state, found.why) == (RunState.NOT_CHECKED, checking.LOST)
    again = ["check.started", "check.again", "check.started", "check.not-checked"]
    assert events(desks, request) == again


def test_a_run_that_ends_early_keeps_its_reports_and_the_next_request_is_still_examined(desks):
    request, other = submitted(desks, {"t.csv": TABLE, "o.csv": OTHER}), submitted(desks, {"x.csv": b"x"}, "bob")
    run = begin(desks)
    report(desks, request, run)
    end(desks, run)
    end(desks, run)
    found = checks(desks, request)
    assert [found[1].state, found[2].state] == [RunState.DONE, RunState.WAITING]
    run = begin(desks)
    assert [one.number for one in run.files] == [2]
    end(desks, run)
    assert checks(desks, request)[2].state is RunState.NOT_CHECKED
    assert begin(desks).files[0].sha256 == other.files[0].sha256


def test_a_file_that_ends_the_run_is_not_checked_and_takes_no_other_with_it(desks):
    files = {f"{number}.csv": b"%d" % number for number in (1, 2, 3)}
    request = submitted(desks, files)
    for number in (1, 2):
        run = begin(desks)
        with desks.database.write() as connection:
            checking.note_progress(connection, run.number, None, "reading the granted data")
            checking.note_progress(connection, run.number, number, f"file {number} of 3: rows of data")
            checking.end_run(
                connection, run.number, "it took more memory than there is for it", now(), at_fault=True
            )
        assert checks(desks, request)[number].state is RunState.NOT_CHECKED
        assert "memory" in checks(desks, request)[number].why
    run = begin(desks)
    assert [one.number for one in run.files] == [3]
    assert report(desks, request, run, b"3", 3).state is RunState.DONE


def test_nothing_is_taken_from_a_run_that_is_over(desk):
    request = submitted(desk)
    run = begin(desk)
    end(desk, run)
    with pytest.raises(Refused):
        report(desk, request, run)
    with pytest.raises(Refused), desk.database.write() as connection:
        checking.note_progress(connection, run.number, 1, "file 1 of 1")
    with pytest.raises(Refused), desk.database.write() as connection:
        checking.request_of(connection, run.number)
    assert checks(desk, request)[1].report is None


def test_progress_is_shown_while_it_runs_and_gone_afterwards(desk):
    request = submitted(desk)
    run = begin(desk)
    with desk.database.write() as connection:
        checking.note_progress(connection, run.number, 1, "file 1 of 1: rows of data")
    assert checks(desk, request)[1].progress == "file 1 of 1: rows of data"
    report(desk, request, run)
    assert checks(desk, request)[1].progress == ""


def test_a_file_whose_bytes_are_gone_is_not_checked_and_the_others_are(desk):
    request = submitted(desk, {"t.csv": TABLE, "o.csv": OTHER})
    desk.settings.layout.object(request.files[0].sha256).unlink()
    assert [one.number for one in begin(desk).files] == [2]
    found = checks(desk, request)
    assert (found[1].state, found[1].why) == (RunState.NOT_CHECKED, checking.GONE)


def test_what_nobody_judges_any_more_is_not_examined(desk):
    request = submitted(desk)
    with desk.database.write() as connection:
        store.withdraw(connection, acting(connection, "alice", "tumour-ml"), request.id, None, now())
    returned(desk, submitted(desk, {"o.csv": OTHER}))
    assert begin(desk) is None


def test_a_run_ends_with_its_request_its_round_or_a_grant_that_it_sees(desk):
    with desk.database.write() as connection:
        login(connection, "diego")
        register(connection)
        given = granted(connection)
    request = submitted(desk)
    run = begin(desk)
    assert goes_on(desk, run)
    with desk.database.write() as connection:
        decisions.revoke(connection, decisions.Decider("diego"), given.id, "no longer")
    assert not goes_on(desk, run)
    run = begin(desk)
    assert goes_on(desk, run) and run.mounts == ()
    resubmitted(desk, returned(desk, request), {"t.csv": b"changed"})
    assert not goes_on(desk, run)


def test_an_approval_has_the_projects_other_open_requests_examined_again_beside_their_reports(desks):
    one, other = submitted(desks), submitted(desks, {"o.csv": OTHER}, "bob")
    theirs = submitted(desks, {"d.csv": b"d"}, "erin", "diabetes-care")
    for request, content in ((one, TABLE), (other, OTHER), (theirs, b"d")):
        report(desks, request, begin(desks), content, 1, a_finding("review"))
    approved(desks, one, grace=timedelta(hours=1))
    found = checks(desks, other)[1]
    assert (found.state, found.why) == (RunState.WAITING, APPROVED) and found.report["findings"]
    assert checks(desks, theirs)[1].state is RunState.DONE
    assert checks(desks, one)[1].state is RunState.DONE
    run = begin(desks)
    assert [file.name for file in run.earlier] == ["request 1: table.csv"]
    assert report(desks, other, run, OTHER).state is RunState.DONE
    with desks.database.read() as connection:
        assert checks_of(connection, other.id)[1].earlier == 1

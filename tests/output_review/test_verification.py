"""`enclave request verify`: a desk's records are whole, and each thing that somebody could do to them is found.

Every damage is planted in a copy of the same records. The log's chain is whole after it: the chain alone would not
tell.
"""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from enclave.cli import main
from enclave.clock import now
from enclave.database import Database
from enclave.layout import Layout
from output_review import records, store, voting, withdrawing
from output_review.provenance import Code, FileRole
from output_review.queries import released_of
from output_review.tables import (
    check_runs,
    claims,
    comments,
    release_records,
    released_files,
    request_files,
    requests,
    reviews,
    rounds,
    votes,
)
from output_review.verification.invariants import Invariant
from output_review.verification.verify import verify
from output_review.vocabulary import (
    SYSTEM,
    Audience,
    RequestEvent,
    Submission,
)
from tests.databases import fresh
from tests.output_review.damages import (
    about,
    added,
    altered,
    code_gone,
    details,
    disk,
    linked,
    log,
    retold,
    row,
    sql,
    twice,
    without,
)  # fmt: skip
from tests.output_review.kit import (
    NOTES,
    TABLE,
    a_desk,
    acting,
    approved,
    people_and_projects,
    policed,
    resubmitted,
    returned,
    stored,
    submitted,
    voted,
)
from tests.output_review.reported import a_finding, a_report, reported

LEFT, RETURNED, AGAIN, RECALLED, SMALLER = 1, 2, 3, 4, 5
ELSEWHERE = "f" * 64


def scene(root: Path) -> None:
    """Five requests: one released with everything that a request can hold, one returned, one reviewed again, one
    recalled, one claimed from which its author withdrew a file."""
    database = fresh(Layout(root).database)
    people_and_projects(database)
    desk = a_desk(database, root)
    policed(desk, response_hours=24)
    _left(desk)
    returned(desk, submitted(desk, {"b.csv": b"b", "c.csv": b"c"}), rejected=(1,))
    again = resubmitted(desk, returned(desk, submitted(desk, {"d.csv": b"d"}, "bob")), {"d.csv": b"dd"})
    voted(desk, again)
    gone = submitted(desk, {"e.csv": b"e"})
    reported(desk, gone, a_finding())
    gone = approved(desk, gone, why="rounded")
    with database.write() as connection:
        voting.claim(connection, acting(connection, "chen", "tumour-ml"), AGAIN, now())
        out = records.release(connection, SYSTEM, gone.id, gone.version, now())
        records.recall(connection, acting(connection, "chen", "tumour-ml"), out.id, out.version, "why", now())
    smaller = submitted(desk, {"f.csv": b"f", "g.csv": b"g"})
    with database.write() as connection:
        voting.claim(connection, acting(connection, "chen", "tumour-ml"), smaller.id, now())
        alice = acting(connection, "alice", "tumour-ml")
        withdrawing.withdraw_file(connection, alice, smaller.id, smaller.version, 1, timedelta(0), now())
    database.close()


def _left(desk):
    """Two outputs of which one is kept inside, a supporting file, code, a comment, two downloads."""
    files = {"table.csv": TABLE, "raw.csv": b"raw", "notes.txt": NOTES, "make.py": b"print()"}
    table, raw, notes, code = (stored(desk.settings.layout, *one) for one in files.items())
    by = Code(code.name, code.size, code.sha256)
    kept = (replace(table, code=by), raw, replace(notes, role=FileRole.SUPPORTING))
    with desk.database.write() as connection:
        request = store.submit(connection, Submission("tumour-ml", "alice", "a", "b", "c", kept), now())
        carol = acting(connection, "carol", "tumour-ml")
        voting.comment_on(connection, carol, request.id, 1, 1, Audience.EVERYBODY, "good", now())
    request = approved(desk, request, rejected=(2,))
    with desk.database.write() as connection:
        out = records.release(connection, SYSTEM, request.id, request.version, now())
        for name in ("alice", "bob"):
            records.count_downloads(connection, name, released_of(connection, out.id), now())


@pytest.fixture(scope="module")
def records_of_a_desk(tmp_path_factory):
    root = tmp_path_factory.mktemp("whole")
    scene(root)
    return root


@pytest.fixture
def desk(records_of_a_desk, tmp_path):
    """A copy of those records: the database and the root."""
    root = tmp_path / "root"
    shutil.copytree(records_of_a_desk, root)
    database = Database(f"sqlite:///{Layout(root).database}")
    yield database, Layout(root)
    database.close()


def test_what_a_desk_keeps_is_whole(desk):
    report = verify(*desk)
    assert report.violations == []
    assert (report.requests, report.older, report.files) == (5, 0, 10) and report.events > 30


OF_A_REQUEST = ("check_runs", "notices", "votes", "reviews", "request_files", "rounds")
A_CLAIM = {"person": "cleo", "since": now(), "until": now() + timedelta(hours=1)}
A_REVIEW = {"policy_version": 2, "comment": "fine", "counted": False, "time": now(), "number": 1}
A_RELEASE = {
    "number": 1,
    "name": "b.csv",
    "size": 1,
    "sha256": ELSEWHERE,
    "approved_by": "carol",
    "released": now(),
}
A_RELEASE |= {"downloads": 0, "allowed": 20, "until": now()}
A_COMMENT = {"round": 1, "author": "carol", "sha256": "", "audience": "everybody", "text": "hm", "time": now()}
E, M = RequestEvent, Invariant
DAMAGES = {
    "an event of the log is edited": (sql("UPDATE audit_events SET actor = 'eve' WHERE number = 9"), M.LOG),
    "the end of the log is cut off": (sql("DELETE FROM audit_events WHERE number > 20"), M.LOG),
    "a request vanishes": (
        sql(*(f"DELETE FROM {table} WHERE request_id = {RETURNED}" for table in OF_A_REQUEST),
            f"DELETE FROM requests WHERE id = {RETURNED}"), M.EVENTS),
    "a request appears": (without(E.SUBMITTED, RETURNED), M.EVENTS),
    "an event lacks what it has to tell": (retold(E.RELEASED, LEFT, lambda e: replace(e, details={})), M.EVENTS),
    "a status is set by hand": (row(requests, RETURNED, status="submitted"), M.LIFECYCLE),
    "a status is none": (row(requests, RETURNED, status="lost"), M.LIFECYCLE),
    "a version is set back": (row(requests, RETURNED, version=1), M.LIFECYCLE),
    "a round is set back": (row(requests, AGAIN, round=1), M.LIFECYCLE),
    "a request is given to somebody else": (row(requests, RETURNED, author="carol"), M.LIFECYCLE),
    "a request moves to another project": (row(requests, RETURNED, project="diabetes-care"), M.LIFECYCLE),
    "a return is taken out of the log": (without(E.RETURNED, RETURNED), M.LIFECYCLE),
    "a release is told twice": (twice(E.RELEASED, LEFT), M.LIFECYCLE),
    "a download is told before the release": (
        log(lambda events: sorted(events, key=lambda e: about(e, LEFT, E.RELEASED))), M.LIFECYCLE),
    "a round's row is lost": (sql(f"DELETE FROM rounds WHERE request_id = {AGAIN} AND round = 1"), M.ROUNDS),
    "a round names a policy that is not there": (row(rounds, RETURNED, policy_version=7), M.ROUNDS),
    "what the author said is changed": (row(requests, RETURNED, what="something else"), M.ROUNDS),
    "another file takes a file's place": (row(request_files, AGAIN, sha256=ELSEWHERE), M.FILES),
    "a file changes its name": (row(request_files, AGAIN, name="other.csv"), M.FILES),
    "a supporting file becomes an output": (row(request_files, LEFT, role="output"), M.FILES),
    "a file is lost": (
        sql(f"DELETE FROM check_runs WHERE request_id = {RETURNED} AND file = 2",
            f"DELETE FROM request_files WHERE request_id = {RETURNED} AND number = 2"), M.FILES),
    "stored bytes are altered": (disk(LEFT, altered), M.BYTES),
    "stored bytes are gone": (disk(LEFT, Path.unlink), M.BYTES),
    "a link lies where the bytes were": (disk(LEFT, linked), M.BYTES),
    "the bytes of code are gone": (code_gone, M.BYTES),
    "a vote is lost": (sql(f"DELETE FROM votes WHERE request_id = {AGAIN}"), M.VOTES),
    "a vote's event is lost": (without(E.VOTED, AGAIN), M.VOTES),
    "a vote appears": (added(reviews, request_id=RETURNED, round=1, reviewer="cleo", **A_REVIEW), M.VOTES),
    "a vote is moved to other bytes": (row(votes, AGAIN, sha256=ELSEWHERE), M.VOTES),
    "an author judges": (added(reviews, request_id=AGAIN, round=2, reviewer="bob", **A_REVIEW), M.REVIEWERS),
    "an automatic check claims": (
        added(claims, request_id=AGAIN, **A_CLAIM | {"person": "system:checks"}), M.REVIEWERS),
    "a counted vote is turned round": (row(votes, LEFT, verdict="rejected"), M.APPROVAL),
    "a counted vote counts no more": (row(reviews, LEFT, counted=False), M.APPROVAL),
    "a vote counts that nobody counted": (row(reviews, AGAIN, counted=True), M.APPROVAL),
    "one approval is enough all at once": (
        retold(E.APPROVED, LEFT, lambda e: details(votes=e.details["votes"][:1])(e)), M.APPROVAL),
    "a release is due that nobody approved": (row(requests, AGAIN, release_at=now()), M.APPROVAL),
    "a released file has no record": (sql(f"DELETE FROM released_files WHERE request_id = {LEFT}"), M.RELEASE),
    "what checks found is taken out of a report": (row(check_runs, RECALLED, report=a_report(b"e")), M.CHECKS),
    "a report is lost from the log": (
        log(lambda events: [one for one in events if one.event != "check.done"]), M.CHECKS),
    "a reason against a finding is lost": (row(votes, RECALLED, reason=""), M.CHECKS),
    "what was kept inside is released": (
        sql(f"UPDATE released_files SET number = 2, name = 'raw.csv', sha256 = (SELECT sha256 FROM request_files"
            f" WHERE request_id = {LEFT} AND number = 2) WHERE request_id = {LEFT}"), M.RELEASE),
    "a release names somebody else": (row(released_files, LEFT, approved_by="cleo, chen"), M.RELEASE),
    "a file leaves without a release": (added(released_files, request_id=RETURNED, **A_RELEASE), M.RELEASE),
    "a release's record is rewritten": (row(release_records, LEFT, record="{}"), M.RECORD),
    "a release's record is rewritten with its digest": (
        row(release_records, LEFT, record="{}", sha256=sha256(b"{}").hexdigest()), M.RECORD),
    "a release's record is lost": (sql(f"DELETE FROM release_records WHERE request_id = {LEFT}"), M.RECORD),
    "a withdrawn file comes back": (row(request_files, SMALLER, role="output"), M.FILES),
    "more is downloaded than is allowed": (row(released_files, LEFT, allowed=1), M.DOWNLOADS),
    "a download is not counted": (row(released_files, LEFT, downloads=1), M.DOWNLOADS),
    "a download is not told": (
        log(lambda events: [e for e in events if not (about(e, LEFT, E.DOWNLOADED) and e.actor == "bob")]),
        M.DOWNLOADS),
    "a comment is deleted": (sql(f"DELETE FROM comments WHERE request_id = {LEFT}"), M.COMMENTS),
    "a comment is put into somebody's mouth": (added(comments, request_id=RETURNED, **A_COMMENT), M.COMMENTS),
    "a claim is lost": (sql(f"DELETE FROM claims WHERE request_id = {AGAIN}"), M.CLAIMS),
    "a claim outlives its round": (added(claims, request_id=RETURNED, **A_CLAIM), M.CLAIMS),
    "a policy is slipped in": (
        sql("INSERT INTO review_policies SELECT project, 3, policy, set_by, reason, time FROM review_policies"),
        M.POLICIES),
    "a version of the policy is lost": (sql("UPDATE review_policies SET version = 3"), M.POLICIES),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGES)
def test_each_damage_is_found(desk, what):
    damage, invariant = DAMAGES[what]
    database, layout = desk
    with database.write() as connection:
        damage(connection, layout)
    found = verify(database, layout).violations
    assert invariant in {one.invariant for one in found}, found
    assert all(len(one.told) > 10 for one in found)


def run(layout, monkeypatch, *options):
    """`enclave request verify`; its exit code."""
    monkeypatch.setenv("ENCLAVE_ROOT", str(layout.root))
    with pytest.raises(SystemExit) as ended:
        main(["request", "verify", *options])
        raise SystemExit(0)
    return ended.value.code


def test_the_operator_is_told_that_all_is_whole(desk, monkeypatch, capsys):
    assert run(desk[1], monkeypatch) == 0
    assert capsys.readouterr().out.startswith("5 requests are whole")
    assert run(desk[1], monkeypatch, "--json") == 0
    assert json.loads(capsys.readouterr().out)["violations"] == []


def test_the_operator_is_told_what_is_not_and_the_exit_code_says_so(desk, monkeypatch, capsys):
    database, layout = desk
    with database.write() as connection:
        disk(LEFT, Path.unlink)(connection, layout)
        row(requests, RETURNED, status="submitted")(connection, layout)
    assert run(layout, monkeypatch) == 1
    printed = capsys.readouterr()
    assert "table.csv" in printed.out and "2 things are not whole" in printed.err
    assert run(layout, monkeypatch, "--json", "--rows-only") == 1
    told = json.loads(capsys.readouterr().out)["violations"]
    assert [(one["invariant"], one["subject"]) for one in told] == [("lifecycle", f"request:{RETURNED}")]


def test_a_request_from_before_there_were_rounds_is_counted_and_its_bytes_looked_at(desk):
    database, layout = desk
    bare = retold(E.SUBMITTED, LEFT, lambda e: replace(e, details={"files": []}))
    with database.write() as connection:
        bare(connection, layout)
        disk(LEFT, Path.unlink)(connection, layout)
    report = verify(database, layout)
    assert report.older == 1 and [one.invariant for one in report.violations] == [M.BYTES]


def test_every_invariant_can_fail():
    assert {invariant for _, invariant in DAMAGES.values()} == set(Invariant)

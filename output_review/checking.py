"""Runs of the checks: which files are examined next, with what beside them, and what becomes of a run that ends.

One run at a time, of the files of one round that wait, oldest round first. The guard asks what is due only when it
runs nothing; so whatever is still called running then was lost with an earlier guard. A file whose run was lost, or
ended before its report came, waits once more, and after that is not checked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.engine import Connection, Row

from data_mounts.answers import data_of
from data_mounts.mounts import Mount, mounts_for
from enclave.errors import Broken, Refused
from enclave.layout import Layout
from enclave.names import Digest
from output_review import objects
from output_review.checked import (
    LONGEST_PROGRESS,
    LONGEST_WHY,
    CheckEvent,
    against,
    change,
)
from output_review.evidence import RunState
from output_review.policies import of_rounds
from output_review.policy import Thresholds
from output_review.provenance import FileRole
from output_review.tables import check_runs, request_files, requests
from output_review.vocabulary import OPEN

MOST_TRIES = 2
MOST_EARLIER = 500
AT_A_FILE = "file "  # how the progress of the file begins that a run is at
LOST = "the run was interrupted"
GONE = "its stored bytes are gone: tell an admin"
UNMOUNTABLE = "the granted data cannot be mounted: tell an admin"
_R = check_runs.c


@dataclass(frozen=True)
class Shown:
    """One stored file that a run sees: `number` in its round, or from the newest release on; what it is called."""

    number: int
    name: str
    sha256: Digest


@dataclass(frozen=True)
class Run:
    """What a container is to be given. `left_out` counts earlier releases that it does not see."""

    number: int
    files: tuple[Shown, ...]
    earlier: tuple[Shown, ...]
    left_out: int
    mounts: tuple[Mount, ...]
    thresholds: Thresholds


def is_due(connection: Connection) -> bool:
    """Whether `begin_run` has anything to do; the guard asks often."""
    return bool(_rows(connection, _R.state == RunState.RUNNING) or _due(connection))


def begin_run(connection: Connection, layout: Layout, now: datetime) -> Run | None:
    """Begin the run that is due, if any. Whoever asks runs nothing else."""
    _settle(connection, _rows(connection, _R.state == RunState.RUNNING), LOST, now)
    while rows := _due(connection):
        lent = {row.file: objects.lend(layout, Digest(row.sha256)) for row in rows}
        _settle(connection, [row for row in rows if not lent[row.file]], GONE, now, final=True)
        if ready := [row for row in rows if lent[row.file]]:
            try:
                return _begin(connection, layout, ready, now)
            except Broken:
                _settle(connection, ready, UNMOUNTABLE, now, final=True)
    return None


def _due(connection: Connection) -> Sequence[Row[Any]]:
    """The waiting files of the round that is next: those without any report first, then the oldest."""
    file = request_files.c
    waits = (
        select(check_runs)
        .join(requests, (requests.c.id == _R.request_id) & (requests.c.round == _R.round))
        .join(
            request_files,
            (file.request_id == _R.request_id) & (file.round == _R.round) & (file.number == _R.file),
        )
        .where(_R.state == RunState.WAITING, requests.c.status.in_(OPEN), file.role == FileRole.OUTPUT)
    )
    first = connection.execute(waits.order_by(_R.report.is_not(None), _R.asked, _R.request_id).limit(1)).first()
    if first is None:
        return ()
    return connection.execute(waits.where(_R.request_id == first.request_id).order_by(_R.file)).all()


def _begin(connection: Connection, layout: Layout, rows: Sequence[Row[Any]], now: datetime) -> Run:
    number, round_ = rows[0].request_id, rows[0].round
    project = connection.execute(select(requests.c.project).where(requests.c.id == number)).scalar_one()
    mounts = mounts_for(layout.datasets, data_of(connection, project, now))
    compared = against(connection, project, number, now)
    shown = [
        Shown(at, _label(of, name), Digest(sha256)) for at, (of, _, name, sha256) in enumerate(compared.released, 1)
    ]
    earlier = tuple(one for one in shown[:MOST_EARLIER] if objects.lend(layout, one.sha256))
    policy = of_rounds(connection, [(project, rows[0].policy_version)])[project, rows[0].policy_version]
    run = 1 + int(connection.execute(select(func.max(_R.run))).scalar_one() or 0)
    values = {
        "state": RunState.RUNNING,
        "why": "",
        "progress": "",
        "run": run,
        "tries": _R.tries + 1,
        "data": list(compared.data),
        "earlier": len(earlier),
        "against": compared.digest,
        "started": now,
    }
    details = {"run": run, "data": list(compared.data), "earlier": len(earlier)}
    change(connection, rows, CheckEvent.STARTED, values, details)
    names = _names(connection, number, round_)
    files = tuple(Shown(row.file, names[row.file], Digest(row.sha256)) for row in rows)
    return Run(run, files, earlier, len(shown) - len(earlier), mounts, policy.thresholds)


def _label(request: int, name: str) -> str:
    """What a released file is called in findings; a name of a file, so at most 240 bytes, its ending kept."""
    before = f"request {request}: "
    return before + name.encode()[-(240 - len(before)) :].decode(errors="ignore")


def _names(connection: Connection, number: int, round_: int) -> dict[int, str]:
    file = request_files.c
    query = select(file.number, file.name).where(file.request_id == number, file.round == round_)
    return {row.number: row.name for row in connection.execute(query)}


def goes_on(connection: Connection, run: int, now: datetime) -> bool:
    """Whether a run may go on: its request is still open, and the project is still granted what the run sees."""
    row = _of_run(connection, run).first()
    if row is None:
        return False
    request = connection.execute(select(requests).where(requests.c.id == row.request_id)).one()
    granted = {f"{name}@{version}" for name, version in data_of(connection, request.project, now)}
    return request.round == row.round and request.status in OPEN and set(row.data) <= granted


def note_progress(connection: Connection, run: int, file: int | None, text: str) -> None:
    """What a run is doing, with one file or with all. It is gone with the run, so there is no event of it. Raise
    `Refused` for a run that is over."""
    where = [_R.run == run, _R.state == RunState.RUNNING]
    if file is not None:
        where.append(_R.file == file)
    done = connection.execute(update(check_runs).where(*where).values(progress=text[:LONGEST_PROGRESS]))
    if not done.rowcount:
        raise over(run)


def request_of(connection: Connection, run: int) -> int:
    """The request whose files a run examines; raise `Refused` for a run that is over."""
    row = _of_run(connection, run).first()
    if row is None:
        raise over(run)
    return int(row.request_id)


def end_run(connection: Connection, run: int, why: str, now: datetime, at_fault: bool = False) -> None:
    """A run's container is gone. Files without a report wait once more, or are not checked. Idempotent.

    `at_fault`: what runs in it ended it, so the file that it was at is not checked, and the others wait as if the
    run had not been.
    """
    rows, why = _of_run(connection, run).all(), why or "the checks ended without a word on it"
    ended_it = [row for row in rows if at_fault and row.progress.startswith(AT_A_FILE)]
    _settle(connection, ended_it, why, now, final=True)
    rest = [row for row in rows if row not in ended_it]
    if not ended_it:
        _settle(connection, rest, why, now)
        return
    waits = {"state": RunState.WAITING, "why": "", "progress": "", "tries": _R.tries - 1}
    change(connection, rest, CheckEvent.AGAIN, waits, {"why": f"the run ended at another file: {why}"})


def over(run: int) -> Refused:
    """For whoever tells of a run that is none any more."""
    return Refused(f"Run {run} of the checks is over.")


def _of_run(connection: Connection, run: int) -> Any:
    return connection.execute(select(check_runs).where(_R.run == run, _R.state == RunState.RUNNING))


def _rows(connection: Connection, *where: ColumnElement[bool]) -> Sequence[Row[Any]]:
    order = (_R.request_id, _R.round, _R.file)
    return connection.execute(select(check_runs).where(*where).order_by(*order)).all()


def _settle(connection: Connection, rows: Iterable[Row[Any]], why: str, now: datetime, final: bool = False) -> None:
    """What becomes of files that got no report: another try, or none."""
    rows = list(rows)
    spent = [row for row in rows if final or row.tries >= MOST_TRIES]
    again = [row for row in rows if row not in spent]
    told = {"why": why[:LONGEST_WHY], "progress": ""}
    details = {"why": told["why"]}
    change(connection, again, CheckEvent.AGAIN, told | {"state": RunState.WAITING}, details)
    ended = told | {"state": RunState.NOT_CHECKED, "ended": now}
    change(connection, spent, CheckEvent.NOT_CHECKED, ended, details)

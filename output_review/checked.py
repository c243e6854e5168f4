"""The automatic checks of a round's files: which are due, which are done, what they said. Never a vote.

A file waits from the moment its round begins. Its report is kept for a digest, a policy version, and what it was
compared with: the granted datasets' versions, and other files of the project that left or are approved to leave.
Where all of these are the same as for a report of an earlier round or request of the project, that report holds.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection, Row

from data_mounts.answers import data_of
from enclave import audit
from enclave.errors import NotFound, Refused
from output_review import reports
from output_review.evidence import FileChecks, RunState
from output_review.lifecycle import releasable
from output_review.provenance import FileRole
from output_review.reading import filled
from output_review.tables import check_runs, released_files, request_files, requests
from output_review.vocabulary import OPEN, SYSTEM, Request, Status

APPROVED = "another output of the project was approved since, and it is compared with that too"
LONGEST_WHY, LONGEST_PROGRESS = 500, 200
_R = check_runs.c


class CheckEvent(StrEnum):
    """What the audit log says about checks; its subject is `check:<number of the request>`."""

    STARTED = "check.started"
    DONE = "check.done"
    NOT_CHECKED = "check.not-checked"
    AGAIN = "check.again"


@dataclass(frozen=True)
class Against:
    """What a project's files are compared with now. `released`: (request, number, name, digest), newest first."""

    data: tuple[str, ...]
    released: tuple[tuple[int, int, str, str], ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the JSON of both, sorted."""
        return hashlib.sha256(json.dumps([sorted(self.data), sorted(self.released)]).encode()).hexdigest()


def against(connection: Connection, project: str, number: int, now: datetime) -> Against:
    """What the files of a request are compared with: what is granted to its project now, and what of other requests
    ever left, recalled or not, or is approved to leave."""
    out, mine = released_files.c, requests.c.project == project
    query = select(out.request_id, out.number, out.name, out.sha256).join(requests).where(mine)
    left = connection.execute(query.order_by(out.released.desc(), out.request_id, out.number))
    others = mine, requests.c.id != number, requests.c.status == Status.APPROVED
    approved = select(requests).where(*others).order_by(requests.c.id)
    leaving = [
        (one.id, file.number, file.name, str(file.sha256))
        for one in filled(connection, connection.execute(approved).all())
        for file in releasable(one)
    ]
    data = tuple(f"{name}@{version}" for name, version in data_of(connection, project, now))
    return Against(data, (*leaving, *((row.request_id, row.number, row.name, row.sha256) for row in left)))


def examine_again(connection: Connection, approved: Request) -> None:
    """Another output of the project is approved: its open requests are compared with that too. What was said of
    them stays beside them until then."""
    others = (
        select(check_runs)
        .join(requests, (requests.c.id == _R.request_id) & (requests.c.round == _R.round))
        .where(requests.c.project == approved.project, requests.c.id != approved.id, requests.c.status.in_(OPEN))
    )
    waits = {"state": RunState.WAITING, "why": APPROVED, "progress": "", "tries": 0}
    rows = connection.execute(others.order_by(_R.request_id, _R.file)).all()
    change(connection, rows, CheckEvent.AGAIN, waits, {"why": APPROVED})


def checks_of(connection: Connection, request_id: int) -> dict[int, FileChecks]:
    """The checks of the present round's outputs, by the file's number. One of before there were checks has none."""
    found = connection.execute(
        select(check_runs)
        .join(requests, (requests.c.id == _R.request_id) & (requests.c.round == _R.round))
        .where(_R.request_id == request_id)
        .order_by(_R.file)
    )
    return {row.file: _checks(row) for row in found}


def verdicts(connection: Connection, numbers: Sequence[int]) -> dict[int, Counter[str]]:
    """How many outputs of each request's present round have each verdict; without one, each state."""
    said = _R.report["verdict"].as_string()
    query = (
        select(_R.request_id, _R.state, said.label("verdict"), func.count().label("files"))
        .join(requests, (requests.c.id == _R.request_id) & (requests.c.round == _R.round))
        .where(_R.request_id.in_(numbers))
        .group_by(_R.request_id, _R.state, said)
    )
    found: dict[int, Counter[str]] = {number: Counter() for number in numbers}
    for row in connection.execute(query):
        found[row.request_id][row.verdict if row.state == RunState.DONE else row.state] += row.files
    return found


def begin(connection: Connection, number: int, round_: int, policy_version: int, now: datetime) -> None:
    """Have every output of a round that begins checked, or keep the report that still holds. The round's own event
    is the caller's."""
    project = connection.execute(select(requests.c.project).where(requests.c.id == number)).scalar_one()
    compared = against(connection, project, number, now)
    c = request_files.c
    mine = c.request_id == number, c.round == round_, c.role == FileRole.OUTPUT
    for file in connection.execute(select(c.number, c.sha256).where(*mine)).all():
        row = {
            "request_id": number,
            "round": round_,
            "file": file.number,
            "sha256": file.sha256,
            "policy_version": policy_version,
            "against": compared.digest,
            "asked": now,
        }
        connection.execute(insert(check_runs).values(row | _held(connection, project, row)))


def _held(connection: Connection, project: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What a file begins with: the newest report of the project that still holds for it, or none."""
    same = [_R[name] == wanted[name] for name in ("sha256", "policy_version", "against")]
    query = select(check_runs).join(requests, requests.c.id == _R.request_id)
    mine = requests.c.project == project, _R.state == RunState.DONE
    row = connection.execute(query.where(*same, *mine).order_by(_R.ended.desc()).limit(1)).one_or_none()
    kept = ("run", "tries", "data", "earlier", "started", "ended", "report", "why")
    none: tuple[Any, ...] = (0, 0, [], 0, None, None, None, "")
    state = RunState.WAITING if row is None else RunState.DONE
    found = dict(zip(kept, none, strict=True)) if row is None else {name: row._mapping[name] for name in kept}
    return found | {"state": state, "progress": ""}


def put_report(
    connection: Connection, number: int, file: int, report: Any, now: datetime, run: int | None = None
) -> FileChecks:
    """Keep what the checks say of a file of the present round; with `run` only if that run is under way.

    The file is done, or not checked if no check came to its end. Raise `BadInput` for what is no report on these
    bytes, `Refused` for a run that is over, `NotFound`.
    """
    # A vote holds the same lock: of the two one comes first, and the log has them in that order.
    connection.execute(select(requests.c.id).where(requests.c.id == number).with_for_update())
    row = _row(connection, number, file)
    if run is not None and (row.run, row.state) != (run, RunState.RUNNING):
        raise Refused(f"Run {run} of the checks does not examine file {file} of request {number} any more.")
    name = _name(connection, row)
    read = reports.read(report, row.sha256, name)
    why = reports.why_not(read)[:LONGEST_WHY]
    details = {
        "run": row.run,
        "sha256": row.sha256,
        "verdict": read["verdict"],
        "findings": len(read["findings"]),
        "not_checked": len(read["not_checked"]),
        "report": hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest(),
    }
    state = RunState.NOT_CHECKED if why else RunState.DONE
    values = {"state": state, "why": why, "report": read, "progress": "", "ended": now}
    change(connection, [row], CheckEvent.DONE, values, details)
    return _checks(_row(connection, number, file))


def change(
    connection: Connection,
    rows: Sequence[Row[Any]],
    event: CheckEvent,
    values: Mapping[str, Any],
    details: Mapping[str, Any],
) -> None:
    """Change files' checks from how they were read, one event for each round; raise `Refused` if one changed."""
    for number, round_ in sorted({(row.request_id, row.round) for row in rows}):
        mine = [row for row in rows if (row.request_id, row.round) == (number, round_)]
        for row in mine:
            key = _R.request_id == number, _R.round == round_, _R.file == row.file
            as_read = _R.state == row.state, _R.run == row.run
            if connection.execute(update(check_runs).where(*key, *as_read).values(**values)).rowcount != 1:
                raise Refused(f"The checks of file {row.file} of request {number} changed meanwhile.")
        told = {"round": round_, "files": [row.file for row in mine]} | dict(details)
        audit.record(connection, SYSTEM.name, event, f"check:{number}", told)


def _row(connection: Connection, number: int, file: int) -> Row[Any]:
    here = select(check_runs).join(requests, (requests.c.id == _R.request_id) & (requests.c.round == _R.round))
    row = connection.execute(here.where(_R.request_id == number, _R.file == file)).one_or_none()
    if row is None:
        raise NotFound(f"No checks are due for file {file} of request {number}.")
    return row


def _name(connection: Connection, row: Row[Any]) -> str:
    c = request_files.c
    here = c.request_id == row.request_id, c.round == row.round, c.number == row.file
    return str(connection.execute(select(c.name).where(*here)).scalar_one())


def _checks(row: Row[Any]) -> FileChecks:
    state = RunState(row.state)
    return FileChecks(state, row.why, row.progress, row.report, tuple(row.data), row.earlier, row.ended)

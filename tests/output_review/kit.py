"""A review desk for tests: the demo's people, two projects, real files on a real disk, the real application."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from data_mounts import members
from enclave import audit
from enclave.clock import now
from enclave.database import Database
from enclave.errors import Refused
from enclave.layout import Layout
from enclave.people import Role, find_person
from enclave.settings import Settings
from enclave.web.desk import make_app, make_desk
from enclave.web.ground import room as ground
from enclave.web.rooms import PERSON_HEADER, PROJECT_HEADER, Caller, Desk
from output_review import objects, store, voting
from output_review.policies import in_force, set_policy
from output_review.reading import actor_for, get_request
from output_review.tables import requests
from output_review.verification.verify import verify
from output_review.vocabulary import (
    Actor,
    Arrived,
    FileDecision,
    FileVerdict,
    Request,
    Submission,
)
from output_review.web import room
from tests.data_mounts.builders import OPERATOR, add, login, open_project

PAGE = {"Accept": "text/html"}
TABLE = b"group,n\nbenign,357\nmalignant,212\n"
NOTES = b"Counts are rounded.\n"
ROLES = {
    "alice": [], "bob": [], "erin": [],
    "carol": [Role.OUTPUT_CHECKER], "chen": [Role.OUTPUT_CHECKER], "cleo": [Role.OUTPUT_CHECKER],
    "adam": [Role.ADMIN], "boss": [Role.ADMIN, Role.OUTPUT_CHECKER],
    "insider": [Role.OUTPUT_CHECKER], "audrey": [Role.AUDITOR],
}  # fmt: skip


def people_and_projects(database: Database) -> None:
    """alice, bob and the checker `insider` in tumour-ml; erin in diabetes-care."""
    with database.write() as connection:
        for name, roles in ROLES.items():
            login(connection, name, *roles)
        open_project(connection)
        open_project(connection, "diabetes-care", title="Diabetes care")
        add(connection, "tumour-ml", "alice", "bob", "insider")
        add(connection, "diabetes-care", "erin")


def leave(database: Database, project: str, person: str) -> None:
    with database.write() as connection:
        members.ensure_removed(connection, OPERATOR, project, person)


def a_desk(database: Database, root: Any, grace: int = 120) -> Desk:
    settings = replace(Settings.from_env({"ENCLAVE_ROOT": str(root)}), release_grace_seconds=grace)
    return make_desk(settings, database, [ground, room])


def a_client(desk: Desk) -> TestClient:
    return TestClient(TestServer(make_app(desk, [ground, room], Caller.GATE)))


def stored(layout: Layout, name: str, content: bytes) -> Arrived:
    """A file whose bytes have arrived."""
    folder = objects.new_incoming(layout)
    arrival = objects.Arrival(folder / "1")
    arrival.write(content)
    digest = arrival.finish()
    objects.keep(layout, folder / "1", digest)
    folder.rmdir()
    return Arrived(name, len(content), digest)


def submitted(
    desk: Desk,
    files: dict[str, bytes] | None = None,
    author: str = "alice",
    project: str = "tumour-ml",
    statements: tuple[str, ...] = (),
) -> Request:
    """A request that waits, with these files."""
    kept = tuple(
        stored(desk.settings.layout, name, content) for name, content in (files or {"table.csv": TABLE}).items()
    )
    with desk.database.write() as connection:
        return store.submit(
            connection,
            Submission(project, author, "A table", "By the notebook", "Rounded", kept, statements),
            now(),
        )


def acting(connection: Any, name: str, project: str) -> Actor:
    return actor_for(connection, find_person(connection, name), project)


def judged_all(request: Request, rejected: tuple[int, ...] = (), why: str = "") -> list[FileDecision]:
    """A word on every file: approved (`why` is the reason), but those in `rejected`."""
    return [
        FileDecision(
            file.number,
            FileVerdict.REJECTED if file.number in rejected else FileVerdict.APPROVED,
            "cells below 10" if file.number in rejected else why,
        )
        for file in request.outputs
    ]


def voted(
    desk: Desk,
    request: Request,
    by: str = "carol",
    rejected: tuple[int, ...] = (),
    grace: timedelta = timedelta(0),
    at: datetime | None = None,
    comment: str = "no small cells",
    why: str = "",
) -> Request:
    """The request after one checker's vote."""
    with desk.database.write() as connection:
        actor, judged = acting(connection, by, request.project), judged_all(request, rejected, why)
        return voting.vote(connection, actor, request.id, request.round, comment, judged, grace, at or now())


def approved(
    desk: Desk,
    request: Request,
    rejected: tuple[int, ...] = (),
    grace: timedelta = timedelta(0),
    at: datetime | None = None,
    by: tuple[str, ...] = ("carol", "chen"),
    why: str = "",
) -> Request:
    """The request after the votes of both checkers, who agree."""
    for name in by:
        after = voted(desk, request, name, rejected, grace, at, why=why)
    return after


def returned(
    desk: Desk, request: Request, by: str = "carol", rejected: tuple[int, ...] = (), comment: str = "round them"
) -> Request:
    """The request after one checker returned it, with a word against the files in `rejected`."""
    with desk.database.write() as connection:
        judged = [one for one in judged_all(request, rejected) if one.number in rejected]
        actor = acting(connection, by, request.project)
        return voting.send_back(connection, actor, request.id, request.version, comment, judged, now())


def rejected(desk: Desk, request: Request, by: str = "carol") -> Request:
    """The request closed for good, after both checkers voted against every file."""
    every = tuple(file.number for file in request.files)
    reviewed = approved(desk, request, rejected=every)
    with desk.database.write() as connection:
        actor = acting(connection, by, request.project)
        return voting.reject(connection, actor, request.id, reviewed.version, "nothing of it", [], now())


def resubmitted(desk: Desk, request: Request, files: dict[str, bytes], **texts: str) -> Request:
    """The request's next round, with these files."""
    kept = tuple(stored(desk.settings.layout, name, content) for name, content in files.items())
    told = {"what": request.what, "how": request.how, "controls": request.controls} | texts
    with desk.database.write() as connection:
        actor = acting(connection, request.author, request.project)
        submission = Submission(request.project, request.author, files=kept, **told)
        return store.resubmit(connection, actor, request.id, request.version, submission, now())


def policed(desk: Desk, project: str = "tumour-ml", **given: Any) -> None:
    """Set another version of a project's policy."""
    with desk.database.write() as connection:
        version = in_force(connection, project).version
        set_policy(connection, "adam", project, given, "for the test", version, now())


def reread(desk: Desk, request: Request) -> Request:
    with desk.database.read() as connection:
        return get_request(connection, request.id)


def all_whole(database: Database, layout: Layout) -> list[Request]:
    """Every request, each of which is whole."""
    assert verify(database, layout).violations == []
    with database.read() as connection:
        return [get_request(connection, number) for number in connection.execute(select(requests.c.id)).scalars()]


def events_of(database: Database, request: int) -> list[str]:
    with database.read() as connection:
        return [event.event for event in reversed(audit.events(connection, f"request:{request}", 500))]


def as_person(name: str, **more: str) -> dict[str, str]:
    return {PERSON_HEADER: name} | PAGE | more


def from_workspace(person: str = "alice", project: str = "tumour-ml") -> dict[str, str]:
    """What the gate adds to a request that came through a workspace's own socket."""
    return {PERSON_HEADER: person, PROJECT_HEADER: project}


def meta_of(files: dict[str, bytes], **changes: Any) -> dict[str, Any]:
    return {
        "what": "A table",
        "how": "By the notebook",
        "controls": "Rounded",
        "files": [{"name": name, "size": len(content)} for name, content in files.items()],
    } | changes


def a_form(files: dict[str, bytes], meta: Any = None, code: dict[str, bytes] | None = None) -> FormData:
    """A submission as the extension sends it."""
    form = FormData(quote_fields=False)
    form.add_field("meta", json.dumps(meta_of(files) if meta is None else meta), content_type="application/json")
    for kind, parts in (("file", files), ("code", code or {})):
        for name, content in parts.items():
            form.add_field(kind, BytesIO(content), filename=name, content_type="application/octet-stream")
    return form


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all in threads that start together; what each returned, or the refusal that it raised."""
    barrier, found = threading.Barrier(len(works)), [None] * len(works)

    def run(index: int, work: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            found[index] = work()
        except Refused as refused:
            found[index] = refused

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found

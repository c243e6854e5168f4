"""The desk: each caller reaches its own routes, people are whom the gate says, errors speak plainly."""

import asyncio
from datetime import timedelta
from enum import StrEnum

import pytest
from aiohttp import ClientSession, UnixConnector, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import update

from enclave import audit, people
from enclave.clock import now
from enclave.errors import Broken, Refused
from enclave.people import Identity, Role
from enclave.settings import Settings
from enclave.web import render
from enclave.web.desk import answers, listen, make_app, make_desk
from enclave.web.ground import room as ground
from enclave.web.rooms import PERSON_HEADER, Caller, Room, Route, gather

PAGE = {"Accept": "text/html"}


class Happened(StrEnum):
    THIS = "test.this"


async def refuse(_desk, _request):
    raise Refused("This is refused because <of a rule>.")


async def break_down(_desk, _request):
    raise Broken("secret detail of ours")


async def redirect(_desk, _request):
    raise web.HTTPSeeOther("/home")


async def too_large(_desk, _request):
    raise web.HTTPRequestEntityTooLarge(max_size=1, actual_size=2)


async def hello(_desk, _request):
    return web.json_response({"hello": "guard"})


PROBES = Room(
    name="probes",
    package="enclave",
    routes=(
        Route(Caller.GATE, "GET", "/refuse", refuse),
        Route(Caller.GATE, "GET", "/break", break_down),
        Route(Caller.GATE, "GET", "/redirect", redirect),
        Route(Caller.GATE, "GET", "/large", too_large),
        Route(Caller.GUARD, "GET", "/hello", hello),
    ),
)


@pytest.fixture
async def client(database):
    with database.write() as connection:
        for name, roles in {"audrey": [Role.AUDITOR], "alice": []}.items():
            people.ensure_person(connection, Identity("i", name, name, name.title(), "", frozenset(roles)))
    desk = make_desk(Settings.from_env({}), database, [ground, PROBES])
    async with TestClient(TestServer(make_app(desk, [ground, PROBES], Caller.GATE))) as found:
        yield found


async def test_a_refusal_is_a_page_for_people_and_json_for_programs(client):
    page = await client.get("/refuse", headers=PAGE)
    text = await page.text()
    assert page.status == 409 and "because &lt;of a rule&gt;" in text
    answer = await client.get("/refuse")
    assert answer.status == 409 and (await answer.json())["error"].startswith("This is refused")


async def test_a_fault_of_ours_shows_no_detail(client, caplog):
    answer = await client.get("/break", headers=PAGE)
    assert answer.status == 500 and "secret detail" not in await answer.text()
    assert "secret detail" in caplog.text


async def test_redirects_and_limits_keep_their_status(client):
    assert (await client.get("/redirect", allow_redirects=False)).status == 303
    assert (await client.get("/large")).status == 413
    assert (await client.post("/refuse")).status == 405
    assert (await client.get("/nowhere", headers=PAGE)).status == 404


@pytest.mark.parametrize(
    "path", ["/refuse", "/break", "/redirect", "/nowhere", "/healthy", "/desk/static/style.css"]
)
async def test_every_answer_carries_the_page_policy(client, path):
    answer = await client.get(path, allow_redirects=False)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_caller_cannot_reach_another_callers_routes(client):
    assert (await client.get("/hello")).status == 404


async def test_without_the_gates_word_nobody_is_logged_in(client):
    assert (await client.get("/desk/audit")).status == 403
    assert (await client.get("/desk/audit", headers={PERSON_HEADER: "nobody-here"})).status == 404


async def test_a_blocked_person_sees_nothing(client, database):
    with database.write() as connection:
        people.set_blocked(connection, "adam", "audrey", True)
    assert (await client.get("/desk/audit", headers={PERSON_HEADER: "audrey"})).status == 403


async def test_the_auditor_reads_the_log_and_others_do_not(client):
    answer = await client.get("/desk/audit", headers={PERSON_HEADER: "audrey"} | PAGE)
    text = await answer.text()
    assert answer.status == 200 and "chain of 2 events is intact" in text and "person.first-login" in text
    assert (await client.get("/desk/audit", headers={PERSON_HEADER: "alice"})).status == 403
    about = await client.get("/desk/audit?subject=person:alice", headers={PERSON_HEADER: "audrey"})
    assert "person:audrey" not in await about.text()


async def test_a_subject_that_cannot_be_one_is_refused_in_words(client):
    answer = await client.get("/desk/audit?subject=%00", headers={PERSON_HEADER: "audrey"})
    assert answer.status == 400 and "such as project:tumour-ml" in (await answer.json())["error"]


async def test_a_broken_chain_is_an_alarm_on_the_auditors_page(client, database):
    with database.write() as connection:
        connection.execute(update(audit.audit_events).values(actor="eve"))
    answer = await client.get("/desk/audit", headers={PERSON_HEADER: "audrey"})
    assert "ALARM" in await answer.text()


@pytest.mark.parametrize("name", ["nothing.css", ".hidden.css", "style.py", "%2e%2e%2fsettings.py", "style"])
async def test_static_files_are_ours_only(client, name):
    assert (await client.get(f"/desk/static/{name}")).status == 404


async def test_static_files_are_served_with_their_type(client):
    for name, kind in {"style.css": "text/css", "enclave.svg": "image/svg+xml"}.items():
        answer = await client.get(f"/desk/static/{name}")
        assert answer.status == 200 and answer.content_type == kind


async def test_a_failed_change_leaves_nothing(client, database):
    desk = make_desk(Settings.from_env({}), database, [ground])

    def change(connection):
        audit.record(connection, "adam", Happened.THIS, "project:p")
        raise Refused("no")

    with pytest.raises(Refused):
        await desk.write(change)
    assert len(await desk.read(audit.events)) == 2


async def test_the_desk_listens_where_only_its_caller_can_connect(tmp_path):
    path = tmp_path / "desk.sock"
    path.write_text("what a crash left")
    runner = web.AppRunner(web.Application())
    await runner.setup()
    assert not answers(path)
    await listen(runner, path)
    assert await asyncio.to_thread(answers, path) and path.stat().st_mode & 0o777 == 0o660
    async with ClientSession(connector=UnixConnector(str(path))) as session, session.get("http://desk/x") as answer:
        assert answer.status == 404
    await runner.cleanup()


def test_an_entry_point_that_is_no_room_is_our_fault(monkeypatch):
    class Point:
        name = "wrong"

        def load(self):
            return object()

    monkeypatch.setattr("enclave.web.rooms.entry_points", lambda group: [Point()])
    with pytest.raises(Broken, match="wrong"):
        gather()


def test_the_rooms_that_are_installed_are_gathered():
    assert {room.name for room in gather()} >= {"ground"}


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3600, "1 h ago"),
        (47 * 3600, "47 h ago"),
        (49 * 3600, "2 days ago"),
    ],
)
def test_how_long_ago_is_said_in_one_unit(before, words):
    assert render.ago(now() - timedelta(seconds=before)) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (14_200, "14.2 kB"), (3 * 10**15, "3000.0 TB")],
)
def test_sizes_are_said_as_file_managers_do(count, words):
    assert render.size(count) == words

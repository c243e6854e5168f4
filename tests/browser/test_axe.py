"""axe finds no serious or critical fault on any page of the desk, light or dark; it finds one that we make."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import update

from data_mounts.web import room as data_mounts
from enclave.clock import now
from enclave.web.desk import make_desk
from enclave.web.ground import room as ground
from enclave.web.rooms import gather
from output_review import voting
from output_review.reading import get_request
from output_review.tables import requests
from output_review.vocabulary import Audience
from output_review.web import room
from tests.browser.faults import serious
from tests.browser.people import WIDTHS
from tests.data_mounts.builders import granted, login, register, requested
from tests.output_review.kit import (
    NOTES,
    TABLE,
    a_desk,
    acting,
    approved,
    people_and_projects,
    rejected,
    resubmitted,
    returned,
    submitted,
    voted,
)
from tests.output_review.reported import a_finding, reported
from tests.output_review.served import served
from workspaces.web import room as workspaces

pytestmark = pytest.mark.browser
ROOMS = (ground, data_mounts, room, workspaces)
TWO = {"table.csv": TABLE, "notes.txt": NOTES}
# Who looks at which page; {name} is a request that `filled` has made.
PAGES = [
    ("alice", "/home"), ("erin", "/home"), ("carol", "/home"), ("alice", "/desk/projects/tumour-ml"),
    ("alice", "/desk/requests"), ("erin", "/desk/requests"),
    ("diego", "/desk/grants"), ("adam", "/desk/admin"), ("adam", "/desk/admin/projects/tumour-ml"),
    ("adam", "/desk/admin/review"), ("adam", "/desk/admin/review/tumour-ml"), ("adam", "/desk/admin/usage"),
    ("adam", "/desk/admin/usage/alice/tumour-ml"), ("audrey", "/desk/audit"), ("audrey", "/desk/queue?tab=all"),
    ("carol", "/desk/queue"), ("carol", "/desk/queue?tab=released"), ("carol", "/desk/queue?text=nothing"),
    ("carol", "/desk/requests/{waiting}"), ("carol", "/desk/requests/{waiting}?leave"),
    ("chen", "/desk/requests/{reviewed}"), ("alice", "/desk/requests/{returned}"),
    ("chen", "/desk/requests/{again}"), ("carol", "/desk/requests/{approved}"),
    ("alice", "/desk/requests/{waiting}"), ("alice", "/desk/requests/{rejected}"),
    ("insider", "/desk/requests/{waiting}"), ("carol", "/desk/requests/{waiting}/files/1/preview"),
    ("carol", "/desk/requests/{waiting}/files/2/preview"), ("chen", "/desk/requests/{again}/files/1/difference"),
    ("carol", "/desk/figures"), ("alice", "/desk/notices"), ("carol", "/desk/notices"), ("diego", "/desk/notices"),
    ("alice", "/desk/queue"), ("alice", "/desk/requests/999"), ("nobody", "/desk/queue"),
]  # fmt: skip


def filled(desk):
    """A desk at work: a request in each state, by name."""
    waiting = submitted(desk, TWO)
    with desk.database.write() as connection:
        voting.claim(connection, acting(connection, "carol", "tumour-ml"), waiting.id, now())
        voting.comment_on(
            connection, acting(connection, "carol", "tumour-ml"), waiting.id, 1, 1, Audience.CHECKERS, "Why?", now()
        )
        late = now() - timedelta(days=4)
        connection.execute(update(requests).where(requests.c.id == waiting.id).values(waiting_since=late, due=late))
    again = returned(desk, voted(desk, submitted(desk, TWO, "bob"), "carol"), "chen", rejected=(1,))
    made = {
        "waiting": waiting.id,
        "reviewed": voted(desk, voted(desk, submitted(desk, TWO)), "chen", rejected=(2,)).id,
        "returned": returned(desk, submitted(desk, TWO), rejected=(2,), comment="Please round").id,
        "again": resubmitted(desk, again, {"table.csv": b"a,b\n1,2\n", "notes.txt": NOTES}).id,
        "approved": approved(desk, submitted(desk, TWO), grace=timedelta(hours=1)).id,
        "rejected": rejected(desk, submitted(desk, {"raw.csv": b"raw"})).id,
    }
    # Last: a report holds for the same bytes in every request that follows.
    with desk.database.read() as connection:
        back = get_request(connection, made["returned"])
    for one in (waiting, back):
        found = (a_finding(rule="minimum-count"), a_finding("review", {"column": 2}, rule="endpoint"))
        reported(desk, one, *found, not_checked=[{"check": "texts", "why": "slow"}])
    return made


@pytest.fixture
def desk(database, tmp_path):
    people_and_projects(database)
    with database.write() as connection:
        login(connection, "diego", "data-controller")
        register(connection)
        granted(connection)
        register(connection, "second")
        requested(connection, name="second")
    return make_desk(a_desk(database, tmp_path).settings, database, ROOMS)


@pytest.fixture
def visit(browser):
    """A page for each person, at an address of a desk."""
    with ExitStack() as open_:
        pages = {}

        def look(address, name, path):
            if name not in pages:
                headers = {"X-Enclave-Person": name, "Accept": "text/html"}
                context = browser.new_context(viewport=WIDTHS["wide"], extra_http_headers=headers, base_url=address)
                open_.callback(context.close)
                pages[name] = context.new_page()
            page = pages[name]
            page.goto(path)
            if "/files/" in path:  # no script runs there, not even the checker's: the same document, elsewhere
                text = page.content()
                page.goto("about:blank")
                page.set_content(text)
            return page

        yield look


def test_every_page_of_the_desk_is_without_serious_faults(desk, visit):
    assert {one.name for one in gather()} == {one.name for one in ROOMS}, "every room is looked at"
    made, faults = filled(desk), []
    with served(desk, ROOMS) as address:
        for name, path in PAGES:
            page = visit(address, name, path.format(**made))
            page.emulate_media(color_scheme="light")
            faults += [f"{name} {path} {fault}" for fault in serious(page)]
            page.emulate_media(color_scheme="dark")
            faults += [f"{name} {path} in the dark {fault}" for fault in serious(page, "color-contrast")]
    assert faults == []


def test_dialogs_and_errors_are_without_serious_faults(desk, visit):
    made = filled(desk)
    with served(desk, ROOMS) as address:
        page = visit(address, "carol", "/desk/queue")
        page.keyboard.press("?")
        assert serious(page) == []
        page.keyboard.press("Escape")
        for action, box in (("vote", "dialog.confirm"), ("return", "dialog.confirm")):
            page.goto(f"/desk/requests/{made['waiting']}")
            page.locator("[value=approved]").first.check()
            page.locator("[value=approved]").last.check()
            page.locator("#decision textarea").fill("Fine.")
            page.locator("[name=reason-1]").fill("Rounded: the check reads a label.")
            page.locator(f"#decision [value={action}]").click()
            page.locator(box).wait_for()
            assert serious(page) == []
        page.goto("/desk/queue")
        page.locator("[name=pick]").first.check()
        page.locator("#bulk textarea").fill("Round.")
        page.locator("#bulk button").click()
        page.locator("dialog.confirm").wait_for()
        assert serious(page) == []


def test_a_fault_is_found_where_there_is_one(desk, visit):
    with served(desk, ROOMS) as address:
        page = visit(address, "carol", "/desk/queue")
        page.evaluate("document.querySelector('label.grow').replaceWith(document.createElement('input'))")
        page.evaluate("document.querySelector('h1').style.color = '#aaa'")
        assert len(serious(page)) == 2

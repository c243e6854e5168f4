"""A checker's whole work by keyboard alone, on a real desk; keys do nothing while somebody types."""

import re

import pytest
from playwright.sync_api import expect

from output_review.vocabulary import Status
from tests.browser.people import WIDTHS
from tests.output_review.kit import a_desk, people_and_projects, policed, reread, submitted
from tests.output_review.served import served

pytestmark = pytest.mark.browser
TWO = {"table.csv": b"group,n\nbenign,357\n", "notes.txt": b"Counts are rounded.\n"}


class Hands:
    """Somebody at a keyboard. They have no mouse: nothing here clicks."""

    def __init__(self, browser, address, name):
        self.context = browser.new_context(
            viewport=WIDTHS["wide"], extra_http_headers={"X-Enclave-Person": name}, base_url=address
        )
        self.page, self.console = self.context.new_page(), []
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))

    def keys(self, *keys):
        """As soon as the page listens, one after the other."""
        expect(self.page.locator("html")).to_have_attribute("data-keys", "ready")
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def writes(self, text):
        self.page.keyboard.type(text)
        return self.keys("Escape")

    def sees(self, text):
        expect(self.page.locator("main")).to_contain_text(text)
        return self

    def at(self, path):
        expect(self.page).to_have_url(re.compile(path + "$"))
        return self

    def asked(self, text):
        """The confirmation is open, names this, and Enter says yes."""
        dialog = self.page.locator("dialog.confirm")
        expect(dialog).to_contain_text(text)
        expect(dialog.locator("button").first).to_be_focused()
        return self.keys("Enter")


@pytest.fixture
def desk(database, tmp_path):
    people_and_projects(database)
    found = a_desk(database, tmp_path, grace=0)
    policed(found, release_by="checker")
    return found


@pytest.fixture
def at_the_desk(desk, browser):
    with served(desk) as address:
        people = []

        def comes(name):
            people.append(Hands(browser, address, name))
            people[-1].page.goto("/desk/queue")
            return people[-1]

        yield comes
        for one in people:
            assert [line for line in one.console if line.startswith(("error", "warning"))] == []
            one.context.close()


def test_two_blind_reviews_consolidation_and_release(desk, at_the_desk):
    request = submitted(desk, TWO)
    where = f"/desk/requests/{request.id}"
    carol = at_the_desk("carol")
    carol.keys("j", "c").at(where).sees("carol. 2 more votes are needed")
    carol.keys("j", "y", "j", "y", "m").writes("No small cells.").keys("v").asked("table.csv").at(where)
    carol.sees("1 of 2 checkers voted").keys("g", "q").at("/desk/queue").sees("carol 1 of 2 voted")

    chen = at_the_desk("chen")
    chen.keys("j", "Enter").at(where)
    chen.keys("j", "y", "j", "n", "w").writes("Names a person.").keys("m").writes("Not the notes.").keys("v")
    chen.asked("Stays inside").sees("Consolidation").sees("No small cells.")
    assert reread(desk, request).status is Status.REVIEWED
    chen.keys("j", "j", "y", "v").asked("notes.txt").sees("Approved, about to be released")
    chen.keys("s", "Tab", "Enter").sees("released the approved files")
    after = reread(desk, request)
    assert after.status is Status.RELEASED and all(file.released for file in after.files)
    assert {vote.reviewer: vote.comment for vote in after.votes} == {
        "carol": "No small cells.", "chen": "Not the notes.",
    }  # fmt: skip


def test_a_claim_is_given_back_and_a_request_returned(desk, at_the_desk):
    request = submitted(desk)
    where = f"/desk/requests/{request.id}"
    carol = at_the_desk("carol")
    carol.keys("j", "c").sees("carol. 2 more votes").keys("g", "q").at("/desk/queue")
    carol.keys("j", "u").sees("You are the last who handles request").keys("Enter").sees("Nobody yet.")
    carol.keys("r").at(where)  # nothing happens without a reason: the browser asks for it in its field
    carol.writes("Round to 11.").keys("r")
    expect(carol.page.locator("dialog.confirm")).to_be_visible()
    carol.keys("Escape")
    expect(carol.page.locator("dialog.confirm")).to_have_count(0)
    assert reread(desk, request) == request
    carol.keys("r").asked("changes the files and resubmits").sees("Returned with a comment")
    assert reread(desk, request).comment == "Round to 11."


def test_several_are_chosen_and_returned(desk, at_the_desk):
    first, other, last = (submitted(desk, {f"{n}.csv": n.encode()}) for n in ("first", "other", "last"))
    carol = at_the_desk("carol")
    carol.keys("j", "x", "j", "j", "x", "m").writes("Round to 11.").keys("r").asked("last.csv")
    carol.sees(f"Returned: {first.id}, {last.id}.")
    assert [reread(desk, one).status for one in (first, other, last)] == [
        Status.RETURNED, Status.SUBMITTED, Status.RETURNED,
    ]  # fmt: skip


def test_keys_do_nothing_while_somebody_types_and_can_be_turned_off(desk, at_the_desk):
    request = submitted(desk)
    carol = at_the_desk("carol")
    carol.keys("j", "/")
    carol.page.keyboard.type("jcxu?gq")
    expect(carol.page.locator("input[name=text]")).to_have_value("jcxu?gq")
    carol.keys("Control+c", "Alt+c", "Escape", "k", "?").at("/desk/queue")
    help_ = carol.page.locator("dialog#keys")
    for named in (
        "down and up",
        "handle the line's request",
        "choose the line's request",
        "search",
        "Review queue",
    ):
        expect(help_).to_contain_text(named)
    carol.keys("c", "Shift+Tab", "Space", "Escape", "j", "c").at("/desk/queue")
    assert reread(desk, request).claims == ()
    carol.keys("?", "Shift+Tab", "Space", "Escape", "j", "c").at(f"/desk/requests/{request.id}")
    assert [claim.person for claim in reread(desk, request).claims] == ["carol"]

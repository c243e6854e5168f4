"""By real clicks: checkers who differ, a return, the fix in JupyterLab, the second round, and a recall."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import SLOW, Visitors
from tests.browser.test_journey import (
    CHECKED,
    ask_for_release,
    await_check,
    open_entry,
    open_newest,
    reload_until,
    send,
    show_files,
    vote,
)
from tests.running import Stack
from tests.stack.submitting import call, submit

pytestmark = [pytest.mark.stack, pytest.mark.browser]
TABLE = "grades.csv"


def write(stack: Stack, text: str) -> None:
    """What alice's notebook would write."""
    done = stack.inside(
        "alice", "tumour-ml", "sh", "-c", f"mkdir -p /project/rounds; printf '{text}' > /project/rounds/{TABLE}"
    )
    assert done.returncode == 0, done.stderr


def test_a_returned_request_is_fixed_in_jupyterlab_and_leaves_in_its_second_round(
    stack: Stack, visitors: Visitors
) -> None:
    alice, carol, chen = visitors("alice"), visitors("carol"), visitors("chen")
    frame = alice.open_workspace("tumour-ml")
    write(stack, "grade,n\\nhigh,3\\nlow,566\\n")
    show_files(frame)
    frame.locator(".jp-BreadCrumbs-home").click()
    open_entry(frame, "project")
    open_entry(frame, "rounds")
    ask_for_release(alice, frame, TABLE)

    open_newest(stack, carol, TABLE)
    where = carol.page.url
    vote(carol, "One cell is small.", TABLE, inside="The cell high has 3 people.")
    chen.page.goto(where)
    vote(chen, "It looks fine to me.", TABLE, though="The grades are no patients' data.")
    expect(chen.page.get_by_role("heading", name="Consolidation")).to_be_visible()
    expect(chen.page.get_by_text("The cell high has 3 people.").first).to_be_visible()
    chen.picture("consolidation")
    chen.page.locator("textarea[name=comment]").first.fill("Please join the grades: one cell has 3 people.")
    chen.page.get_by_role("button", name=re.compile("^Return")).click()
    chen.page.get_by_role("dialog").get_by_role("button", name="Yes, return it").click()
    expect(chen.page.get_by_text("Returned with a comment").first).to_be_visible()

    alice.page.get_by_role("button", name="Request release").click()
    panel = frame.locator("#enclave-requests")
    panel.get_by_label("Look again now").click()
    card = panel.locator(".enclave-Card", has_text=TABLE).first
    expect(card.get_by_text("Please join the grades")).to_be_visible(timeout=SLOW)
    expect(card.get_by_text("The cell high has 3 people.")).to_be_visible()
    alice.picture("returned-panel")
    write(stack, "grade,n\\nall,569\\n")
    card.get_by_role("button", name="Resubmit…").click()
    dialog = frame.locator(".jp-Dialog")
    expect(dialog.locator("#enclave-what")).not_to_have_value("")
    await_check(dialog)
    send(dialog)
    expect(card.get_by_text("Waiting again for an output checker")).to_be_visible(timeout=SLOW)

    for checker in (chen, carol):
        checker.page.goto(where)
        expect(checker.page.get_by_text("changed in this round")).to_be_visible()
        reload_until(checker.page, CHECKED)
        vote(checker, "One cell, 569 people.", TABLE)
    alice.page.goto(where)
    reload_until(alice.page, f"Download {TABLE}")
    with alice.page.expect_download():
        alice.page.get_by_role("link", name=re.compile("Download")).first.click()

    carol.page.goto(where)
    carol.page.get_by_text("Recall…").click()
    carol.page.locator("form[action$=recall] textarea").fill("The wrong project's table.")
    carol.page.get_by_role("button", name="Yes, recall it").click()
    expect(carol.page.get_by_role("heading", name="Who has downloaded it")).to_be_visible()
    expect(carol.page.locator(".notice").get_by_text("alice")).to_be_visible()
    carol.picture("recalled")
    alice.page.goto(where)
    expect(alice.page.get_by_text("The wrong project's table.").first).to_be_visible()
    expect(alice.page.get_by_role("link", name=re.compile("Download"))).to_have_count(0)


def test_the_queue_is_walked_through_by_keyboard_alone(stack: Stack, visitors: Visitors) -> None:
    visitors("alice").open_workspace("tumour-ml")
    made = [submit(stack, "alice", "tumour-ml", f"n\n{n}\n")[1]["id"] for n in (569, 568)]
    page = visitors("carol").page
    page.goto(stack.url + "/desk/queue")
    lines = page.locator("[data-line] .what a")
    page.keyboard.press("j")
    expect(lines.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(lines.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(lines.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/desk/requests/\d+$"))
    for number in made:
        call(stack, "alice", "tumour-ml", "POST", f"/v1/requests/{number}/withdraw")

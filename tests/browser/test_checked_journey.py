"""By real clicks: a table that says too much is caught before anybody is asked, fixed, leaves with evidence.
A second table, one person apart from it, is stopped by the desk and says why."""

import re

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tests.browser.people import SLOW, Visitor, Visitors
from tests.browser.test_journey import await_check, fill_in, open_entry, open_newest, send, show_files, vote
from tests.browser.test_rounds import reload_until
from tests.running import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser]
FOLDER, TABLE = "checked", "sizes.csv"
WHAT = "Biopsies by diagnosis, over all patients."
UNSAFE = "diagnosis,size,patients\nbenign,small,340\nbenign,large,17\nmalignant,any,209\nmalignant,large,3\n"
SAFE = "diagnosis,patients\nbenign,357\nmalignant,212\n"
ONE_APART = "diagnosis,patients\nbenign,357\nmalignant,211\n"


def write(stack: Stack, text: str) -> None:
    """What alice's notebook would write."""
    script = f"mkdir -p /project/{FOLDER}; printf '%s' \"$1\" > /project/{FOLDER}/{TABLE}"
    done = stack.inside("alice", "tumour-ml", "sh", "-c", script, "sh", text)
    assert done.returncode == 0, done.stderr


def choose(frame: FrameLocator, what: str) -> Locator:
    """Right-click the table and choose that; its dialog."""
    frame.locator(".jp-DirListing-item", has_text=TABLE).click(button="right")
    frame.get_by_role("menuitem", name=what).click()
    return frame.locator(".jp-Dialog")


def check(frame: FrameLocator) -> Locator:
    """Right-click the table, choose "Check…"; the dialog once all is known."""
    dialog = choose(frame, "Check…")
    expect(dialog.get_by_text("Compared with wdbc")).to_be_visible(timeout=SLOW)
    return dialog


def ask(frame: FrameLocator) -> None:
    """Fill in the dialog that is open, and send it once the workspace's check has come to its end."""
    dialog = frame.locator(".jp-Dialog")
    fill_in(dialog, WHAT)
    await_check(dialog)
    expect(dialog.get_by_text("Nothing found")).to_be_visible()
    send(dialog)


def open_checked(stack: Stack, checker: Visitor) -> None:
    """The request that came last, once the desk's own checks have come to their end."""
    open_newest(stack, checker, TABLE, WHAT)
    for _ in range(90):
        if checker.page.locator("section.checks[data-checks=done]").count():
            return
        checker.page.wait_for_timeout(1000)
        checker.page.reload()
    raise AssertionError("the desk's checks came to no end")


def test_an_unsafe_table_is_fixed_and_leaves_and_a_second_one_person_apart_is_stopped(
    stack: Stack, visitors: Visitors
) -> None:
    alice, carol, chen = visitors("alice"), visitors("carol"), visitors("chen")
    frame = alice.open_workspace("tumour-ml")
    write(stack, UNSAFE)
    show_files(frame)
    frame.locator(".jp-BreadCrumbs-home").click()
    open_entry(frame, "project")
    open_entry(frame, FOLDER)
    dialog = check(frame)
    expect(dialog.get_by_text("breaks a rule")).to_be_visible()
    expect(dialog.get_by_text("counts 3. Threshold: 11.")).to_be_visible()
    expect(dialog.get_by_text("Join categories").first).to_be_visible()
    alice.picture("check")
    dialog.get_by_role("button", name="Close").click()

    write(stack, SAFE)
    choose(frame, "Request release")
    ask(frame)
    for checker in (carol, chen):
        open_checked(stack, checker)
        expect(checker.page.get_by_text("nothing found")).to_be_visible()
        vote(checker, "Two cells of hundreds of people.", TABLE)
    alice.page.goto(carol.page.url)
    reload_until(alice.page, f"Download {TABLE}")

    frame = alice.open_workspace("tumour-ml")
    write(stack, ONE_APART)
    choose(frame, "Request release")
    ask(frame)
    open_checked(stack, carol)
    expect(carol.page.get_by_text("breaks a rule").first).to_be_visible()
    expect(
        carol.page.get_by_text(re.compile(f"1 fewer people than .* of the released .*{TABLE}")).first
    ).to_be_visible()
    carol.picture("stopped")
    carol.page.locator("textarea[name=comment]").first.fill("One person apart from what was released.")
    carol.page.get_by_role("button", name=re.compile("^Return")).click()
    carol.page.get_by_role("dialog").get_by_role("button", name="Yes, return it").click()
    alice.page.goto(carol.page.url)
    expect(alice.page.get_by_text("One person apart from what was released.").first).to_be_visible()
    expect(alice.page.get_by_text("Use the same people as in the earlier release").first).to_be_visible()
    expect(alice.page.get_by_text(f"Download {TABLE}")).to_have_count(0)

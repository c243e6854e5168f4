"""By real clicks: a table that says too much is caught before anybody is asked, and fixed."""

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from tests.browser.people import SLOW, Visitors
from tests.browser.test_journey import fill_in, open_entry, show_files
from tests.running import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser]
FOLDER, TABLE = "checked", "sizes.csv"
UNSAFE = "diagnosis,size,patients\nbenign,small,340\nbenign,large,17\nmalignant,any,209\nmalignant,large,3\n"
SAFE = "diagnosis,patients\nbenign,357\nmalignant,212\n"


def write(stack: Stack, text: str) -> None:
    """What alice's notebook would write."""
    script = f"mkdir -p /project/{FOLDER}; printf '%s' \"$1\" > /project/{FOLDER}/{TABLE}"
    done = stack.inside("alice", "tumour-ml", "sh", "-c", script, "sh", text)
    assert done.returncode == 0, done.stderr


def check(frame: FrameLocator) -> Locator:
    """Right-click the table, choose "Check…"; the dialog once all is known."""
    frame.locator(".jp-DirListing-item", has_text=TABLE).click(button="right")
    frame.get_by_role("menuitem", name="Check…").click()
    dialog = frame.locator(".jp-Dialog")
    expect(dialog.get_by_text("Compared with wdbc")).to_be_visible(timeout=SLOW)
    return dialog


def test_an_unsafe_table_is_caught_before_anybody_is_asked_and_fixed(stack: Stack, visitors: Visitors) -> None:
    alice = visitors("alice")
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
    dialog = check(frame)
    expect(dialog.get_by_text("Nothing found")).to_be_visible()
    alice.picture("check-after")
    dialog.get_by_role("button", name="Request release…").click()
    fill_in(frame.locator(".jp-Dialog"), "Biopsies by diagnosis, all patients.")
    frame.locator(".jp-Dialog").get_by_role("button", name="Send request").click()
    expect(frame.locator(".jp-Dialog")).to_have_count(0, timeout=SLOW)

"""Before asking, in the real JupyterLab: what files could reveal, what to do, and the way to send all the same."""

from __future__ import annotations

import json
import os

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.extensions.conftest import Lab
from tests.extensions.in_browser import ask_for, inside, page, press_send
from tests.extensions.test_stripped import OUTPUTS, notebook

__all__ = ["inside", "page"]
pytestmark = pytest.mark.browser
UNSAFE = "grade,patients\nlow,213\nmiddle,3\nhigh,187\n"
SAFE = "grade,patients\nlow,210\nhigh,190\n"
SLOW = 60_000  # milliseconds


def look(page: Page, name: str) -> None:
    """Pictures for whoever works on the dialogs, wide and narrow; nothing of it may be cut off at the side."""
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        content = page.frames[1].locator(".jp-Dialog-content")
        assert content.evaluate("one => one.scrollWidth <= one.clientWidth + 1")
        box = content.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
        if folder := os.environ.get("ENCLAVE_TEST_PICTURES"):
            page.screenshot(path=f"{folder}/{name}-{width}.png")
    page.set_viewport_size({"width": 1280, "height": 800})


def check(lab: FrameLocator, name: str) -> FrameLocator:
    lab.locator(".jp-DirListing-item", has_text=name).click(button="right")
    lab.locator(".lm-Menu-item", has_text="Check…").click()
    expect(lab.locator(".enclave-Dialog")).to_be_visible()
    return lab


def fill(lab: FrameLocator) -> None:
    for field in ("what", "how", "controls"):
        lab.locator(f"#enclave-{field}").fill(f"My words about {field}, long enough.")


def test_check_says_what_is_wrong_where_and_what_to_do_and_leads_to_the_place(
    page: Page, inside: FrameLocator, fresh_lab: Lab
):
    (fresh_lab.files / "table.csv").write_text(UNSAFE)
    check(inside, "table.csv")
    dialog = inside.locator(".enclave-Dialog")
    expect(dialog.get_by_text("Making the data ready").or_(dialog.get_by_text("breaks a rule"))).to_be_visible()
    expect(dialog.get_by_text("and it breaks a rule")).to_be_visible(timeout=SLOW)
    expect(dialog.get_by_text("“patients” of “middle” counts 3. Threshold: 20.")).to_be_visible()
    expect(dialog.get_by_text("Join categories").first).to_be_visible()
    expect(dialog.get_by_text("not checked")).to_be_visible()
    expect(dialog.get_by_text("The review desk checks again")).to_be_visible()
    look(page, "check")
    dialog.get_by_role("button", name="row 2").first.click()
    expect(dialog).to_have_count(0)
    expect(inside.locator(".jp-CSVViewer").or_(inside.locator(".jp-FileEditor"))).to_be_visible(timeout=SLOW)
    assert fresh_lab.double.requests == []


def test_a_check_is_stopped_and_a_folder_is_told_from_a_file(inside: FrameLocator, fresh_lab: Lab):
    inside.locator(".jp-DirListing-item", has_text="results").click()
    inside.locator(".jp-DirListing-item", has_text="table.csv").click(modifiers=["Control"])
    check(inside, "table.csv")
    dialog = inside.locator(".enclave-Dialog")
    expect(dialog.get_by_text("This is a folder")).to_be_visible()
    dialog.get_by_role("button", name="Stop").click()
    expect(dialog.get_by_text("The check was stopped: 0 of 1 file")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def test_a_request_with_a_broken_rule_needs_a_tick_and_a_changed_file_does_not(
    page: Page, inside: FrameLocator, fresh_lab: Lab
):
    (fresh_lab.files / "table.csv").write_text(UNSAFE)
    ask_for(inside, "table.csv")
    fill(inside)  # typing does not wait for the check
    dialog = inside.locator(".enclave-Dialog")
    tick = dialog.get_by_label("I have read the finding")
    expect(tick).to_be_visible(timeout=SLOW)
    look(page, "request-with-findings")
    press_send(inside)
    expect(dialog.get_by_text("Change the files, or tick this.")).to_be_visible()
    assert fresh_lab.double.requests == []
    tick.check()
    press_send(inside)
    expect(dialog).to_have_count(0)
    assert len(fresh_lab.double.requests) == 1
    (fresh_lab.files / "table.csv").write_text(SAFE)
    ask_for(inside, "table.csv")
    expect(dialog.get_by_text("The review desk checks again")).to_be_visible(timeout=SLOW)
    expect(tick).to_have_count(0)


def test_who_does_not_wait_for_the_check_is_told_once(inside: FrameLocator, fresh_lab: Lab):
    (fresh_lab.files / "table.csv").write_text(SAFE)
    ask_for(inside, "table.csv")
    dialog = inside.locator(".enclave-Dialog")
    inside.locator("#enclave-what").fill("A table")
    inside.locator("#enclave-how").focus()
    expect(dialog.get_by_text("Short: would somebody")).to_be_visible()
    fill(inside)
    press_send(inside)
    waiting = dialog.get_by_text("The files are still being checked.")
    expect(waiting.or_(inside.get_by_text("Show my requests")).first).to_be_visible()
    if waiting.is_visible():
        press_send(inside)
    expect(dialog).to_have_count(0)
    assert len(fresh_lab.double.requests) == 1


def test_a_notebook_with_outputs_is_replaced_by_its_stripped_copy(page: Page, inside: FrameLocator, fresh_lab: Lab):
    (fresh_lab.files / "train.ipynb").write_text(notebook(OUTPUTS))
    expect(inside.locator(".jp-DirListing-item", has_text="train.ipynb")).to_be_visible(timeout=SLOW)
    ask_for(inside, "train.ipynb")
    dialog = inside.locator(".enclave-Dialog")
    fill(inside)
    dialog.get_by_text("Take a copy without outputs instead").click(timeout=SLOW)
    expect(dialog.locator(".enclave-Files-name", has_text="train-stripped.ipynb")).to_be_visible()
    expect(dialog.get_by_text("Nothing found")).to_be_visible(timeout=SLOW)
    look(page, "request-stripped")
    press_send(inside)
    expect(dialog).to_have_count(0)
    (sent,) = fresh_lab.double.requests[0]["files"]
    assert sent["name"] == "train-stripped.ipynb"
    assert json.loads((fresh_lab.files / "train-stripped.ipynb").read_text())["metadata"] == {}

"""The page half in the real JupyterLab and a real browser: asking, following, and what is not offered."""

from __future__ import annotations

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.extensions.conftest import Lab
from tests.extensions.in_browser import ask_for, inside, open_panel, page, send

__all__ = ["inside", "page"]
pytestmark = pytest.mark.browser


def test_two_files_are_asked_for_followed_and_withdrawn(page: Page, inside: FrameLocator, fresh_lab: Lab):
    ask_for(inside, "table.csv", "log.txt")
    send(inside)
    expect(inside.get_by_text("Please say what these files contain.")).to_be_visible()
    inside.get_by_label("What is it?").fill("AUC by grade")
    inside.get_by_label("How was it made?").fill("train.ipynb")
    inside.get_by_label("Which disclosure controls").fill("No count below 10")
    send(inside)
    inside.get_by_text("Show my requests").click()
    panel = inside.locator("#enclave-requests")
    expect(panel.get_by_text("Waiting for an output checker")).to_be_visible()
    assert [file["name"] for file in fresh_lab.double.requests[0]["files"]] == ["log.txt", "table.csv"]
    panel.get_by_text("Withdraw").click()
    inside.locator(".jp-Dialog").get_by_text("Withdraw", exact=True).click()
    expect(panel.get_by_text("Withdrawn by you")).to_be_visible()


def test_a_returned_request_is_fixed_and_sent_again(page: Page, inside: FrameLocator, fresh_lab: Lab):
    fresh_lab.double.policy["statements"] = ["I have removed all names."]
    ask_for(inside, "table.csv", "log.txt")
    for field in ("what", "how", "controls"):
        inside.locator(f"#enclave-{field}").fill(f"my {field}")
    inside.get_by_label("I have removed all names.").check()
    send(inside)
    inside.get_by_text("Show my requests").click()
    back = {"status": "returned", "status_text": "Returned with a comment", "can_resubmit": True}
    said = [{"author": "carol", "text": "What is grade 1?"}]
    fresh_lab.double.requests[0] |= back | {"comment": "Round it, please", "comments": said}
    (fresh_lab.files / "table.csv").write_text("grade,auc\n1,1.0\n")
    panel = inside.locator("#enclave-requests")
    panel.get_by_label("Look again now").click()
    expect(panel.get_by_text("What is grade 1?")).to_be_visible()
    panel.get_by_text("Resubmit…").click()
    dialog = inside.locator(".enclave-Dialog")
    expect(dialog.get_by_text("This is the next round of request 1.")).to_be_visible()
    expect(inside.locator("#enclave-what")).to_have_value("my what")
    expect(dialog.get_by_text("2 files")).to_be_visible()  # found again where they were
    inside.locator("#enclave-controls").fill("rounded")
    send(inside)
    expect(panel.get_by_text("Waiting again for an output checker")).to_be_visible()
    expect(panel.get_by_text("unchanged since round 1")).to_have_count(1)
    assert (fresh_lab.double.requests[0]["round"], fresh_lab.double.requests[0]["controls"]) == (2, "rounded")


def test_a_folder_is_refused_with_words_and_can_be_left_out(inside: FrameLocator, fresh_lab: Lab):
    ask_for(inside, "results", "table.csv")
    expect(inside.get_by_text("This is a folder. Only files can be released")).to_be_visible()
    inside.get_by_label("Leave results out").click()
    expect(inside.get_by_text("This is a folder")).to_have_count(0)
    expect(inside.get_by_text("1 file, 17 bytes")).to_be_visible()


def test_the_desks_refusal_is_shown_and_the_words_written_are_not_lost(inside: FrameLocator, fresh_lab: Lab):
    ask_for(inside, "table.csv")
    for field in ("what", "how", "controls"):
        inside.locator(f"#enclave-{field}").fill(f"my {field}")
    fresh_lab.double.refuse_early = "This project may not release anything at the moment."
    send(inside)
    expect(inside.get_by_text("This project may not release anything")).to_be_visible()
    inside.locator(".enclave-Dialog").get_by_text("Cancel").click()
    ask_for(inside, "table.csv")
    expect(inside.locator("#enclave-what")).to_have_value("my what")


def test_downloads_have_gone_and_release_stands_in_their_place(inside: FrameLocator):
    inside.locator(".jp-DirListing-item", has_text="table.csv").click(button="right")
    expect(inside.locator(".lm-Menu-item", has_text="Request release…")).to_be_visible()
    expect(inside.locator(".lm-Menu-item", has_text="Download")).to_have_count(0)
    inside.locator("body").press("Escape")
    inside.locator(".lm-MenuBar-item", has_text="File").click()
    expect(inside.locator(".lm-Menu-item", has_text="Request release…")).to_be_visible()
    for gone in ("Download", "Export"):
        expect(inside.locator(".lm-Menu-item", has_text=gone)).to_have_count(0)


def test_our_page_opens_the_panel_and_is_asked_to_open_the_desk(page: Page, inside: FrameLocator, fresh_lab: Lab):
    decided = {"name": "table.csv", "size": 17, "sha256": "0" * 64, "decision": "approved", "reason": "Aggregated."}
    fresh_lab.double.add("released", minutes_ago=3, files=[decided], comment="<img src=x onerror=alert(1)>")
    open_panel(page)
    panel = inside.locator("#enclave-requests")
    for words in ("3 min ago", "Approved: Aggregated.", "<img src=x onerror=alert(1)>"):
        expect(panel.get_by_text(words)).to_be_visible()
    panel.get_by_text("Go to the download").click()
    page.wait_for_function("heard.length")
    assert page.evaluate("heard") == [{"type": "enclave:open", "url": "/desk/requests/1"}]


def test_an_empty_panel_explains_how_to_ask(page: Page, inside: FrameLocator):
    open_panel(page)
    expect(inside.get_by_text("Right-click it in the file browser")).to_be_visible()


def test_each_file_says_what_it_is_for_and_what_wrote_it(page: Page, inside: FrameLocator, fresh_lab: Lab):
    (fresh_lab.files / "train.py").write_text("open('project/table.csv', 'w')")
    ask_for(inside, "table.csv", "log.txt")
    dialog = inside.locator(".enclave-Dialog")
    expect(dialog.get_by_label("Written by (table.csv)")).to_have_value("project/train.py")  # guessed
    dialog.get_by_label("It is (log.txt)").select_option("supporting")
    dialog.get_by_text("Describe some of the files together").click()
    dialog.get_by_label("Title").fill("By grade")
    dialog.get_by_label("What they are").fill("569 biopsies")
    for field in ("what", "how", "controls"):
        inside.locator(f"#enclave-{field}").fill(f"my {field}")
    send(inside)
    expect(dialog.get_by_text("Please fill in the title")).to_be_visible()
    dialog.locator(".enclave-Groups").get_by_label("Disclosure controls").fill("rounded")
    dialog.get_by_label("Group (table.csv)").select_option("By grade")
    send(inside)
    expect(dialog).to_have_count(0)
    files = {file["name"]: file for file in fresh_lab.double.requests[0]["files"]}
    assert (files["table.csv"]["role"], files["table.csv"]["group"], files["table.csv"]["code"]) == ("output", 1, 1)
    assert files["log.txt"]["role"] == "supporting"
    assert fresh_lab.double.requests[0]["groups"] == [
        {"title": "By grade", "context": "569 biopsies", "controls": "rounded"}
    ]


def test_the_panel_says_until_when_where_and_what_is_left(page: Page, inside: FrameLocator, fresh_lab: Lab):
    (fresh_lab.files / "log.txt").write_text("".join(f"line {number}\n" for number in range(1, 400)))
    comment = {"author": "carol", "text": "What is this?", "place": {"row": 300}, "where": "row 300"}
    plain = {"size": 17, "sha256": "0" * 64, "decision": "", "reason": "", "number": 1, "role": "output"}
    files = [
        plain | {"name": "log.txt", "path": "project/log.txt", "comments": [comment]},
        plain | {"name": "table.csv", "path": "project/table.csv", "number": 2},
    ]
    fresh_lab.double.add("submitted", files=files, expected="2020-01-01T00:00:00+00:00", can_withdraw_files=True)
    fresh_lab.double.add("released", files=[
        files[1] | {"decision": "approved", "released": True, "downloads": 2, "allowed": 20,
                    "until": "2031-05-06T00:00:00+00:00"}])  # fmt: skip
    open_panel(page)
    panel = inside.locator("#enclave-requests")
    expect(panel.get_by_text("it is late")).to_be_visible()
    expect(panel.get_by_text("downloaded 2 of 20 times")).to_be_visible()
    panel.get_by_text("row 300:").click()
    expect(inside.locator(".cm-line", has_text="line 300")).to_be_in_viewport()
    panel.get_by_text("Withdraw this file").nth(1).click()
    inside.locator(".jp-Dialog").get_by_text("Withdraw", exact=True).click()
    expect(panel.get_by_text("Withdrawn by you")).to_be_visible()
    assert fresh_lab.double.requests[1]["files"][1]["role"] == "withdrawn"
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.frames[1].evaluate("document.querySelector('#enclave-requests').scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 800})

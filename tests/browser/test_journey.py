"""The main job, by real clicks: a result leaves the enclave, seen by an output checker, and only that result."""

import contextlib
import hashlib
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.browser.people import SCREENSHOTS, SLOW, Visitor, Visitors
from tests.running import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser]
TABLE = "performance.csv"
WHAT = "Accuracy of two classifiers"
CHECKED = "checks came to an end"


def open_entry(frame: FrameLocator, name: str) -> None:
    """Double-click a name in JupyterLab's file browser."""
    show_files(frame)
    entry = frame.locator(".jp-DirListing-item", has_text=re.compile(rf"^{re.escape(name)}"))
    expect(entry.first).to_be_visible(timeout=SLOW)
    entry.first.dblclick()


def show_files(frame: FrameLocator) -> None:
    """Open the file browser's side bar, which JupyterLab closes on a narrow screen and remembers closed."""
    if not frame.locator("#filebrowser").is_visible():
        frame.locator(".jp-SideBar [data-id=filebrowser]").click()
    expect(frame.locator(".jp-DirListing-content")).to_be_visible(timeout=SLOW)


def run_notebook(frame: FrameLocator, name: str) -> None:
    """Open a notebook and run all its cells to the end."""
    open_entry(frame, name)
    expect(frame.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=SLOW)
    expect(frame.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=SLOW)
    started = frame.locator(".jp-Notebook .jp-InputPrompt", has_text=re.compile(r"\[[*\d]+\]:")).first
    for _ in range(3):  # under load JupyterLab now and then lets the first click of a fresh notebook go by
        frame.get_by_role("menuitem", name="Run", exact=True).click()
        frame.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        with contextlib.suppress(AssertionError):
            expect(started).to_be_visible(timeout=15_000)
            break
    last = frame.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").last
    expect(last).to_have_text(re.compile(r"\[\d+\]:"), timeout=2 * SLOW)
    expect(frame.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=SLOW)
    expect(frame.locator(".jp-OutputArea-output[data-mime-type*=error]")).to_have_count(0)


def ask_for_release(visitor: Visitor, frame: FrameLocator, table: str = TABLE) -> None:
    """Right-click the table, choose "Request release…", fill in the three texts, submit."""
    entry = frame.locator(".jp-DirListing-item", has_text=table)
    expect(entry).to_be_visible(timeout=SLOW)
    entry.click(button="right")
    visitor.page.screenshot(path=SCREENSHOTS / "request-menu-wide.png")
    frame.get_by_role("menuitem", name=re.compile("Request release")).click()
    dialog = frame.locator(".jp-Dialog")
    fill_in(dialog, "Accuracy of two classifiers on the biopsies, one row a model.")
    await_check(dialog)
    visitor.picture("request-dialog")
    send(dialog)


def send(dialog: Locator) -> None:
    """Press the button until the desk has the request; what the dialog says if it stays."""
    dialog.get_by_role("button", name="Send request").click()
    try:
        expect(dialog).to_have_count(0, timeout=SLOW)
    except AssertionError:
        raise AssertionError(f"the request was not sent: {dialog.inner_text()}") from None


def fill_in(dialog: Locator, what: str) -> None:
    """The three texts, once the dialog has put the caret into the first: what is typed while it does goes there."""
    expect(dialog.locator("textarea")).to_have_count(3)
    expect(dialog.locator("textarea").first).to_be_focused()
    texts = [
        what,
        "tumour-ml.ipynb: five-fold cross-validation of scikit-learn and LightGBM models.",
        "Aggregated over all 569 patients; counts below 11 are not shown.",
    ]
    for field, text in zip(dialog.locator("textarea").all(), texts, strict=True):
        field.fill(text)
        expect(field).to_have_value(text)


def await_check(dialog: Locator) -> None:
    """Until the files were compared with the granted data; then the tick of those who send all the same."""
    expect(dialog.get_by_text("Compared with wdbc")).to_be_visible(timeout=SLOW)
    tick = dialog.get_by_label(re.compile("^I have read"))
    if tick.count():
        tick.check()


def test_a_result_leaves_after_two_checkers_have_seen_it(stack: Stack, visitors: Visitors) -> None:
    alice, carol, chen = visitors("alice"), visitors("carol"), visitors("chen")
    alice.picture("home")
    frame = alice.open_workspace("tumour-ml")
    show_files(frame)
    frame.locator(".jp-BreadCrumbs-home").click()  # wherever JupyterLab was left the last time
    open_entry(frame, "project")
    run_notebook(frame, "tumour-ml.ipynb")
    alice.picture("workspace")
    open_entry(frame, "results")
    ask_for_release(alice, frame)
    alice.page.get_by_role("button", name="Request release").click()  # on our page around the workspace
    expect(frame.get_by_text("Waiting for an output checker").first).to_be_visible(timeout=SLOW)
    alice.picture("request-panel")

    open_newest(stack, carol)
    carol.picture("review")
    vote(carol, "Two rows of scores; no cell is about fewer than 11.")
    expect(carol.page.get_by_text("1 of 2 checkers voted")).to_be_visible()
    carol.picture("voted")
    open_newest(stack, chen)
    expect(chen.page.get_by_text("1 vote is kept from you")).to_be_visible()
    expect(chen.page.get_by_text("Two rows of scores")).to_have_count(0)
    chen.picture("blind")
    vote(chen, "Scores over all 569 biopsies.")
    expect(chen.page.get_by_role("heading", name="Take the approval back")).to_be_visible()
    expect(chen.page.get_by_text("Two rows of scores").first).to_be_visible()
    chen.picture("approved")

    written = (stack.layout.project("tumour-ml") / "results" / TABLE).read_bytes()
    alice.page.goto(stack.url + "/desk/requests")
    alice.picture("requests")
    alice.page.get_by_role("link", name="Accuracy of two classifiers").first.click()
    link = alice.page.get_by_role("link", name=f"Download {TABLE}")
    for _ in range(30):
        if link.is_visible():
            break
        alice.page.wait_for_timeout(1000)
        alice.page.reload()
    alice.picture("released")
    with alice.page.expect_download() as downloading:
        link.click()
    left = Path(downloading.value.path()).read_bytes()
    assert hashlib.sha256(left).digest() == hashlib.sha256(written).digest()
    with alice.page.expect_download() as downloading:
        alice.page.get_by_role("link", name="Download everything").click()
    with zipfile.ZipFile(downloading.value.path()) as archive:
        assert archive.read(f"files/{TABLE}") == written
        record = json.loads(archive.read("release-record.json"))
    assert record["files"][0]["sha256"] == hashlib.sha256(written).hexdigest()
    assert record["origin"]["image"].startswith("sha256:") and record["origin"]["datasets"]


def open_newest(stack: Stack, checker: Visitor, table: str = TABLE, what: str = WHAT) -> None:
    """From the queue to the request that came last."""
    checker.page.goto(stack.url + "/desk/queue")
    checker.picture("queue")
    checker.page.get_by_role("link", name=what).last.click()
    expect(checker.page.get_by_text(table).first).to_be_visible()
    reload_until(checker.page, CHECKED)


def reload_until(page: Page, text: str) -> None:
    """Look again until the page says it: the desk releases within seconds."""
    for _ in range(30):
        if page.get_by_text(text).first.is_visible():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(f"{text!r} was never said")


def vote(checker: Visitor, why: str, table: str = TABLE, inside: str = "", though: str = "") -> None:
    """Release the one file (`though` a rule is broken), or keep it `inside`, for that reason; say why, look at the
    confirmation, confirm."""
    page = checker.page
    page.get_by_label("Keep it inside" if inside else "Release it").check()
    page.locator("input[name=reason-1]").fill(inside or though)
    page.locator("textarea[name=comment]").first.fill(why)
    page.get_by_role("button", name=re.compile("^Vote")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(table)
    checker.picture("confirm")
    dialog.get_by_role("button", name="Yes, this is my vote").click()
    expect(dialog).to_have_count(0)

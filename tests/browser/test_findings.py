"""Findings in a checker's browser: from the list to the cell and back by keys, and those that come meanwhile."""

import pytest
from playwright.sync_api import Browser, Page, expect

from enclave.web.rooms import PERSON_HEADER
from tests.browser.people import SCREENSHOTS, SLOW, WIDTHS
from tests.output_review.kit import a_desk, people_and_projects, submitted
from tests.output_review.reported import a_finding, reported
from tests.output_review.served import served

pytestmark = pytest.mark.browser
TABLE = "ward,n\n" + "".join(f"w{row},{row if row % 700 else 3}\n" for row in range(100, 3100))
TEXT = "a line\n" * 3000


@pytest.fixture
def world(database, tmp_path, browser: Browser):
    people_and_projects(database)
    desk = a_desk(database, tmp_path)
    request = submitted(
        desk, {"wards.csv": TABLE.encode(), "log.txt": TEXT.encode(), "late.csv": b"group,n\na,4\n"}
    )
    small = [a_finding(place={"row": row, "column": 2}) for row in (601, 1301, 2001, 2701)]
    reported(
        desk, request, *small, a_finding("review", {"column": 1}), not_checked=[{"check": "texts", "why": "slow"}]
    )
    reported(desk, request, a_finding("review", {"row": 2500}), file=2, kind="text")
    expect.set_options(timeout=SLOW)
    with served(desk) as address:
        context = browser.new_context(viewport=WIDTHS["wide"], extra_http_headers={PERSON_HEADER: "carol"})
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda message: page.faults.append(message.text))
        page.goto(f"{address}/desk/requests/{request.id}")
        yield desk, request, page
        context.close()
    expect.set_options(timeout=5000)


def picture(page: Page, name: str) -> None:
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png")
    page.set_viewport_size(WIDTHS["wide"])


def test_from_a_finding_to_its_cell_and_back_by_keys_alone(world) -> None:
    _desk, _request, page = world
    table = page.locator(".frame[data-preview$='/files/1/preview'] .table")
    expect(table.locator("thead th.found a.pin")).to_have_text("5")
    page.locator("#finding-1-3 a").focus()
    page.keyboard.press("Enter")
    pin = table.locator("td.found.blocks a.pin")
    expect(pin).to_have_text("3")
    expect(pin.locator("xpath=ancestor::tr")).to_contain_text("w2100")
    expect(pin).to_be_focused()
    expect(pin).to_be_in_viewport()
    expect(pin).to_have_attribute("aria-label", "Finding 3, breaks a rule")
    picture(page, "finding-cell")
    page.keyboard.press("Enter")
    expect(page.locator("#finding-1-3")).to_be_focused()
    expect(page.locator("#checks-1")).to_contain_text("Not checked:")
    assert page.faults == []


def test_a_line_far_down_a_text_is_brought_into_its_frame(world) -> None:
    _desk, _request, page = world
    page.locator("#finding-2-1 a").click()
    frame = page.frame_locator(".frame[data-preview$='/files/2/preview'] iframe")
    expect(frame.locator("li.found a.pin")).to_have_text("1")
    expect(frame.locator("li.found")).to_be_in_viewport()
    frame.locator("li.found a.pin").click()
    expect(frame.locator("#finding-1")).to_be_in_viewport()
    frame.locator("#finding-1 a").click()
    expect(frame.locator("li.found")).to_be_in_viewport()
    assert page.faults == []


def test_what_checks_find_while_the_page_is_open_comes_by_itself_and_a_reason_is_asked_for(world) -> None:
    desk, request, page = world
    late = page.locator("#checks-3")
    expect(late).to_contain_text("not checked yet")
    page.locator(".frame[data-preview$='/files/3/preview']").scroll_into_view_if_needed()
    expect(page.locator(".frame[data-preview$='/files/3/preview'] .table")).to_contain_text("4")
    reported(desk, request, a_finding(), file=3)
    expect(late).to_contain_text("breaks a rule")
    expect(page.locator(".frame[data-preview$='/files/3/preview'] td.found a.pin")).to_have_text("1")
    for file in (1, 2, 3):
        page.locator(f"input[name='verdict-{file}'][value=approved]").check()
    page.locator("textarea[name=comment]").fill("looked at")
    page.get_by_role("button", name="Vote…").click()
    expect(page.locator("#error")).to_contain_text("wards.csv breaks a rule (small-count): say why")
    for file in (1, 3):
        page.locator(f"input[name='reason-{file}']").fill("the counts are synthetic")
    page.get_by_role("button", name="Vote…").click()
    expect(page.locator("dialog")).to_contain_text("Against a finding that blocks")
    picture(page, "finding-confirmed")
    reported(desk, request, a_finding(), a_finding(rule="zero-cell"), file=3)
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.get_by_role("dialog")).to_contain_text("what the checks say of a file have changed")
    picture(page, "finding-asked-anew")
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.locator("#votes")).to_contain_text("looked at")
    assert page.faults == ["Failed to load resource: the server responded with a status of 400 (Bad Request)"]


def test_the_queue_says_of_several_files_how_many_break_a_rule(world) -> None:
    desk, request, page = world
    reported(desk, request, a_finding(), file=3)
    page.goto(page.url.partition("/requests/")[0] + "/queue")
    expect(page.locator("main")).to_contain_text("breaks a rule: 2 of 3")
    picture(page, "queue-checked")
    assert page.faults == []

"""The table on a request's page, by real scrolls and clicks, on a real desk without its stack."""

import io
import re

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from enclave.web.rooms import PERSON_HEADER
from tests.browser.people import SCREENSHOTS, SLOW, WIDTHS
from tests.output_review.kit import a_desk, people_and_projects, submitted
from tests.output_review.served import served

pytestmark = pytest.mark.browser
ROWS = 950_000


def a_long_table() -> bytes:
    """Many rows; in the cell (900 000, 2) a text of many characters that begins with a mark that turns it."""
    lines = [f"{row},n{row},{row % 7}" for row in range(1, ROWS + 1)]
    lines[899_999] = '900000,"\u202e' + "x" * 10_000 + '",<b>3</b>'
    return ("id,name,n\n" + "\n".join(lines) + "\n").encode()


def a_workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in (["group", "n"], ["benign", 357], ["malignant", "=SUM(1,211)"]):
        book.active.append(row)
    book.active.row_dimensions[2].hidden = True
    behind = book.create_sheet("behind")
    behind.append([f"column {number}" for number in range(1, 121)])
    behind.append([f"<i>{number}" for number in range(1, 121)])
    behind.sheet_state = "veryHidden"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture
def address(database, tmp_path):
    people_and_projects(database)
    desk = a_desk(database, tmp_path)
    files = {"long.csv": a_long_table(), "book.xlsx": a_workbook(), "notes.txt": b"a line\n" * 3000}
    request = submitted(desk, files)
    with served(desk) as found:
        yield f"{found}/desk/requests/{request.id}"


@pytest.fixture
def page(browser: Browser, address: str):
    expect.set_options(timeout=SLOW)
    context = browser.new_context(viewport=WIDTHS["wide"], extra_http_headers={PERSON_HEADER: "carol"})
    page = context.new_page()
    page.console = []
    page.on("pageerror", lambda error: page.console.append(str(error)))
    page.on("console", lambda message: page.console.append(message.text))
    page.goto(address)
    yield page
    context.close()
    expect.set_options(timeout=5000)


def table(page: Page, number: int):
    return page.locator(f".frame[data-preview$='/files/{number}/preview'] .table")


def test_many_rows_are_scrolled_searched_and_linked_to(page: Page, address: str) -> None:
    long = table(page, 1)
    expect(long.locator(".facts")).to_contain_text("950,000 rows × 3 columns")
    expect(long.locator("tbody th").first).to_have_text("1")
    expect(long.locator("table")).to_have_attribute("aria-rowcount", "950001")
    assert long.locator("tbody tr").count() < 60

    place = "e => { e.scrollTop = e.scrollHeight * 0.9 }"
    long.locator(".scrolled").evaluate(place)
    expect(long.locator("tbody tr").first).to_contain_text(re.compile("n(85|86)[0-9]{4}"))

    long.locator(".scrolled").press("End")
    expect(long.locator("tbody tr").last).to_contain_text("n950000")
    long.locator(".scrolled").press("ArrowUp")
    expect(long.locator("tbody tr").last).to_contain_text("n949999")

    long.get_by_label("Row").fill("500000")
    long.get_by_label("Row").press("Enter")
    expect(long.locator("td.here").first).to_have_text("500000")

    page.goto(f"{address}?file=1&row=900000&column=2")
    here = long.locator("td.here")
    expect(here).to_have_count(1)
    expect(here).to_have_text(re.compile("⟨202E⟩x+… .+9,801 characters"))
    expect(here).to_be_in_viewport()
    expect(long.locator(".cell")).to_have_text(re.compile("^Row 900,000, column 2 ⟨202E⟩x{10000}$"))
    expect(long.locator("tr", has=page.locator("td.here"))).to_contain_text("<b>3</b>")
    assert page.console == []
    picture(page, "table-linked")


def test_a_link_to_a_place_goes_there_in_the_table_of_the_page(page: Page, address: str) -> None:
    page.evaluate(
        "where => { const link = document.createElement('a'); link.href = where; link.textContent = 'finding';"
        " document.querySelector('h1').append(link); }",
        f"{address}/files/1/preview?row=70000&column=3",
    )
    page.get_by_role("link", name="finding").click()
    expect(table(page, 1).locator("td.here")).to_have_text(str(70_000 % 7))
    assert page.url == address


def test_hidden_sheets_rows_and_formulas_are_marked(page: Page) -> None:
    book = table(page, 2)
    book.scroll_into_view_if_needed()
    expect(book.locator("tr.hidden")).to_contain_text("benign")
    expect(book.locator("td code")).to_have_text("=SUM(1,211)")
    expect(book.locator(".notes")).to_contain_text("1 hidden row")
    tab = book.get_by_role("button", name="behind")
    expect(tab).to_contain_text("very hidden")
    picture(page, "table-workbook")
    tab.click()
    expect(tab).to_have_attribute("aria-pressed", "true")
    expect(book.locator("tbody td").first).to_have_text("<i>1")
    book.get_by_role("button", name="Columns ›").click()
    expect(book.locator("tbody td").first).to_have_text("<i>51")
    expect(book.locator(".bar")).to_contain_text("51 to 100 of 120")
    assert page.console == []


def test_a_text_stays_in_its_frame_and_a_link_marks_its_line(page: Page, address: str) -> None:
    page.goto(f"{address}?file=3&row=2500")
    frame = page.frame_locator(".frame[data-preview$='/files/3/preview'] iframe")
    expect(frame.locator("li.here")).to_have_text("a line")
    expect(frame.locator("ol")).to_have_attribute("start", "2401")
    assert table(page, 3).count() == 0
    leaf = page.locator(".leaf")
    expect(leaf).to_contain_text("of 3,000")
    leaf.get_by_label("Line", exact=True).fill("1")
    leaf.get_by_role("button", name="Later lines").click()
    expect(frame.locator("ol")).to_have_attribute("start", "401")
    leaf.get_by_label("Line", exact=True).fill("2999")
    leaf.get_by_label("Line", exact=True).press("Enter")
    expect(frame.locator("ol")).to_have_attribute("start", "2801")
    expect(leaf.get_by_role("button", name="Later lines")).to_be_disabled()
    picture(page, "text-leafed")


def picture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    for kind, size in reversed(WIDTHS.items()):
        page.set_viewport_size(size)
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=SCREENSHOTS / f"{name}-{kind}.png")

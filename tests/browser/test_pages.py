"""Every page of every role, wide and narrow: it fits, it says something, and the console stays quiet."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.faults import serious
from tests.browser.people import WIDTHS, Visitor, Visitors
from tests.running import Stack
from tests.stack.submitting import submit

pytestmark = [pytest.mark.stack, pytest.mark.browser]

PAGES = [
    ("alice", "/home", "My projects", "home"),
    ("bob", "/home", "My projects", "home-of-two"),
    ("alice", "/desk/projects/tumour-ml", "Telling malignant", "project"),
    ("alice", "/desk/requests", "Release requests", "requests"),
    ("carol", "/desk/queue", "Review queue", "queue"),
    ("carol", "/desk/notices", "Notices", "notices"),
    ("adam", "/desk/figures", "Figures", "figures"),
    ("dana", "/desk/grants", "Grants", "grants"),
    ("adam", "/desk/admin", "", "admin"),
    ("adam", "/desk/admin/projects/diabetes-care", "", "admin-project"),
    ("adam", "/desk/admin/review", "Review policies", "policies"),
    ("adam", "/desk/admin/review/tumour-ml", "Review policy", "policy"),
    ("adam", "/desk/admin/usage", "Usage", "usage"),
    ("adam", "/desk/admin/usage/alice/tumour-ml", "alice in tumour-ml", "usage-of-one"),
    ("audrey", "/desk/admin/usage", "Usage", "usage-for-an-auditor"),
    ("audrey", "/desk/audit", "Audit log", "audit"),
    ("carol", "/home", "My projects", "home-without-projects"),
]


@pytest.mark.parametrize(("name", "path", "heading", "picture"), PAGES, ids=[page[3] for page in PAGES])
def test_a_page_fits_the_screen_and_the_console_stays_quiet(
    stack: Stack, visitors: Visitors, name: str, path: str, heading: str, picture: str
) -> None:
    visitor = visitors(name)
    visitor.console.clear()
    visitor.page.goto(stack.url + path)
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text(heading)
    for size in WIDTHS.values():
        visitor.page.set_viewport_size(size)  # type: ignore[arg-type]
        assert too_wide(visitor) == []
    visitor.picture(picture)
    assert serious(visitor.page) == []
    assert [line for line in visitor.console if line.startswith(("error", "warning"))] == []


def test_the_page_around_a_workspace_says_what_its_author_waits_for_and_has_no_serious_fault(
    stack: Stack, visitors: Visitors
) -> None:
    visitor = visitors("alice")
    visitor.open_workspace("tumour-ml")
    assert submit(stack, "alice", "tumour-ml", "n\n569\n")[0] == 201
    visitor.page.reload()
    expect(visitor.page.locator("#asked")).to_contain_text("answer expected by")
    for size in WIDTHS.values():
        visitor.page.set_viewport_size(size)  # type: ignore[arg-type]
        assert too_wide(visitor) == []
        assert serious(visitor.page) == []
    visitor.picture("around-a-workspace")
    visitor.page.locator("#stop").click()
    assert serious(visitor.page) == []
    visitor.page.locator("#stop-not").click()


def test_the_page_around_a_workspace_asks_the_desk_twice_a_minute_however_long_it_is_open(
    stack: Stack, visitors: Visitors
) -> None:
    visitor = visitors("alice")
    visitor.open_workspace("tumour-ml")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url.partition("?")[0]))
    visitor.page.clock.install()
    visitor.page.reload()
    for _ in range(12):  # a minute of the page's own clock, in the steps of its own polling
        with visitor.page.expect_response("**/workspace/tumour-ml/status"):
            visitor.page.clock.run_for(5_000)
    assert asked.count(f"{stack.url}/workspace/tumour-ml/status") == 12
    assert 2 <= asked.count(f"{stack.url}/desk/requests/brief") <= 3


def too_wide(visitor: Visitor) -> list[str]:
    """The elements that make the page scroll sideways."""
    found: list[str] = visitor.page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
           [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
           .map(e => e.tagName + '.' + e.className)"""
    )
    return found


@pytest.mark.parametrize(
    ("name", "path"),
    [("alice", "/desk/queue"), ("alice", "/desk/audit"), ("alice", "/desk/admin"), ("alice", "/desk/admin/usage"),
     ("adam", "/desk/queue"), ("adam", "/desk/audit"), ("carol", "/desk/admin"), ("dana", "/desk/audit"),
     ("audrey", "/desk/admin"), ("carol", "/desk/admin/review")],
)  # fmt: skip
def test_a_page_of_another_role_is_refused_in_words(stack: Stack, visitors: Visitors, name: str, path: str) -> None:
    page = visitors(name).page
    answer = page.goto(stack.url + path)
    assert answer is not None and answer.status in (403, 404)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Not allowed|Not found"))


def test_logging_out_ends_the_session_of_every_page(stack: Stack, visitors: Visitors) -> None:
    visitor = visitors.another("chen")
    visitor.page.get_by_role("link", name="Log out").click()
    visitor.page.wait_for_load_state()
    answer = visitor.context.request.get(stack.url + "/desk/queue", max_redirects=0)
    assert answer.status in (302, 303, 401)
    visitor.context.close()

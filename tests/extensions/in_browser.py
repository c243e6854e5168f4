"""The page half in the real JupyterLab and a real browser, under the policy and in the frame of production.

Only the gate is missing: the gate's header on JupyterLab's document, and a page with the sandboxed frame around it,
are put there by way of the browser's own request interception.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Page, Playwright, Route, expect

from tests.extensions.conftest import Lab

PARENT = "http://parent.test"
SANDBOX = "allow-scripts allow-same-origin allow-forms allow-modals"
QUIET = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]  # the parent's name is made up


def policy(base: str) -> str:
    return (
        f"default-src 'none'; script-src {base}static/ {base}lab/extensions/ 'unsafe-eval'; "
        f"style-src 'self' 'unsafe-inline'; img-src {base} data: blob:; font-src {base} data:; "
        f"connect-src {base} {base.replace('http', 'ws')}; worker-src {base} blob:; frame-src 'none'; "
        f"form-action 'none'; base-uri 'self'; frame-ancestors {PARENT}; sandbox {SANDBOX}"
    )


@pytest.fixture(scope="module")
def page(playwright: Playwright) -> Iterator[Page]:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
    yield browser.new_page(viewport={"width": 1280, "height": 800})
    browser.close()


@pytest.fixture
def inside(page: Page, fresh_lab: Lab) -> FrameLocator:
    """JupyterLab in its frame, showing a project with a table, a log and a folder."""
    (fresh_lab.files / "table.csv").write_text("grade,auc\n1,0.97\n")
    (fresh_lab.files / "log.txt").write_text("done\n")
    (fresh_lab.files / "results").mkdir()
    address = f"{fresh_lab.url}lab/tree/project?reset"

    def document(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers=answer.headers | {"content-security-policy": policy(fresh_lab.url)})

    frame = (
        f'<script>heard=[]; onmessage = e => heard.push(e.data)</script><iframe sandbox="{SANDBOX}" src="{address}"'
    )
    around = f'<body style="margin:0">{frame} style="border:0; width:100vw; height:100vh"></iframe>'
    page.unroute_all()
    page.route("**/lab/tree/**", document)
    page.route(f"{PARENT}/", lambda route: route.fulfill(body=around, content_type="text/html"))
    page.goto(f"{PARENT}/")
    lab = page.frame_locator("iframe")
    expect(lab.locator(".jp-DirListing-item")).to_have_count(3, timeout=60_000)
    return lab


def ask_for(lab: FrameLocator, *names: str) -> None:
    """Select in the file browser, right-click, choose the command."""
    for name in names:
        item = lab.locator(".jp-DirListing-item", has_text=name)
        item.click(modifiers=["Control"] if name != names[0] else None)
    item.click(button="right")
    lab.locator(".lm-Menu-item", has_text="Request release…").click()
    expect(lab.locator(".enclave-Dialog")).to_be_visible()


def open_panel(page: Page) -> None:
    """As our page around the frame does."""
    page.evaluate(
        "document.querySelector('iframe').contentWindow.postMessage({type: 'enclave:open-requests'}, '*')"
    )


def press_send(lab: FrameLocator) -> None:
    lab.locator(".enclave-Dialog").get_by_role("button", name="Send request").click()


def send(lab: FrameLocator) -> None:
    """Without waiting until the files have been checked."""
    press_send(lab)
    warned = lab.get_by_text("The files are still being checked.")
    closed = lab.locator("body:not(:has(.enclave-Dialog))")
    problem = lab.locator(".enclave-Dialog .enclave-Error:not(:empty)")
    expect(warned.or_(closed).or_(problem).first).to_be_visible()
    if warned.is_visible():
        press_send(lab)

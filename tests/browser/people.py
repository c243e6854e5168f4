"""People at their browsers: real clicks in Debian's chromium, one browser context a person."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Playwright, expect, sync_playwright

from tests.running import Stack

SCREENSHOTS = Path(__file__).parent / "screenshots"
WIDTHS = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync"]  # fmt: skip
SLOW = 90_000  # milliseconds: these machines have two cores and noisy neighbours
expect.set_options(timeout=20_000)  # for the same reason; whatever is awaited is usually there at once


class Visitor:
    """One person with a browser of their own."""

    def __init__(self, stack: Stack, name: str, context: BrowserContext) -> None:
        self.stack, self.name, self.context = stack, name, context
        self.page: Page = context.new_page()
        self.console: list[str] = []
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))

    def log_in(self) -> None:
        """From our address through the identity provider's own pages back to `/home`."""
        account = self.stack.accounts[self.name]
        self.page.goto(self.stack.url + "/")
        self.page.wait_for_url(re.compile(r"idp\.localhost|/home$|/hub/login"), timeout=SLOW)
        if "/hub/login" in self.page.url:
            self.page.get_by_role("link", name=re.compile("sign in|log in", re.I)).click()
        if "idp.localhost" in self.page.url:
            self.page.locator("input[name=login]").fill(self.name)
            self.page.keyboard.press("Enter")
            self.page.locator("input[name=password]").fill(str(account["password"]))
            self.page.keyboard.press("Enter")
        self.page.wait_for_url(re.compile(r"/home$"), timeout=SLOW)

    def open_workspace(self, project: str) -> FrameLocator:
        """Click Open on the project's card, start the workspace, wait for JupyterLab in its frame."""
        self.page.goto(self.stack.url + "/home")
        self.page.locator(f"a[href='/workspace/{project}']").first.click()
        start = self.page.locator("#open")
        frame = self.page.frame_locator("iframe")
        expect(start.or_(self.page.locator("iframe")).first).to_be_visible(timeout=SLOW)
        if start.is_visible():
            start.click()
        expect(frame.locator("#jp-main-dock-panel")).to_be_visible(timeout=SLOW)
        expect(frame.locator("#jupyterlab-splash")).to_have_count(0, timeout=SLOW)
        return frame

    def picture(self, name: str) -> None:
        """Screenshots of the present page at 1440 and 390 pixels."""
        SCREENSHOTS.mkdir(exist_ok=True)
        for kind, size in reversed(WIDTHS.items()):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            self.page.wait_for_timeout(300)
            self.page.screenshot(path=SCREENSHOTS / f"{name}-{kind}.png", full_page=kind == "narrow")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_QUIET)
    yield found
    found.close()


@pytest.fixture(scope="session")
def visitors(stack: Stack, browser: Browser) -> Iterator["Visitors"]:
    """People who are logged in, one browser context each, kept for the whole run."""
    found = Visitors(stack, browser)
    yield found
    found.close()


class Visitors:
    def __init__(self, stack: Stack, browser: Browser) -> None:
        self._stack, self._browser, self._known = stack, browser, dict[str, Visitor]()

    def __call__(self, name: str) -> Visitor:
        if name not in self._known:
            self._known[name] = self.another(name)
        return self._known[name]

    def another(self, name: str) -> Visitor:
        """The same person at another browser, logged in afresh."""
        visitor = Visitor(self._stack, name, self._browser.new_context(viewport=WIDTHS["wide"]))  # type: ignore[arg-type]
        visitor.log_in()
        return visitor

    def anonymous(self) -> BrowserContext:
        return self._browser.new_context(viewport=WIDTHS["wide"])  # type: ignore[arg-type]

    def close(self) -> None:
        for visitor in self._known.values():
            visitor.context.close()

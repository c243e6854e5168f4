"""The browser's fixtures."""

from tests.browser.people import browser, playwright, visitors

__all__ = ["browser", "playwright", "visitors"]

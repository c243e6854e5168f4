"""The browser's fixtures."""

from tests.browser.people import browser, visitors

__all__ = ["browser", "visitors"]

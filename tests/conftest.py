"""What all tests share: databases, and the rooms' tables known before a test asks for them."""

from importlib.metadata import entry_points

import pytest

from tests.browser.people import playwright
from tests.databases import database, databases, postgres, postgres_url
from tests.running import stack
from tests.runtimes import add_option, generate, runtime

__all__ = ["database", "databases", "playwright", "postgres", "postgres_url", "runtime", "stack"]


def pytest_addoption(parser: pytest.Parser) -> None:
    add_option(parser)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    generate(metafunc)


def pytest_configure() -> None:
    for point in entry_points(group="enclave.rooms"):
        point.load()


# Tests that take half a minute and more go first: beside others, the last one is not waited for alone.
LONG = ("test_hostile_files.py", "test_walk.py", "test_killed_desk.py", "test_api_exercised.py", "test_race.py")
# What there is one of: the test enclave, the browser, the engine under a guard's hands.
SHARED = {"stack", "playwright", "image"}


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what has to take turns. Browser tests last: Playwright's loop runs in this thread from the first of them
    on, and no other can. They all share one Playwright for the same reason (the fixture `playwright`)."""
    for item in items:
        if SHARED.intersection(getattr(item, "fixturenames", ())) or item.get_closest_marker("browser"):
            item.add_marker("in_turn")
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, item.path.name not in LONG))

"""What all tests share: databases, and the rooms' tables known before a test asks for them."""

import contextlib
from importlib.metadata import entry_points

from tests.databases import database, databases, postgres_url

__all__ = ["database", "databases", "postgres_url"]


def pytest_configure() -> None:
    for point in entry_points(group="enclave.rooms"):
        with contextlib.suppress(ModuleNotFoundError):  # until every room stands
            point.load()

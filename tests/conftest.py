"""What all tests share: databases, and the rooms' tables known before a test asks for them."""

from importlib.metadata import entry_points

from tests.databases import database, databases, postgres_url
from tests.running import stack

__all__ = ["database", "databases", "postgres_url", "stack"]


def pytest_configure() -> None:
    for point in entry_points(group="enclave.rooms"):
        point.load()

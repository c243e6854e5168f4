"""A desk with people and projects, and a client that speaks as the gate does."""

import pytest

from tests.output_review.kit import a_client, a_desk, people_and_projects


@pytest.fixture
def desk(database, tmp_path):
    people_and_projects(database)
    return a_desk(database, tmp_path)


@pytest.fixture
def desks(databases, tmp_path):
    """The same desk on SQLite and on PostgreSQL."""
    people_and_projects(databases)
    return a_desk(databases, tmp_path)


@pytest.fixture
async def client(desk):
    async with a_client(desk) as found:
        yield found

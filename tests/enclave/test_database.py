"""A look is of one moment whatever is written meanwhile, and nothing is changed by looking."""

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from enclave.people import people
from tests.data_mounts.builders import login


def email(connection):
    return connection.execute(select(people.c.email).where(people.c.name == "alice")).scalar_one()


def test_what_a_page_reads_one_after_the_other_agrees_beside_a_desk_that_writes(databases):
    with databases.write() as connection:
        login(connection, "alice", email="before@example.org")
    with databases.read() as looking:
        assert email(looking) == "before@example.org"
        with databases.write() as connection:
            login(connection, "alice", email="after@example.org")
        assert email(looking) == "before@example.org"
    with databases.read() as connection:
        assert email(connection) == "after@example.org"
    with databases.write() as connection:
        assert email(connection) == "after@example.org", "a writer that waited its turn reads what is true now"


def test_a_connection_that_has_looked_writes_again(databases):
    """The pool hands the same connection out for both."""
    for _ in range(3):
        with databases.read() as connection:
            connection.execute(select(people))
        with databases.write() as connection:
            login(connection, "alice")


def test_nothing_is_kept_of_what_is_written_while_looking(databases):
    with databases.write() as connection:
        login(connection, "alice", email="before@example.org")
    try:
        with databases.read() as connection:
            connection.execute(update(people).values(email="changed@example.org"))
    except DBAPIError as refused:
        assert "read-only" in str(refused)
    else:
        assert databases.engine.dialect.name == "sqlite", "it rolls back, PostgreSQL refuses as well"
    with databases.read() as connection:
        assert email(connection) == "before@example.org"

"""The log only grows, and shows when somebody touched it."""

import threading
from enum import StrEnum

import pytest
from sqlalchemy import delete, insert, select, update

from enclave import audit
from enclave.errors import Broken


class Happened(StrEnum):
    THIS = "test.this"


def _three_events(database):
    with database.write() as connection:
        for number in range(3):
            audit.record(connection, "adam", Happened.THIS, f"project:p{number}", {"number": number})


def test_an_untouched_log_is_intact_and_newest_come_first(databases):
    _three_events(databases)
    with databases.read() as connection:
        assert audit.verify(connection) == 3
        assert [event.number for event in audit.events(connection)] == [3, 2, 1]
        assert [event.subject for event in audit.events(connection, "project:p1")] == ["project:p1"]
        assert len(audit.events(connection, limit=2)) == 2


@pytest.mark.parametrize(
    "harm",
    [
        update(audit.audit_events).where(audit.audit_events.c.number == 2).values(actor="eve"),
        update(audit.audit_events).where(audit.audit_events.c.number == 2).values(details={"number": 9}),
        delete(audit.audit_events).where(audit.audit_events.c.number == 2),
        delete(audit.audit_events).where(audit.audit_events.c.number == 3),
        update(audit.audit_head).values(number=2),
        delete(audit.audit_head),
    ],
    ids=["actor edited", "details edited", "middle removed", "end removed", "head moved", "head removed"],
)
def test_whatever_is_changed_behind_our_back_shows(databases, harm):
    _three_events(databases)
    with databases.write() as connection:
        connection.execute(harm)
    with databases.read() as connection, pytest.raises(Broken, match="not intact"):
        audit.verify(connection)


def test_a_row_slipped_in_shows(databases):
    _three_events(databases)
    with databases.write() as connection:
        third = (
            connection.execute(select(audit.audit_events).where(audit.audit_events.c.number == 3)).mappings().one()
        )
        connection.execute(insert(audit.audit_events).values(**{**third, "number": 4}))
    with databases.read() as connection, pytest.raises(Broken, match="event 4"):
        audit.verify(connection)


def test_no_event_without_its_change_and_none_when_it_fails(databases):
    with pytest.raises(ZeroDivisionError), databases.write() as connection:
        audit.record(connection, "adam", Happened.THIS, "project:p", {})
        raise ZeroDivisionError
    with databases.read() as connection:
        assert audit.verify(connection) == 0


def test_without_a_head_nothing_can_be_recorded(databases):
    with databases.write() as connection:
        connection.execute(delete(audit.audit_head))
        with pytest.raises(Broken, match="no head row"):
            audit.record(connection, "adam", Happened.THIS, "project:p")


def test_many_writers_at_once_make_one_chain(databases):
    def write() -> None:
        for _ in range(20):
            with databases.write() as connection:
                audit.record(connection, "adam", Happened.THIS, "project:p", {})

    writers = [threading.Thread(target=write) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with databases.read() as connection:
        assert audit.verify(connection) == 120

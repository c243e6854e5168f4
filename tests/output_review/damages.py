"""What somebody could do to a desk's records, its log or its disk: each is a function `damage(connection, layout)`.

What is done to the log leaves its chain whole, as somebody could who knows how it is kept.
"""

from dataclasses import replace

from sqlalchemy import delete, insert, select, text, update

from enclave import audit
from output_review.tables import request_files, requests


def row(table, number, **changes):
    """Change a row of a request; the first that there is."""

    def damage(connection, _layout):
        where = (table.c.id if table is requests else table.c.request_id) == number
        assert connection.execute(update(table).where(where).values(**changes)).rowcount

    return damage


def sql(*lines):
    def damage(connection, _layout):
        for line in lines:
            assert connection.execute(text(line)).rowcount

    return damage


def added(table, **values):
    def damage(connection, _layout):
        connection.execute(insert(table).values(**values))

    return damage


def log(edit):
    """Another log, whose chain is whole again."""

    def damage(connection, _layout):
        before = list(reversed(audit.events(connection, limit=10_000)))
        after = list(edit(before))
        assert after != before
        connection.execute(delete(audit.audit_events))
        last = audit.START
        for number, event in enumerate(after, 1):
            event = replace(event, number=number)
            last = event.hash_after(last)
            connection.execute(insert(audit.audit_events).values(**vars(event), hash=last))
        connection.execute(update(audit.audit_head).values(number=len(after), hash=last))
        audit.verify(connection)

    return damage


def about(event, number, kind):
    return event.subject == f"request:{number}" and event.event == kind


def without(kind, number):
    return log(lambda events: [one for one in events if not about(one, number, kind)])


def twice(kind, number):
    return log(lambda events: [again for one in events for again in [one] * (1 + about(one, number, kind))])


def retold(kind, number, edit):
    return log(lambda events: [edit(one) if about(one, number, kind) else one for one in events])


def details(**changes):
    return lambda event: replace(event, details=dict(event.details) | changes)


def disk(number, edit):
    """Do something to the stored bytes of a request's first file."""

    def damage(connection, layout):
        where = (request_files.c.request_id == number, request_files.c.number == 1)
        edit(layout.object(connection.execute(select(request_files.c.sha256).where(*where)).scalar_one()))

    return damage


def altered(place):
    place.chmod(0o600)
    place.write_bytes(place.read_bytes().replace(b"357", b"358"))


def linked(place):
    other = place.with_name("elsewhere")
    place.rename(other)
    place.symlink_to(other)


def code_gone(connection, layout):
    query = select(request_files.c.code_sha256).where(request_files.c.code_sha256.is_not(None))
    layout.object(connection.execute(query).scalar_one()).unlink()

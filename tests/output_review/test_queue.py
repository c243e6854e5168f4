"""The queue is chosen in SQL, and finds what the rules say: order, filters, pages, whatever has happened before."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from data_mounts import members
from enclave.clock import now
from enclave.errors import BadInput, Refused
from output_review import voting
from output_review.lifecycle import objection
from output_review.queue import Asked, Whose, how_many, look
from output_review.reading import get_request
from output_review.tables import claims, requests
from output_review.tally import handling
from output_review.vocabulary import Action, Status
from tests.data_mounts.builders import OPERATOR, add
from tests.output_review.kit import acting, approved, policed, resubmitted, returned, submitted, voted

CHECKERS = ("carol", "chen", "cleo", "insider", "boss", "audrey")


def found(desk, asked=None, limit=200, after=None, **given):
    with desk.database.read() as connection:
        return [one.id for one in look(connection, asked or Asked("carol", **given), now(), after, limit)[0]]


def named(desk, number):
    return submitted(desk, {f"{number}.csv": str(number).encode()})


def waits_since(desk, request, hours):
    with desk.database.write() as connection:
        then = now() - timedelta(hours=hours)
        values = {"waiting_since": then, "due": request.policy.due(then)}
        connection.execute(update(requests).where(requests.c.id == request.id).values(**values))


def noted(desk, request):
    with desk.database.read() as connection:
        return connection.execute(select(requests.c.due).where(requests.c.id == request.id)).scalar_one()


def test_each_round_notes_when_its_policy_wants_it_answered(desks):
    request = submitted(desks)
    assert noted(desks, request) == request.due == request.created + timedelta(hours=48)
    policed(desks, response_hours=8)
    again = resubmitted(desks, returned(desks, request), {"t.csv": b"changed"})
    assert noted(desks, request) == again.due == again.waiting_since + timedelta(hours=8)
    policed(desks, response_hours=4)
    ready = approved(desks, again, grace=timedelta(hours=1))
    with desks.database.write() as connection:
        actor = acting(connection, "carol", request.project)
        back = voting.take_back(connection, actor, request.id, ready.version, now())
    assert noted(desks, request) == back.due == back.waiting_since + timedelta(hours=4)


def test_what_is_most_urgent_by_its_own_policy_comes_first(desks):
    slow = submitted(desks, author="erin", project="diabetes-care")
    policed(desks, response_hours=1)
    quick = submitted(desks)
    assert found(desks) == [quick.id, slow.id]
    waits_since(desks, slow, 48)
    assert found(desks) == [slow.id, quick.id]
    assert found(desks, overdue=True) == [slow.id]
    returned(desks, slow)
    assert found(desks, statuses=tuple(Status), overdue=True) == [], "only what is open is overdue"
    assert found(desks, statuses=tuple(Status)) == [quick.id, slow.id]


def test_the_search_reads_what_file_number_and_author(desks):
    first = submitted(desks, {"50%.csv": b"a", "Bericht über.csv": b"b"})
    second = submitted(desks, {"a_b.csv": b"c"}, "erin", "diabetes-care")
    both = [first.id, second.id]
    for text, hits in {
        "TABLE": both, "50%": both[:1], "0_": [], "%": both[:1], "_": both[1:], "alice": both[:1], "erin": both[1:],
        "ERIN": [], "ber": both[:1], "nothing": [], str(first.id): both[:1], str(second.id): both[1:], "9" * 9: [],
        "9" * 30: [], "\\": [], "'; --": [],
    }.items():  # fmt: skip
        assert found(desks, text=text) == hits, text


def test_the_search_reads_the_files_of_the_present_round(desks):
    request = submitted(desks, {"old-name.csv": b"a"})
    resubmitted(desks, returned(desks, request), {"new-name.csv": b"b"})
    assert found(desks, text="old-name") == [] and found(desks, text="new-name") == [request.id]


def test_pages_meet_without_gap_or_repetition_when_many_are_due_at_once(desks):
    every = [named(desks, n).id for n in range(7)]
    with desks.database.write() as connection:
        connection.execute(update(requests).values(due=now()))
    for statuses, expected in (((Status.SUBMITTED,), every), (tuple(Status), every[::-1])):
        pages, after = [], None
        while True:
            with desks.database.read() as connection:
                part, after = look(connection, Asked("carol", statuses), now(), after, 3)
            pages += [one.id for one in part]
            if after is None:
                break
        assert pages == expected
    with desks.database.read() as connection:
        assert how_many(connection, Asked("carol"), now()) == 7
        with pytest.raises(BadInput, match="no request 99"):
            look(connection, Asked("carol"), now(), 99, 3)


def happen(desk, chance):
    """Something that a checker may try with one of the open requests."""
    with desk.database.read() as connection:
        every = connection.execute(select(requests.c.id)).scalars().all()
        request = get_request(connection, chance.choice(every))
    who = chance.choice(CHECKERS)
    try:
        match chance.randrange(5):
            case 0:
                voted(desk, request, who, rejected=(1,) if chance.random() < 0.7 else ())
            case 1:
                returned(desk, request, who)
            case 2 if request.status is Status.RETURNED:
                resubmitted(desk, request, {"t.csv": chance.randbytes(9)})
            case _:
                with desk.database.write() as connection:
                    voting.claim(connection, acting(connection, who, request.project), request.id, now())
    except Refused:
        return


def as_the_rules_say(desk):
    """Of every open request, as the lifecycle and the tally say: (number, who handles it, who could claim it)."""
    with desk.database.read() as connection:
        every = [get_request(connection, number) for number in found(desk)]
        return [
            (
                one.id,
                handling(one, now()),
                {
                    name
                    for name in CHECKERS
                    if objection(acting(connection, name, one.project), Action.CLAIM, one, now()) is None
                },
            )
            for one in every
        ]


@pytest.mark.parametrize("seed", range(2))
def test_who_handles_what_is_found_as_the_rules_say_whatever_has_happened(desks, seed):
    chance = random.Random(seed)
    for n in range(9):
        policed(desks, reviewers=chance.choice([1, 2, 3]), max_files=n + 2)
        submitted(desks, {"t.csv": chance.randbytes(9)}, *(("erin", "diabetes-care") if n % 3 else ("alice",)))
    for _ in range(30):
        happen(desks, chance)
    with desks.database.write() as connection:
        connection.execute(update(claims).where(claims.c.request_id % 2 == 0).values(until=now()))
        add(connection, "tumour-ml", "chen")  # a member now: their votes and claims count no more
        members.ensure_removed(connection, OPERATOR, "tumour-ml", "insider")
    rules = as_the_rules_say(desks)
    assert found(desks, whose=Whose.UNCLAIMED) == [number for number, hands, _ in rules if not hands]
    for name in CHECKERS:
        handled = [number for number, hands, _ in rules if name in hands]
        free = [number for number, _, could in rules if name in could]
        assert found(desks, Asked(name, whose=Whose.MINE)) == found(desks, by=name) == handled
        assert found(desks, Asked(name, whose=Whose.FREE)) == free
    assert any(hands for _, hands, _ in rules) and any(could for _, _, could in rules), "the test sees something"


def test_a_page_takes_as_many_queries_for_many_requests_as_for_few(desks):
    def counted(limit):
        asked = []

        def note(_connection, _cursor, statement, *_more):
            asked.append(statement)

        event.listen(desks.database.engine, "before_cursor_execute", note)
        found(desks, limit=limit, whose=Whose.FREE)
        event.remove(desks.database.engine, "before_cursor_execute", note)
        return len([one for one in asked if one.startswith(("SELECT", "WITH"))])

    for n in range(12):
        voted(desks, named(desks, n))
    assert counted(2) == counted(12) > 2

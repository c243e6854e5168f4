"""Twenty clients at once vote, return, resubmit, withdraw, release and download: nothing is lost or done twice."""

import asyncio

from sqlalchemy import func, select

from output_review.reading import get_request
from output_review.release import release_due
from output_review.tables import released_files, reviews
from output_review.vocabulary import Status
from tests.output_review.clients import Client
from tests.output_review.kit import a_client, a_desk, all_whole, returned, submitted

REQUESTS, STEPS, LONGEST = 12, 25, 6
CHECKERS = [name for name in ("carol", "chen", "cleo") for _ in range(3)]
AUTHORS = ["alice", "bob", "erin", "alice", "bob"]
MEMBERS = ["alice", "bob", "erin"]
RELEASERS = 3
PROJECT = {"alice": "tumour-ml", "bob": "tumour-ml", "erin": "diabetes-care"}


def waiting(desk):
    """The numbers of fresh requests, every other one returned: however fast they end, some can be resubmitted."""
    authors = [("alice", "bob", "erin")[number % 3] for number in range(REQUESTS)]
    requests = [
        submitted(desk, {"table.csv": f"{number}".encode(), "kept.csv": b"kept"}, name, PROJECT[name])
        for number, name in enumerate(authors)
    ]
    for one in requests[::2]:
        returned(desk, one)
    return [one.id for one in requests]


def released(found):
    return any(request.status is Status.RELEASED for request in found)


def resubmitted(found):
    return any(request.round > 1 for request in found)


async def test_twenty_clients_at_once_lose_no_vote_and_release_nothing_twice(desks, tmp_path):
    desk, numbers = a_desk(desks.database, tmp_path, grace=0), []
    async with a_client(desk) as http:

        async def ask(method, path, **given):
            async with http.request(method, path, allow_redirects=False, **given) as answer:
                await answer.read()
                assert answer.status < 500, await answer.text()
                return answer.status

        def look(number):
            return desk.read(get_request, number)

        async def work(step):
            for _ in range(STEPS):
                await step(numbers)

        async def release():
            for _ in range(2 * STEPS):
                await release_due(desk)
                await asyncio.sleep(0.02)

        people = [Client(name, seed, ask, look) for seed, name in enumerate(CHECKERS + AUTHORS + MEMBERS)]
        checking, writing = len(CHECKERS), len(CHECKERS + AUTHORS)
        steps = [one.check for one in people[:checking]] + [one.write for one in people[checking:writing]]
        steps += [one.take for one in people[writing:]]
        assert len(steps) + RELEASERS == 20
        found = []
        for _ in range(LONGEST):  # who is how fast decides what happens: until each of the controls below holds
            numbers += waiting(desk)
            await asyncio.gather(*map(work, steps), *(release() for _ in range(RELEASERS)))
            found = all_whole(desk.database, desk.settings.layout)
            if released(found) and resubmitted(found) and any(one.taken for one in people):
                break
    with desk.database.read() as connection:
        kept = set(connection.execute(select(reviews.c.comment)).scalars())
        counted = connection.execute(select(func.sum(released_files.c.downloads))).scalar()
    accepted = set().union(*(one.accepted for one in people))
    assert accepted and accepted <= kept
    assert counted == sum(one.taken for one in people) > 0
    assert released(found) and resubmitted(found), "the control: something got through, something came back"

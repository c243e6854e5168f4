"""Twenty clients at once vote, return, claim, resubmit, withdraw, release: nothing is lost or done twice."""

import asyncio

from sqlalchemy import select

from output_review.reading import get_request
from output_review.release import release_due
from output_review.tables import reviews
from output_review.vocabulary import Status
from tests.output_review.clients import Client
from tests.output_review.invariants import check
from tests.output_review.kit import a_client, a_desk, submitted

REQUESTS, STEPS = 12, 25
CHECKERS = [name for name in ("carol", "chen", "cleo") for _ in range(4)]
AUTHORS = ["alice", "bob", "erin", "alice", "bob"]
RELEASERS = 3
PROJECT = {"alice": "tumour-ml", "bob": "tumour-ml", "erin": "diabetes-care"}


async def test_twenty_clients_at_once_lose_no_vote_and_release_nothing_twice(desks, tmp_path):
    desk = a_desk(desks.database, tmp_path, grace=0)
    authors = [("alice", "bob", "erin")[number % 3] for number in range(REQUESTS)]
    numbers = [
        submitted(desk, {"table.csv": f"{number}".encode(), "kept.csv": b"kept"}, name, PROJECT[name]).id
        for number, name in enumerate(authors)
    ]
    async with a_client(desk) as http:

        async def post(path, **given):
            async with http.post(path, allow_redirects=False, **given) as answer:
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

        people = [Client(name, seed, post, look) for seed, name in enumerate(CHECKERS + AUTHORS)]
        checkers, writers = people[: len(CHECKERS)], people[len(CHECKERS) :]
        steps = [work(one.check) for one in checkers] + [work(one.write) for one in writers]
        await asyncio.gather(*steps, *(release() for _ in range(RELEASERS)))
    assert len(steps) + RELEASERS == 20
    with desk.database.read() as connection:
        found = check(connection, desk.settings.layout)
        kept = set(connection.execute(select(reviews.c.comment)).scalars())
    accepted = set().union(*(one.accepted for one in people))
    assert accepted and accepted <= kept
    assert any(request.status is Status.RELEASED for request in found), "the control: something got through"
    assert any(request.round > 1 for request in found)

"""A desk killed at any moment leaves no half request: fifty real processes, killed while people are at work."""

import asyncio
import random
import signal
from contextlib import suppress

import pytest
from aiohttp import ClientError, ClientSession, UnixConnector
from sqlalchemy import func, select, true

from enclave.database import Database
from enclave.layout import Layout
from enclave.web.rooms import Caller
from output_review.queries import kept_digests
from output_review.reading import get_request
from output_review.tables import released_files, requests, reviews
from output_review.verification.verify import verify
from output_review.vocabulary import OPEN, Status
from tests.databases import fresh
from tests.output_review.clients import Client
from tests.output_review.desks import RealDesk
from tests.output_review.kit import a_form, all_whole, from_workspace, people_and_projects

KILLS = 50
ANSWERS = 10  # that a desk gives at most before it is killed
AT_WORK = (
    ("alice", "submit"), ("bob", "submit"), ("alice", "write"), ("bob", "write"), ("bob", "take"),
    ("carol", "check"), ("chen", "check"), ("cleo", "check"),
)  # fmt: skip


@pytest.fixture
def root(tmp_path_factory):
    """A short path, because a Unix socket's ends at 107 bytes; empty folders as `make up` makes them."""
    folder = tmp_path_factory.mktemp("k")
    for caller in Caller:
        (folder / "sockets" / f"desk-{caller}").mkdir(parents=True)
    database = fresh(Layout(folder).database)
    people_and_projects(database)
    database.close()
    return folder


@pytest.fixture
def database(root):
    found = Database(f"sqlite:///{Layout(root).database}")
    yield found
    found.close()


# What somebody can do something with, if there is any; one step in five is at any request.
SUITED = {
    "check": lambda name: requests.c.status.in_([*OPEN, Status.APPROVED]),
    "write": lambda name: (requests.c.author == name) & (requests.c.status == Status.RETURNED),
    "take": lambda name: requests.c.status == Status.RELEASED,
}


class Load:
    """People at work on one desk until it is gone, and how many answers it has given."""

    def __init__(self, root, database, run):
        self.root, self.database, self.run = root, database, run
        self.answers, self.gone = 0, asyncio.Event()

    def begin(self):
        return [asyncio.ensure_future(self.work(name, kind)) for name, kind in AT_WORK]

    async def work(self, name, kind):
        """One step after the other; who did it."""
        async with ClientSession(connector=UnixConnector(str(Layout(self.root).desk_socket("gate")))) as session:

            async def ask(method, path, **given):
                async with session.request(method, f"http://desk{path}", allow_redirects=False, **given) as answer:
                    await answer.read()
                self.answers += 1
                return answer.status

            person = Client(name, f"{self.run}-{name}-{kind}", ask, self.look)
            with suppress(ClientError, OSError):
                while not self.gone.is_set():
                    await self.step(person, kind)
                    await asyncio.sleep(0.005)
        return person

    async def look(self, number):
        with self.database.read() as connection:
            return get_request(connection, number)

    async def step(self, person, kind):
        if kind == "submit":
            sizes = [person.chance.choice([10, 4000, 1_500_000]) for _ in range(person.chance.randint(1, 3))]
            files = {f"{n}.bin": person.chance.randbytes(size) for n, size in enumerate(sizes)}
            await person.ask("POST", "/inward/v1/requests", data=a_form(files), headers=from_workspace(person.name))
            return
        suited = SUITED[kind](person.name) if person.chance.random() < 0.8 else true()
        with self.database.read() as connection:
            numbers = connection.execute(select(requests.c.id).where(suited)).scalars().all()
        if numbers:
            await getattr(person, kind)(numbers)


async def settled(database, layout):
    """Wait until the desk has done what it does by itself."""
    for _ in range(600):
        with database.read() as connection:
            waiting = connection.execute(select(requests.c.id).where(requests.c.status == Status.APPROVED)).all()
            kept = kept_digests(connection)
        if not waiting and {place.name for place in layout.objects.glob("*/*")} == kept:
            return
        await asyncio.sleep(0.05)


@pytest.mark.timeout(300)
async def test_a_desk_killed_at_any_moment_leaves_no_half_request(root, database):
    chance, accepted, taken = random.Random(7), set(), 0
    layout = Layout(root)
    for run in range(KILLS):
        async with RealDesk(root) as desk:
            load = Load(root, database, run)
            working = load.begin()
            enough = chance.randint(0, ANSWERS)
            while load.answers < enough:
                await asyncio.sleep(0.002)
            await asyncio.sleep(chance.uniform(0, 0.05))
            assert await desk.end(signal.SIGKILL) == -signal.SIGKILL
            load.gone.set()
        for person in await asyncio.gather(*working):
            accepted |= person.accepted
            taken += person.taken
        report = verify(database, layout)
        assert report.violations == [], run
        with database.read() as connection:
            assert accepted <= set(connection.execute(select(reviews.c.comment)).scalars())
            assert taken <= (connection.execute(select(func.sum(released_files.c.downloads))).scalar() or 0)
    # A last desk starts, releases what was approved, clears away what belongs to no request, and stops politely.
    async with RealDesk(root) as desk:
        await settled(database, layout)
        assert await desk.end(signal.SIGTERM) == 0
    found = all_whole(database, layout)
    with database.read() as connection:
        kept = kept_digests(connection)
    assert {place.name for place in layout.objects.glob("*/*")} == kept
    assert list(layout.incoming.iterdir()) == []
    # The control: votes were taken, rounds begun anew, files released and taken out while desks were killed.
    statuses = {request.status for request in found}
    assert accepted and taken and Status.RELEASED in statuses and Status.APPROVED not in statuses
    assert any(request.round > 1 for request in found)

"""A desk killed at any moment leaves no half request: twenty real processes, killed while people are at work."""

import asyncio
import os
import random
import signal
import sys

import pytest
from aiohttp import ClientError, ClientSession, UnixConnector
from sqlalchemy import select

from enclave.database import Database
from enclave.layout import Layout
from enclave.migrations import upgrade
from enclave.web.rooms import Caller
from output_review.queries import kept_digests
from output_review.reading import get_request
from output_review.tables import requests, reviews
from output_review.vocabulary import Status
from tests.output_review import invariants
from tests.output_review.clients import Client
from tests.output_review.kit import a_desk, a_form, from_workspace, people_and_projects

RUNS = 20


@pytest.fixture
def root(tmp_path_factory):
    """A short path, because a Unix socket's ends at 107 bytes; empty folders as `make up` makes them."""
    folder = tmp_path_factory.mktemp("k")
    for caller in Caller:
        (folder / "sockets" / f"desk-{caller}").mkdir(parents=True)
    database = Database(f"sqlite:///{folder}/database/enclave.sqlite")
    upgrade(database)
    people_and_projects(database)
    database.close()
    return folder


async def start(root):
    """A real desk in a process of its own, once it listens."""
    path = Layout(root).desk_socket("gate")
    path.unlink(missing_ok=True)
    environment = {
        "ENCLAVE_ROOT": str(root),
        "ENCLAVE_RELEASE_GRACE": "0",
        "PATH": os.environ["PATH"],
    }
    code = "from enclave.web.desk import main; main()"
    desk = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=environment, stderr=asyncio.subprocess.PIPE
    )
    for _ in range(600):
        if path.exists():
            return desk
        if desk.returncode is not None:
            raise AssertionError((await desk.stderr.read()).decode())
        await asyncio.sleep(0.05)
    raise AssertionError("the desk did not start")


async def keep_submitting(root, person, seed):
    """Submit one request after the other until the desk is gone."""
    chance = random.Random(seed)
    async with ClientSession(connector=UnixConnector(str(Layout(root).desk_socket("gate")))) as session:
        while True:
            sizes = [chance.choice([10, 4000, 1_500_000]) for _ in range(chance.randint(1, 3))]
            files = {f"{n}.bin": chance.randbytes(size) for n, size in enumerate(sizes)}
            try:
                async with session.post(
                    "http://desk/inward/v1/requests", data=a_form(files), headers=from_workspace(person)
                ) as answer:
                    await answer.read()
            except (ClientError, OSError):
                return


async def keep_working(root, name, kind, seed):
    """Vote and return as a checker, or resubmit as an author, until the desk is gone."""
    database = Database(f"sqlite:///{root}/database/enclave.sqlite")
    async with ClientSession(connector=UnixConnector(str(Layout(root).desk_socket("gate")))) as session:

        async def post(path, **given):
            async with session.post(f"http://desk{path}", allow_redirects=False, **given) as answer:
                await answer.read()
                return answer.status

        async def look(number):
            with database.read() as connection:
                return get_request(connection, number)

        person = Client(name, seed, post, look)
        try:
            while True:
                with database.read() as connection:
                    numbers = list(connection.execute(select(requests.c.id)).scalars())[-30:]
                await (getattr(person, kind)(numbers) if numbers else asyncio.sleep(0.01))
        except (ClientError, OSError):
            return person.accepted
        finally:
            database.close()


def check(root, accepted=frozenset()):
    """The invariants, on what the killed desk left; every vote that it took is there."""
    desk = a_desk(Database(f"sqlite:///{root}/database/enclave.sqlite"), root, grace=0)
    with desk.database.read() as connection:
        found = invariants.check(connection, desk.settings.layout)
        assert accepted <= set(connection.execute(select(reviews.c.comment)).scalars())
    desk.database.close()
    return found


@pytest.mark.timeout(300)
async def test_a_desk_killed_at_any_moment_leaves_no_half_request(root):
    chance, accepted = random.Random(7), set()
    for run in range(RUNS):
        desk = await start(root)
        working = [asyncio.ensure_future(keep_submitting(root, name, f"{run}-{name}")) for name in ("alice", "bob")]
        for name, kind in (("carol", "check"), ("chen", "check"), ("cleo", "check"), ("alice", "write")):
            working.append(asyncio.ensure_future(keep_working(root, name, kind, f"{run}-{name}")))
        await asyncio.sleep(chance.uniform(0.05, 1.2))
        desk.send_signal(signal.SIGKILL)
        await desk.wait()
        for taken in await asyncio.gather(*working):
            accepted |= taken or set()
        check(root, accepted)
    # A last desk starts, releases what was approved, clears away what belongs to no request, and stops politely.
    desk = await start(root)
    await asyncio.sleep(3)
    desk.send_signal(signal.SIGTERM)
    assert await desk.wait() == 0
    found = check(root, accepted)
    layout = Layout(root)
    database = Database(f"sqlite:///{root}/database/enclave.sqlite")
    with database.read() as connection:
        kept = kept_digests(connection)
    database.close()
    assert {place.name for place in layout.objects.glob("*/*")} == kept
    assert list(layout.incoming.iterdir()) == []
    # The control: votes were taken, rounds begun anew, and something was released while desks were killed.
    statuses = {request.status for request in found}
    assert accepted and Status.RELEASED in statuses and Status.APPROVED not in statuses
    assert any(request.round > 1 for request in found)

"""A desk killed at any moment leaves no half request: twenty real processes, killed while submissions arrive."""

import asyncio
import os
import random
import signal
import sys

import pytest
from aiohttp import ClientError, ClientSession, UnixConnector
from sqlalchemy import select

from enclave import audit
from enclave.clock import now
from enclave.database import Database
from enclave.layout import Layout
from enclave.migrations import upgrade
from output_review import objects
from output_review.lifecycle import TABLE as LIFECYCLE
from output_review.queries import find_request, kept_digests
from output_review.tables import released_files, requests
from output_review.vocabulary import Action, Status
from tests.output_review.kit import a_desk, a_form, decided, from_workspace, people_and_projects

RUNS = 20
REACHED = {
    Status.SUBMITTED: 1, Status.APPROVED: 2, Status.RELEASED: 3,
}  # fmt: skip


@pytest.fixture
def root(tmp_path_factory):
    """A short path, because a Unix socket's ends at 107 bytes; empty folders as `make up` makes them."""
    folder = tmp_path_factory.mktemp("k")
    for caller in ("hub", "gate", "guard"):
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


def check(root):
    """The invariants, on what the killed desk left."""
    desk = a_desk(Database(f"sqlite:///{root}/database/enclave.sqlite"), root, grace=0)
    layout = desk.settings.layout
    with desk.database.read() as connection:
        audit.verify(connection)
        numbers = list(connection.execute(select(requests.c.id)).scalars())
        for number in numbers:
            request = find_request(connection, number)
            assert request.status in {status for status, _ in LIFECYCLE} | set(LIFECYCLE.values())
            assert request.files, "a request without files"
            for file in request.files:
                assert objects.is_intact(layout, file.sha256, file.size), (number, file)
            events = audit.events(connection, f"request:{number}", 100)
            assert len(events) == request.version == REACHED[request.status]
            left = list(
                connection.execute(
                    select(released_files.c.number).where(released_files.c.request_id == number)
                ).scalars()
            )
            assert left == ([file.number for file in request.files] if request.status is Status.RELEASED else [])
        every = audit.events(connection, limit=100_000)
        submitted = {event.subject for event in every if event.event == "request.submitted"}
        assert submitted == {f"request:{number}" for number in numbers}
    desk.database.close()
    return len(numbers)


def approve_some(root):
    """Give the next desk something to release while it is killed."""
    desk = a_desk(Database(f"sqlite:///{root}/database/enclave.sqlite"), root, grace=0)
    with desk.database.read() as connection:
        waiting = connection.execute(select(requests.c.id).where(requests.c.status == Status.SUBMITTED)).scalars()
        chosen = [find_request(connection, number) for number in list(waiting)[::2]]
    for request in chosen:
        decided(desk, request, Action.APPROVE, at=now())
    desk.database.close()


@pytest.mark.timeout(300)
async def test_a_desk_killed_at_any_moment_leaves_no_half_request(root):
    chance = random.Random(7)
    for run in range(RUNS):
        desk = await start(root)
        senders = [asyncio.ensure_future(keep_submitting(root, name, f"{run}-{name}")) for name in ("alice", "bob")]
        await asyncio.sleep(chance.uniform(0.05, 0.9))
        desk.send_signal(signal.SIGKILL)
        await desk.wait()
        await asyncio.gather(*senders)
        check(root)
        approve_some(root)
    # A last desk starts, releases what was approved, clears away what belongs to no request, and stops politely.
    desk = await start(root)
    await asyncio.sleep(3)
    desk.send_signal(signal.SIGTERM)
    assert await desk.wait() == 0
    assert check(root) > 0
    layout = Layout(root)
    database = Database(f"sqlite:///{root}/database/enclave.sqlite")
    with database.read() as connection:
        kept = kept_digests(connection)
        statuses = set(connection.execute(select(requests.c.status)).scalars())
    database.close()
    assert {place.name for place in layout.objects.glob("*/*")} == kept
    assert list(layout.incoming.iterdir()) == []
    assert statuses <= {Status.SUBMITTED, Status.RELEASED} and Status.RELEASED in statuses

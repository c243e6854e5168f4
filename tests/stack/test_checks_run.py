"""The checks on the desk, whole: what is submitted is examined by the real engine in a container of its own."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from enclave.database import Database
from enclave.layout import DESK_UID
from enclave.migrations import upgrade
from enclave.web.desk import listen, make_app
from enclave.web.ground import room as ground
from enclave.web.rooms import Caller, Desk
from output_review.checked import FileChecks, RunState
from output_review.web import room
from tests.output_review.kit import a_desk, people_and_projects, submitted
from tests.output_review.test_checked import checks
from tests.running import Stack, docker
from tests.stack.people import People, Person, until
from tests.stack.submitting import submit
from workspaces.guard.__main__ import guarding

pytestmark = pytest.mark.stack
PROJECT = "diabetes-care"
SECONDS = 180  # two cores, and other tests beside
SMALL = "region,people\nNorth,412\nSouth,4\nWest,95\n"
LOOK = """
import json, sys
from enclave.database import Database
from enclave.settings import Settings
from output_review.checked import checks_of
with Database(Settings.from_env().database_url).read() as connection:
    found = checks_of(connection, int(sys.argv[1]))
print(json.dumps({number: [one.state, one.why, one.report, one.data] for number, one in found.items()}))
"""


def kept(stack: Stack, request: int) -> dict[str, Any]:
    """What the desk's records say of the first file's checks."""
    done = docker("exec", f"{stack.instance}-desk", "python", "-c", LOOK, str(request))
    state, why, report, data = json.loads(done.stdout)["1"]
    return {"state": state, "why": why, "report": report, "data": data}


def test_an_unsafe_table_is_examined_with_the_data_by_itself(stack: Stack, people: People, erin: Person) -> None:
    status, request = submit(stack, "erin", PROJECT, SMALL)
    assert status == 201
    found = until(
        lambda: (now := kept(stack, request["id"]))["state"] not in ("waiting", "running") and now, SECONDS
    )
    assert found["state"] == "done", found
    rules = {one["rule"]: one for one in found["report"]["findings"]}
    assert rules["minimum-count"]["place"] == {"row": 2, "column": 2} and found["report"]["verdict"] == "block"
    assert "rows-of-data" in found["report"]["ran"], "with the granted data"
    assert {one.split("@")[0] for one in found["data"]} == {"diabetes", "claims"}
    left = docker(
        "ps", "--all", "--quiet", "--filter", f"label=enclave={stack.instance}", "--filter", "label=enclave.check"
    )
    assert left.stdout == ""


@asynccontextmanager
async def a_desk_and_a_guard(stack: Stack, root: Path, memory: int) -> AsyncIterator[Desk]:
    """A desk and a guard of their own, whose checks run in the stack's image with so much memory (bytes)."""
    instance = f"{stack.instance}-checks"
    image = docker("image", "inspect", "--format", "{{.Id}}", f"{stack.instance}/platform:latest").stdout.strip()
    for folder in ("desk-guard", "guard", "workspaces"):
        (root / "sockets" / folder).mkdir(parents=True)
    for folder in ("projects", "homes", "datasets"):
        (root / folder).mkdir()
    database = Database(f"sqlite:///{root}/enclave.sqlite")
    upgrade(database)
    people_and_projects(database)
    plain = a_desk(database, root)
    settings = replace(plain.settings, instance=instance, check_image=image, check_memory_bytes=memory)
    desk = replace(plain, settings=settings)
    runner = web.AppRunner(make_app(desk, [ground, room], Caller.GUARD))
    await runner.setup()
    await listen(runner, settings.layout.desk_socket("guard"))
    try:
        async with guarding(settings):
            yield desk
    finally:
        await runner.cleanup()
        database.close()
        assert docker("ps", "--all", "--quiet", "--filter", f"label=enclave={instance}").stdout == ""


async def checked(desk: Desk, files: dict[str, bytes], author: str) -> dict[int, FileChecks]:
    """What became of a request's files; as the desk stores them, its user and group own them."""
    request = submitted(desk, files, author)
    for file in request.files:
        os.chown(desk.settings.layout.object(file.sha256), DESK_UID, DESK_UID)
    for _ in range(SECONDS * 5):
        found = checks(desk, request)
        if not {one.state for one in found.values()} & {RunState.WAITING, RunState.RUNNING}:
            return found
        await asyncio.sleep(0.2)
    raise AssertionError(found)


async def test_a_file_that_takes_all_memory_is_not_checked_and_the_next_ones_are(
    stack: Stack, tmp_path: Path
) -> None:
    greedy = b"[" + b",".join([b"[[],{}]"] * 1_500_000) + b"]"  # 12 MB that become 390
    async with a_desk_and_a_guard(stack, tmp_path / "e", 256 << 20) as desk:
        found = await checked(desk, {"greedy.json": greedy, "table.csv": SMALL.encode()}, "alice")
        assert found[1].state is RunState.NOT_CHECKED and "memory" in found[1].why
        assert found[2].state is RunState.DONE and found[2].report["verdict"] == "block"
        after = await checked(desk, {"next.csv": SMALL.encode() + b"East,50\n"}, "bob")
        assert after[1].state is RunState.DONE

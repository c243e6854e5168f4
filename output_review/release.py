"""Release: after the grace period the desk itself releases, and only bytes that still have the approved digest.

A released file is a row of `released_files`; a download looks nowhere else, hashes the bytes once more and counts.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy.engine import Connection

from data_mounts.answers import is_member
from enclave.clock import now
from enclave.errors import NotFound, Refused
from enclave.layout import Layout
from enclave.names import Digest
from enclave.people import Person
from enclave.web.rooms import Desk
from output_review import objects, records
from output_review.lifecycle import releasable
from output_review.queries import Released, due, get_request, no_such_request, released_file

log = logging.getLogger("enclave.review")
_EVERY = 1.0  # seconds


async def keep_releasing(desk: Desk) -> None:
    """Release what is due, once a second, as long as the desk runs. One request's trouble never stops another's."""
    while True:
        try:
            await release_due(desk)
        except Exception:
            log.exception("looking for releases failed")
        await asyncio.sleep(_EVERY)


async def release_due(desk: Desk) -> None:
    """Release every request whose grace period is over."""
    for number in await desk.read(due, now()):
        try:
            await release_one(desk, number)
        except Refused as refused:
            log.info("request %d was not released: %s", number, refused)
        except Exception:
            log.exception("releasing request %d failed", number)


async def release_one(desk: Desk, number: int) -> None:
    """Verify the approved files' bytes and release the request, or hold it and record an incident.

    Raises `Refused` if somebody changed the request meanwhile, such as by taking the approval back.
    """
    request = await desk.read(get_request, number)
    damaged = [
        file.name
        for file in releasable(request)
        if not await asyncio.to_thread(objects.is_intact, desk.settings.layout, file.sha256, file.size)
    ]
    if damaged:
        log.error("request %d is held: the stored bytes of %s differ", number, damaged)
        await desk.write(records.hold, number, request.version, damaged, now())
    else:
        await desk.write(records.release, number, request.version, now())


@dataclass(frozen=True)
class Download:
    """A released file on its way out: its name, size in bytes, and its verified bytes."""

    name: str
    size: int
    sha256: Digest
    bytes: BinaryIO


async def open_download(desk: Desk, person: Person, number: int, file: int) -> Download:
    """Open a released file for a present member of its project; count and record it.

    Raises `NotFound` alike for a request, file or membership that is not there, and `Refused` for damaged bytes.
    """
    found = await desk.read(released_for, person, number, file)
    layout: Layout = desk.settings.layout
    opened = await asyncio.to_thread(objects.open_intact, layout, found.sha256, found.size)
    if opened is None:
        await desk.write(records.record_damage, number, found.name, found.sha256)
        raise Refused(
            f"The desk's stored copy of {found.name} is damaged, so it is not handed out. An incident has been"
            " recorded; tell an admin."
        )
    try:
        await desk.write(records.count_download, person.name, number, file, found.name, found.sha256)
    except BaseException:
        opened.close()
        raise
    return Download(found.name, found.size, found.sha256, opened)


def released_for(connection: Connection, person: Person, number: int, file: int) -> Released:
    """The record of a released file, for a present member of the project; raise `NotFound`."""
    request = get_request(connection, number)
    if not is_member(connection, person.name, request.project):
        raise no_such_request(number)
    found = released_file(connection, number, file)
    if found is None:
        raise NotFound(f"Request {number} has no released file {file}.")
    return found

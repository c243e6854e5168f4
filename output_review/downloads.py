"""What was released leaves: a file, or all of them in a bundle with the release's record.

A released file is a row of `released_files`; a download looks nowhere else, hashes the bytes once more and counts.
How often and until when is on the row, as the policy said at the release.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import file_digest
from typing import BinaryIO

from sqlalchemy.engine import Connection

from enclave.clock import now
from enclave.errors import Forbidden, NotFound, Refused
from enclave.layout import Layout
from enclave.people import Person
from enclave.web.rooms import Desk
from output_review import bundle, objects, records
from output_review.queries import Released, record_text, released_of
from output_review.reading import actor_for, get_request, no_such_request
from output_review.sight import Sight, may_download, sight, spent
from output_review.vocabulary import Status
from output_review.words import WHO_DOWNLOADS


@dataclass(frozen=True)
class Download:
    """Bytes on their way out: their name, size, SHA-256, and themselves, verified and counted."""

    name: str
    size: int
    sha256: str
    bytes: BinaryIO


async def open_file(desk: Desk, person: Person, number: int, file: int) -> Download:
    """Open a released file for a present member of its project; count and record it.

    Raises `NotFound` alike for a request, file or membership that is not there, `Forbidden` for a member whom the
    policy does not name, and `Refused` for damaged bytes and for what was downloaded often or long enough.
    """
    found = [one for one in await desk.read(released_for, person, number) if one.number == file]
    if not found:
        raise NotFound(f"Request {number} has no released file {file}.")
    with ExitStack() as opened:
        (one,), (bytes_,) = found, await _open(desk, found, opened)
        await desk.write(records.count_downloads, person.name, found, now())
        opened.pop_all()
    return Download(one.name, one.size, one.sha256, bytes_)


async def open_bundle(desk: Desk, person: Person, number: int) -> Download:
    """All released files of a request with its record, in one archive; counts as a download of each. Raises as
    `open_file` does."""
    found = await desk.read(released_for, person, number)
    record = await desk.read(record_text, number)
    if record is None:
        raise NotFound(f"Request {number} was released before records were kept: download its files one by one.")
    with ExitStack() as opened:
        files = await _open(desk, found, opened)
        made = await asyncio.to_thread(_bundle, desk.settings.layout, record, found, files)
        try:
            await desk.write(records.count_downloads, person.name, found, now())
        except BaseException:
            made.bytes.close()
            raise
    return Download(f"request-{number}.zip", made.size, made.sha256, made.bytes)


def _bundle(layout: Layout, record: str, found: Sequence[Released], files: Sequence[BinaryIO]) -> Download:
    layout.incoming.mkdir(parents=True, exist_ok=True)
    target = tempfile.TemporaryFile(dir=layout.incoming)  # noqa: SIM115  # whoever sends it closes it
    bundle.write(target, record, ((one.name, file) for one, file in zip(found, files, strict=True)))
    size = target.tell()
    target.seek(0)
    digest = file_digest(target, "sha256").hexdigest()
    target.seek(0)
    return Download("", size, digest, target)


async def _open(desk: Desk, found: Sequence[Released], opened: ExitStack) -> list[BinaryIO]:
    """The verified bytes of these files; raise `Refused` if one can be had no more or is damaged (recorded)."""
    for one in found:
        why = spent(one.name, one.downloads, one.allowed, one.until, now())
        if why:
            raise Refused(why)
    files = []
    for one in found:
        file = await asyncio.to_thread(objects.open_intact, desk.settings.layout, one.sha256, one.size)
        if file is None:
            await desk.write(records.record_damage, one.request_id, one.name, one.sha256)
            raise Refused(
                f"The desk's stored copy of {one.name} is damaged, so it is not handed out. An incident has been"
                " recorded; tell an admin."
            )
        files.append(opened.enter_context(file))
    return files


def released_for(connection: Connection, person: Person, number: int) -> list[Released]:
    """What was released, for those present members whom the policy names.

    Raise `NotFound` for everybody else and for what is not released or recalled.
    """
    request = get_request(connection, number)
    actor = actor_for(connection, person, request.project)
    if not actor.member:
        raise no_such_request(number)
    if request.status is not Status.RELEASED:
        raise NotFound(f"Nothing of request {number} is released.")
    if not may_download(actor, request):
        raise Forbidden(f"{WHO_DOWNLOADS[request.policy.download_by]} alone can download it.")
    return released_of(connection, number)


def record_for(connection: Connection, person: Person, number: int) -> str:
    """A release's record, for whoever may see the request's state; raise `NotFound`."""
    request = get_request(connection, number)
    if sight(actor_for(connection, person, request.project), request) is Sight.NOTHING:
        raise no_such_request(number)
    found = record_text(connection, number)
    if found is None:
        raise NotFound(f"Request {number} has no record: it is not released, or was before records were kept.")
    return found

"""A submission's way in: streamed out of the workspace, hashed on the way, all of it or nothing.

The body is multipart/form-data: a part `meta` (JSON, see `asked`), then one part `file` for each file that `meta`
announces, then one part `code` for each notebook or script that wrote one, in that order, with that name and
exactly that size. Bytes go to `outputs/incoming`, then to their digest's place; only then one transaction writes
request, files and audit event. A refusal, a broken connection or a killed desk leaves at most bytes that no row
names, and those are removed (`objects`).
"""

import asyncio
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from aiohttp import BodyPartReader, ClientError, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from enclave.errors import BadInput, Refused
from enclave.layout import Layout
from enclave.names import PersonName, ProjectSlug
from output_review import objects
from output_review.asked import Announced, Asked, read
from output_review.limits import LIMITS, Limits, file_name, megabytes
from output_review.provenance import Code
from output_review.vocabulary import (
    Arrived,
    Submission,
)

_META_BYTES = 512 * 1024  # 500 files with what is said of each, and 20 groups
_CHUNK = 256 * 1024
_SECONDS = 600
# Who is sending something at the moment: one submission at a time for each workspace.
_arriving: set[tuple[str, str]] = set()


class Interrupted(BadInput):
    """The body ended, stalled or made no sense before the submission was whole."""


async def receive(
    request: web.Request, layout: Layout, author: PersonName, project: ProjectSlug, limits: Limits = LIMITS
) -> Submission:
    """Read a whole submission and keep its bytes; raise `Refused` and keep nothing.

    The caller writes the row at once: until then the bytes belong to no request.
    """
    with _one_at_a_time(author, project):
        try:
            async with asyncio.timeout(_SECONDS):
                return await _receive(request, layout, author, project, limits)
        except TimeoutError:
            raise Interrupted(f"The files did not arrive within {_SECONDS} s; nothing was kept.") from None
        except (ClientError, HttpProcessingError, ConnectionError, ValueError, AssertionError) as error:
            raise Interrupted(f"The request could not be read to its end; nothing was kept. ({error})") from error


@contextmanager
def _one_at_a_time(author: PersonName, project: ProjectSlug) -> Iterator[None]:
    key = (author, project)
    if key in _arriving:
        raise Refused("Another request of yours is still arriving from this workspace. Wait until it is sent.")
    _arriving.add(key)
    try:
        yield
    finally:
        _arriving.discard(key)


async def _receive(
    request: web.Request, layout: Layout, author: PersonName, project: ProjectSlug, limits: Limits
) -> Submission:
    if request.content_type != "multipart/form-data":
        raise BadInput("The request must be sent as multipart/form-data: a part meta, then the files.")
    reader = await request.multipart()
    asked = await _meta(await reader.next(), limits)
    coming = [("file", one) for one in asked.files] + [("code", one) for one in asked.code]
    await asyncio.to_thread(objects.make_sure_there_is_room, layout, sum(one.size for _, one in coming))
    folder = await asyncio.to_thread(objects.new_incoming, layout)
    try:
        arrived = [
            await _part(await reader.next(), kind, announced, folder / str(number))
            for number, (kind, announced) in enumerate(coming, 1)
        ]
        if await reader.next() is not None:
            raise BadInput("More files arrived than the request announces.")
        files = _with_code(asked, arrived)
        _refuse_twins(files)
        for number, one in enumerate(arrived, 1):
            await asyncio.to_thread(objects.keep, layout, folder / str(number), one.sha256)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)
    return Submission(project, author, asked.what, asked.how, asked.controls, files, asked.statements, asked.groups)


def _with_code(asked: Asked, arrived: list[Arrived]) -> tuple[Arrived, ...]:
    """The files with the code that wrote them; `arrived` are the files, then the code."""
    count = len(asked.files)
    code = {at: Code(one.name, one.size, one.sha256) for at, one in enumerate(arrived[count:], 1)}
    return tuple(
        replace(file, code=code.get(announced.code))
        for file, announced in zip(arrived[:count], asked.files, strict=True)
    )


async def _meta(part: MultipartReader | BodyPartReader | None, limits: Limits) -> Asked:
    if not isinstance(part, BodyPartReader) or part.name != "meta":
        raise BadInput("The first part of the request must be meta, a JSON object.")
    body = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        body += chunk
        if len(body) > _META_BYTES:
            raise BadInput(f"The part meta is too big: at most {_META_BYTES} bytes are accepted.")
    try:
        value = json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise BadInput("The part meta is not JSON.") from None
    return read(value, limits)


async def _part(
    part: MultipartReader | BodyPartReader | None, kind: str, announced: Announced, path: Path
) -> Arrived:
    """One part's bytes, written to `path` and hashed."""
    if part is None:
        raise BadInput(f"{announced.name!r} is announced, but did not arrive.")
    if not isinstance(part, BodyPartReader) or part.name != kind:
        raise BadInput("After meta only parts called file, then parts called code, are accepted, as announced.")
    if file_name(part.filename or "") != announced.name:
        raise BadInput(f"{part.filename!r} arrived where {announced.name!r} is announced.")
    arrival = await asyncio.to_thread(objects.Arrival, path)
    try:
        while chunk := await part.read_chunk(_CHUNK):
            if arrival.size + len(chunk) > announced.size:
                raise BadInput(
                    f"{announced.name!r} is bigger than announced ({megabytes(announced.size)}):"
                    " did it change while it was sent?"
                )
            await asyncio.to_thread(arrival.write, chunk)
        if arrival.size != announced.size:
            raise BadInput(
                f"{announced.name!r} has {arrival.size} bytes where {announced.size} are announced:"
                " did it change while it was sent?"
            )
        digest = await asyncio.to_thread(arrival.finish)
    finally:
        arrival.close()
    return Arrived(announced.name, arrival.size, digest, announced.role, announced.group, announced.path)


def _refuse_twins(files: Iterable[Arrived]) -> None:
    """A decision is about bytes, so the same bytes under two names would be one decision about both."""
    seen: dict[str, str] = {}
    for file in files:
        if file.sha256 in seen:
            raise BadInput(f"{seen[file.sha256]!r} and {file.name!r} hold the same bytes: leave one of them out.")
        seen[file.sha256] = file.name

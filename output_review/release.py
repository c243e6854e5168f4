"""Release: after the grace period the desk releases, or a checker where the policy says so, and only bytes that
still have the approved digest.
"""

import asyncio
import logging

from sqlalchemy.engine import Connection

from enclave.clock import now
from enclave.errors import Refused
from enclave.web.rooms import Desk
from output_review import objects, records
from output_review.lifecycle import releasable
from output_review.queries import due, overdue
from output_review.reading import get_request, present_actor
from output_review.steps import allowed
from output_review.vocabulary import SYSTEM, Action

log = logging.getLogger("enclave.review")
_EVERY = 1.0  # seconds
_EXPIRING_EVERY = 60.0  # seconds


async def keep_releasing(desk: Desk) -> None:
    """Release what is due, once a second, as long as the desk runs. One request's trouble never stops another's."""
    while True:
        try:
            await release_due(desk)
        except Exception:
            log.exception("looking for releases failed")
        await asyncio.sleep(_EVERY)


async def keep_expiring(desk: Desk) -> None:
    """Close returned requests whose time is over, once a minute."""
    while True:
        try:
            await expire_overdue(desk)
        except Exception:
            log.exception("looking for returned requests that expire failed")
        await asyncio.sleep(_EXPIRING_EVERY)


async def expire_overdue(desk: Desk) -> None:
    """Close every returned request whose time is over; one that its author resubmits meanwhile is left alone."""
    for number in await desk.read(overdue, now()):
        try:
            await desk.write(records.expire, number, now())
        except Refused as refused:
            log.info("request %d did not expire: %s", number, refused)


async def release_due(desk: Desk) -> None:
    """Release every request whose grace period is over."""
    for number in await desk.read(due, now()):
        try:
            await release_one(desk, number)
        except Refused as refused:
            log.info("request %d was not released: %s", number, refused)
        except Exception:
            log.exception("releasing request %d failed", number)


async def release_one(desk: Desk, number: int, by: str = "", version: int | None = None) -> None:
    """Verify the approved files' bytes and release the request, or hold it and record an incident.

    By the desk itself, or by the checker named in `by` who has looked at `version`. Raises `Refused` if the rules
    say no or somebody changed the request meanwhile, such as by taking the approval back.
    """
    request = await desk.read(get_request, number)
    if by:
        await desk.read(_may_release, by, number, version)
    damaged = [
        file.name
        for file in releasable(request)
        if not await asyncio.to_thread(objects.is_intact, desk.settings.layout, file.sha256, file.size)
    ]
    if damaged:
        log.error("request %d is held: the stored bytes of %s differ", number, damaged)
        await desk.write(records.hold, number, request.version, damaged, now())
    else:
        await desk.write(_release, by, number, request.version)


def _may_release(connection: Connection, by: str, number: int, version: int | None) -> None:
    actor = present_actor(connection, by, number)
    allowed(connection, actor, Action.RELEASE, number, now(), version, only_asking=True)


def _release(connection: Connection, by: str, number: int, version: int) -> None:
    actor = present_actor(connection, by, number) if by else SYSTEM
    records.release(connection, actor, number, version, now())

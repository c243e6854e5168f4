"""What the desk does once when it starts: clear away what a killed one left. Rows are never among it."""

import asyncio
import logging
import time

from enclave.web.rooms import Desk
from output_review import objects
from output_review.queries import kept_digests

log = logging.getLogger("enclave.review")
# Whatever arrives after this moment belongs to this desk, even if it arrives before the clearing.
_STARTED = time.time()


async def tidy(desk: Desk, before: float | None = None) -> None:
    """Remove half-arrived submissions and bytes that no row names, of before this desk's start."""
    limit = _STARTED if before is None else before
    layout = desk.settings.layout
    try:
        halves = await asyncio.to_thread(objects.empty_incoming, layout, limit)
        kept = await desk.read(kept_digests)
        orphans = await asyncio.to_thread(objects.collect, layout, kept, limit)
    except OSError:
        log.exception("clearing away what an earlier desk left failed")
        return
    if halves or orphans:
        log.info("cleared away %d half-arrived submissions and %d files of no request", halves, orphans)

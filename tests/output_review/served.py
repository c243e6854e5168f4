"""A review desk on a real socket, in a thread of its own, so that a synchronous client can speak with it."""

import asyncio
import threading
from contextlib import contextmanager

from aiohttp import web

from enclave.web.desk import make_app
from enclave.web.ground import room as ground
from enclave.web.rooms import Caller
from output_review.web import room


@contextmanager
def served(desk, rooms=(ground, room), caller=Caller.GATE, path=None):
    """The address of this desk's door for a caller; with `path` it is a Unix socket there."""
    loop, ready, place = asyncio.new_event_loop(), threading.Event(), []

    async def start():
        runner = web.AppRunner(make_app(desk, rooms, caller), access_log=None)
        await runner.setup()
        site = web.UnixSite(runner, str(path)) if path else web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        place.append(path or f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        return runner

    def run():
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(20), "the desk did not start"
    try:
        yield place[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)

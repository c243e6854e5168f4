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
def served(desk, rooms=(ground, room)):
    """The address of this desk's door for the gate."""
    loop, ready, place = asyncio.new_event_loop(), threading.Event(), []

    async def start():
        runner = web.AppRunner(make_app(desk, rooms, Caller.GATE), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        place.append(runner.addresses[0][1])
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
        yield f"http://127.0.0.1:{place[0]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)

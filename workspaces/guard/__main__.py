"""The guard's process.

enclave-guard              serve the Hub on the guard's socket until SIGTERM; workspaces keep running
enclave-guard --healthy    exit 0 if a running guard answers
"""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator

from aiohttp import web

from enclave.errors import Refused
from enclave.settings import Settings
from enclave.web.desk import answers, listen
from workspaces.guard import usage
from workspaces.guard.app import make_app
from workspaces.guard.checks import Checks
from workspaces.guard.disk import MEASURE_SECONDS, DiskWatch
from workspaces.guard.engine import ENGINE_SOCKET, Engine
from workspaces.guard.keeper import Keeper
from workspaces.guard.reconcile import SECONDS, Reconciler
from workspaces.guard.records import Records
from workspaces.socket_client import session_over

log = logging.getLogger("enclave.guard")


@contextlib.asynccontextmanager
async def guarding(
    settings: Settings, engine_url: str = ENGINE_SOCKET, seconds: float = SECONDS, measure: float = MEASURE_SECONDS
) -> AsyncIterator[Keeper]:
    """A guard at work, as long as the context lasts."""
    layout = settings.layout
    async with (
        session_over(layout.desk_socket("guard")) as session,
        Engine(settings.instance, engine_url) as engine,
    ):
        records = Records(session)
        keeper = Keeper(layout, engine, records)
        watch = DiskWatch(keeper, settings.disk_reserve_bytes, measure)
        reconciler = Reconciler(keeper, watch, seconds)
        runner = web.AppRunner(make_app(keeper), access_log=None)
        await runner.setup()
        await listen(runner, layout.guard_socket)
        checks = Checks(layout, engine, records)
        work = (records.telling(), reconciler.run(), reconciler.watch(), watch.run(), checks.run())
        tasks = [asyncio.create_task(one) for one in work]
        try:
            yield keeper
        finally:
            await runner.cleanup()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def serve(settings: Settings) -> None:
    """Guard until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    usage.allow_descriptors()
    async with guarding(settings):
        log.info("the guard is up")
        await stopped.wait()


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings.from_env()
    except Refused as refused:
        sys.exit(str(refused))
    if "--healthy" in sys.argv[1:]:
        sys.exit(0 if answers(settings.layout.guard_socket) else 1)
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()

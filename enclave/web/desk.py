"""The desk's process: the only one that opens the enclave's database.

enclave-desk              bring the database up to date, then serve on one socket for each caller
enclave-desk --healthy    exit 0 if a running desk answers
"""

import asyncio
import logging
import signal
import socket
import stat
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from aiohttp import web

from enclave.database import Database
from enclave.errors import Refused
from enclave.migrations import upgrade
from enclave.settings import Settings
from enclave.web.errors import middleware
from enclave.web.render import Renderer
from enclave.web.rooms import Caller, Desk, Handler, Room, gather

log = logging.getLogger("enclave.desk")


def make_desk(settings: Settings, database: Database, rooms: Sequence[Room]) -> Desk:
    """The desk that these rooms make together."""
    renderer = Renderer(["enclave", *(room.package for room in rooms if room.package != "enclave")])
    nav = tuple(item for room in rooms for item in room.nav)
    return Desk(settings, database, renderer, nav)


def make_app(desk: Desk, rooms: Sequence[Room], caller: Caller) -> web.Application:
    """The application behind one caller's socket. Bodies are limited where they are read, file by file."""
    app = web.Application(middlewares=[middleware(desk.renderer)], client_max_size=1 << 20)
    for room in rooms:
        for route in room.routes:
            if route.caller is caller:
                app.router.add_route(route.method, route.path, _bound(desk, route.handler))
    app.router.add_get("/healthy", _healthy)
    return app


def _bound(desk: Desk, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await handler(desk, request)

    return answer


async def _healthy(_request: web.Request) -> web.Response:
    return web.json_response({"healthy": True})


async def listen(runner: web.BaseRunner, path: Path) -> None:
    """Serve on a Unix socket that its folder's group may use (the folder is setgid, see `enclave.layout`)."""
    await asyncio.to_thread(path.unlink, missing_ok=True)
    site = web.UnixSite(runner, str(path))
    await site.start()
    await asyncio.to_thread(path.chmod, stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    database = Database(settings.database_url)
    await asyncio.to_thread(upgrade, database)
    rooms = gather()
    desk = make_desk(settings, database, rooms)
    runners: list[web.AppRunner] = []
    for caller in Caller:
        runner = web.AppRunner(make_app(desk, rooms, caller), access_log=None)
        await runner.setup()
        await listen(runner, settings.layout.desk_socket(caller))
        runners.append(runner)
    background = [asyncio.create_task(work(desk)) for room in rooms for work in room.background]
    log.info("the desk is open")
    await _until_stopped()
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    for runner in runners:
        await runner.cleanup()
    database.close()


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


def answers(path: Path) -> bool:
    """Whether somebody accepts connections on this Unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(3)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings.from_env()
    except Refused as refused:
        sys.exit(str(refused))
    if "--healthy" in sys.argv[1:]:
        sys.exit(0 if answers(settings.layout.desk_socket(Caller.GATE)) else 1)
    asyncio.run(serve(settings))

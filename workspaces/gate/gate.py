"""The gate put together from its parts, and run."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiohttp import web

from enclave.errors import Broken
from enclave.settings import Settings
from workspaces.gate import activity, servers, sockets
from workspaces.gate.activity import Activity
from workspaces.gate.answers import Answers
from workspaces.gate.control import Control
from workspaces.gate.desk import Desk
from workspaces.gate.hub import Hub
from workspaces.gate.inward import Inward
from workspaces.gate.lab.copy import open_copy
from workspaces.gate.login import CALLBACK, Login
from workspaces.gate.meter.ledger import Ledger
from workspaces.gate.meter.meter import Meter
from workspaces.gate.notices import Notices
from workspaces.gate.offers import Offers
from workspaces.gate.origins import host_of, parse
from workspaces.gate.pages import Pages
from workspaces.gate.routes import Routes
from workspaces.gate.sessions import Sealer, Sessions
from workspaces.gate.starts import Starts
from workspaces.gate.tickets import Tickets
from workspaces.gate.upstream import Workspaces, unix_client
from workspaces.gate.workspace_page import WorkspacePages
from workspaces.gate.workspaces import WorkspaceSite

log = logging.getLogger("enclave.gate")
_MISDIRECTED = "This enclave is not reached by this address. Use the one that you were given."


class Gate:
    """A running gate. `address` is what it listens on; the ports are those of the two URLs."""

    def __init__(
        self,
        settings: Settings,
        address: str = "0.0.0.0",  # noqa: S104 (the gate's own container; what is published is the host's choice)
        header_seconds: float = servers.HEADER_SECONDS,
    ) -> None:
        self._settings = settings
        self._address = address
        self._header_seconds = header_seconds
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen; the control socket first, because the Hub waits for it."""
        layout = self._settings.layout
        self._origins = parse(self._settings.pages_url), parse(self._settings.workspaces_url)
        pages, workspaces = self._origins
        hub_client, desk_client = unix_client(layout.hub_socket), unix_client(layout.desk_socket("gate"))
        self._stack.push_async_callback(hub_client.close)
        self._stack.push_async_callback(desk_client.close)
        secrets = layout.secrets("gate")
        self.hub = Hub(hub_client, _secret(secrets / "hub_token").decode(), pages.url + CALLBACK)
        self.routes = Routes(layout.gate / "routes.json")
        self.workspaces = Workspaces(layout)
        self._stack.push_async_callback(self.workspaces.close)
        self.activity = Activity()
        self.starts = Starts(self.hub, lambda place: sockets.answers(self.workspaces.folder(place)))
        self._stack.push_async_callback(self.starts.close)
        self.inward = Inward(layout, desk_client)
        self._stack.push_async_callback(self.inward.close_all)
        self.tickets = Tickets()
        login = Login(
            self.hub, Sealer(_secret(secrets / "session_key")), Sessions(self.hub.person_of), pages.secure
        )
        desk, answers = Desk(desk_client), Answers(pages.url, pages.secure)
        notices = Notices(desk)
        self._stack.push_async_callback(notices.close)
        self.meter = Meter(Ledger(layout.gate / "shown.sqlite"), desk, notices)
        self._stack.callback(self.meter.close)
        around = WorkspacePages(
            self.hub,
            desk,
            self.routes,
            self.workspaces,
            self.starts,
            self.tickets,
            self.activity,
            self.meter,
            answers,
            workspaces.url,
        )
        self._answers = answers
        self._pages = Pages(pages, login, around, hub_client, desk_client, answers)
        self._site = WorkspaceSite(
            workspaces,
            pages,
            login,
            self.tickets,
            self.routes,
            self.workspaces,
            self.activity,
            answers,
            open_copy(workspaces.url, pages.url),
            Offers(desk),
            self.meter,
            notices,
        )
        control = Control(self.routes, self.workspaces, self.inward, self.activity, self.starts)
        await self._listen(control)
        for place in self.routes.places():
            await self.inward.open(place)
        self._run(self._ask_for_routes())
        self._run(activity.watch(self.activity, self.routes, self.workspaces, desk, self.meter))
        self._run(self.meter.keep())
        self._run(notices.run())
        log.info("the gate is open: %s and %s", pages.url, workspaces.url)

    async def _listen(self, control: Control) -> None:
        settings = self._settings
        runner = await servers.listen_unix(control.answer, settings.layout.control_socket)
        self._stack.push_async_callback(runner.cleanup)
        certificate, key = settings.tls_certificate, settings.tls_key
        context = servers.tls_context(certificate, key)
        if context is not None:
            self._run(servers.follow(context, certificate, key))
        for port in sorted({origin.port for origin in self._origins}):
            tcp = await servers.listen_tcp(self.answer, self._address, port, context, self._header_seconds)
            self._stack.push_async_callback(tcp.cleanup)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request of a browser: the host decides between the two origins."""
        host = host_of(request)
        pages, workspaces = self._origins
        try:
            if host == pages.host:
                response = await self._pages.answer(request)
            elif host == workspaces.host:
                response = await self._site.answer(request)
            else:
                response = self._answers.problem(request, 421, _MISDIRECTED)
        except (ConnectionError, web.HTTPException):
            raise
        except Exception:
            log.exception("%s failed", request.method)
            response = self._answers.problem(request, 500, "Something on our side failed. Try again in a minute.")
        if not response.prepared:
            response.headers["Server"] = "enclave"
        return response

    async def _ask_for_routes(self) -> None:
        """The Hub may know workspaces that we do not, and we may know some that are gone."""
        while True:
            if await self.hub.check_routes():
                return
            await asyncio.sleep(1.0)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()


def _secret(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise Broken(f"the gate cannot read {path}: `make up` makes it ({error.strerror})") from error

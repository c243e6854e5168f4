"""What a room puts on the desk, and the desk that its handlers are given.

A room exports one `Room` by the entry point group `enclave.rooms`. Its routes are tied to the socket they are
served on: a caller (Hub, gate, guard) reaches its own routes and no other, because it can open its own socket and
no other. Pages of people come through the gate, which has authenticated them and names them in
`X-Enclave-Person`; nobody but the gate can open that socket.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import entry_points
from typing import Any, Concatenate, ParamSpec, TypeVar

from aiohttp import web
from sqlalchemy.engine import Connection

from enclave.database import Database
from enclave.errors import Broken, Forbidden
from enclave.people import Person, person_named
from enclave.settings import Settings
from enclave.web.render import Renderer

P = ParamSpec("P")
T = TypeVar("T")

PERSON_HEADER = "X-Enclave-Person"
PROJECT_HEADER = "X-Enclave-Project"


class Caller(StrEnum):
    """Who can open the socket that a route is served on."""

    HUB = "hub"
    GATE = "gate"
    GUARD = "guard"
    COURIER = "courier"


@dataclass(frozen=True)
class Desk:
    """What a handler works with. Database work runs in a thread, so that a slow disk stalls nobody else."""

    settings: Settings
    database: Database
    renderer: Renderer
    nav: tuple["NavItem", ...] = ()

    async def read(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(connection, ...)` in a read-only transaction."""

        def run() -> T:
            with self.database.read() as connection:
                return work(connection, *args, **kwargs)

        return await asyncio.to_thread(run)

    async def write(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(connection, ...)` in a write transaction, all of it or nothing."""

        def run() -> T:
            with self.database.write() as connection:
                return work(connection, *args, **kwargs)

        return await asyncio.to_thread(run)

    async def visitor(self, request: web.Request) -> Person:
        """The person whom the gate has authenticated; raise `Forbidden` for a blocked one."""
        name = request.headers.get(PERSON_HEADER, "")
        if not name:
            raise Forbidden("You are not logged in.")
        person = await self.read(person_named, name)
        if person.blocked:
            raise Forbidden("Your access to this enclave is blocked. Ask an admin.")
        return person

    def page(self, template: str, person: Person, /, status: int = 200, **values: Any) -> web.Response:
        """One of our pages, rendered for a person, with its navigation."""
        nav = [item for item in self.nav if item.shown(person)]
        text = self.renderer.render(template, person=person, nav=nav, **values)
        return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")


Handler = Callable[[Desk, web.Request], Awaitable[web.StreamResponse]]
Background = Callable[[Desk], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Route:
    """One path of the desk: who may call it, how, and what answers."""

    caller: Caller
    method: str
    path: str
    handler: Handler


@dataclass(frozen=True)
class NavItem:
    """A line of the navigation, shown to those it is for; the server decides again on every request.

    `keys`, typed one after the other, go there too. `count` is an address that answers `{"unread": n}`.
    """

    title: str
    href: str
    shown: Callable[[Person], bool]
    keys: str = ""
    count: str = ""


@dataclass(frozen=True)
class Room:
    """What a room declares. `package` holds `pages/*.html`; `background` runs as long as the desk does."""

    name: str
    package: str
    routes: Sequence[Route]
    nav: Sequence[NavItem] = ()
    background: Sequence[Background] = ()


def gather() -> tuple[Room, ...]:
    """The rooms that are installed, in the order of their entry points; raise `Broken` if one is not a room."""
    rooms: list[Room] = []
    for point in entry_points(group="enclave.rooms"):
        room = point.load()
        if not isinstance(room, Room):
            raise Broken(f"the entry point {point.name} of enclave.rooms is not a Room")
        rooms.append(room)
    return tuple(rooms)

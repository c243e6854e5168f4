"""The gate's HTTP clients, one pool for each server behind it, all over Unix sockets.

The options answer aiohttp's traps: a shared cookie jar would log one person in as another, the default total
timeout cuts long requests, and a URL that is parsed again is a URL that is changed.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.client_exceptions import UnixClientConnectorError
from aiohttp.client_proto import ResponseHandler

from enclave.layout import Layout
from enclave.names import PersonName, ProjectSlug
from workspaces.gate import sockets
from workspaces.gate.exchange import HEADER_BYTES, READ_SECONDS, Exchange

CONNECT_SECONDS = 5.0
Place = tuple[PersonName, ProjectSlug]


def client(connector: aiohttp.BaseConnector) -> aiohttp.ClientSession:
    """A client that changes nothing and remembers nothing."""
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS),
        auto_decompress=False,
        skip_auto_headers={"User-Agent", "Accept", "Accept-Encoding", "Content-Type"},
        max_line_size=HEADER_BYTES,
        max_field_size=HEADER_BYTES,
    )


def unix_client(path: Path) -> aiohttp.ClientSession:
    """A client of one of our own servers. The path is opened at each connection: a restart makes a new inode."""
    return client(aiohttp.UnixConnector(str(path), limit=0))


class _WorkspaceConnector(aiohttp.UnixConnector):
    """Connects as `workspaces.gate.sockets` says."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder / sockets.NAME), limit=100)
        self._folder = folder

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 (the method is aiohttp's)
    ) -> ResponseHandler:
        connection = None
        try:
            async with asyncio.timeout(timeout.sock_connect):
                connection = await sockets.connect(self._folder)
                _, protocol = await self._loop.create_unix_connection(self._factory, sock=connection)
        except OSError as error:
            if connection is not None:
                connection.close()
            raise UnixClientConnectorError(self._path, req.connection_key, error) from error
        return protocol


@dataclass(frozen=True)
class Pool:
    """The connections to one workspace, and the socket that they lead to."""

    identity: sockets.Identity | None
    client: aiohttp.ClientSession
    exchange: Exchange

    async def close(self) -> None:
        self.exchange.close()
        await self.client.close()


class Workspaces:
    """A pool of connections for each workspace, dropped as soon as the socket is another one."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._folders: dict[Place, Path] = {}
        self._paths: dict[Place, str] = {}
        self._pools: dict[Place, Pool] = {}

    def folder(self, place: Place) -> Path:
        """Where the workspace's socket is."""
        if place not in self._folders:
            self._folders[place] = self._layout.server_folder(*place)
            self._paths[place] = str(self._folders[place] / sockets.NAME)
        return self._folders[place]

    async def client(self, place: Place) -> aiohttp.ClientSession:
        """The client of this workspace, for anything."""
        return (await self.pool(place)).client

    async def pool(self, place: Place) -> Pool:
        """The connections to this workspace; none to a socket that was replaced is ever used again."""
        folder = self.folder(place)
        now = sockets.identity(self._paths[place])
        known = self._pools.get(place)
        if known is not None and known.identity == now:
            return known
        fresh = Pool(now, client(_WorkspaceConnector(folder)), Exchange(partial(sockets.connect, folder)))
        self._pools[place] = fresh
        if known is not None:
            await known.close()
        return fresh

    async def drop(self, place: Place) -> None:
        """Forget a workspace that was stopped."""
        known = self._pools.pop(place, None)
        self._folders.pop(place, None)
        self._paths.pop(place, None)
        if known is not None:
            await known.close()

    async def close(self) -> None:
        for place in list(self._pools):
            await self.drop(place)

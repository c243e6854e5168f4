"""The control of most attacks on the gate: a proxy that does what proxies do, and nothing that we do.

It connects to the socket by its path, passes every header and every byte both ways, and asks nobody who you are.
"""

import asyncio
import contextlib
from pathlib import Path

import aiohttp
from aiohttp import WSMsgType, web
from yarl import URL

from tests.workspaces.gate.conftest import free_port

_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "host", "content-length"}
_OF_A_HANDSHAKE = ("sec-websocket-", "upgrade")


class PlainProxy:
    """One proxy for each socket asked about; `to` gives its address, closed with the test."""

    def __init__(self) -> None:
        self._runners: list[web.ServerRunner] = []
        self._clients: list[aiohttp.ClientSession] = []

    async def to(self, path: Path, **added: str) -> str:
        """The address of a proxy to whatever the socket's path leads to, links followed. It adds these headers, and
        then leaves out what `Connection` names."""
        client = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(path)), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            if "websocket" in request.headers.get("Upgrade", "").lower():
                return await _channel(client, request)
            return await _message(client, request, added)

        runner = web.ServerRunner(web.Server(answer, access_log=None))
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self._runners.append(runner)
        self._clients.append(client)
        return f"http://127.0.0.1:{port}"

    async def close(self) -> None:
        for client in self._clients:
            await client.close()
        for runner in self._runners:
            await runner.cleanup()


def _url(request: web.BaseRequest) -> URL:
    return URL("http://localhost" + request.raw_path, encoded=True)


async def _message(
    client: aiohttp.ClientSession, request: web.BaseRequest, added: dict[str, str]
) -> web.StreamResponse:
    named = {name.strip().lower() for name in request.headers.get("Connection", "").split(",")}
    given = [*request.headers.items(), *((name.replace("_", "-"), value) for name, value in added.items())]
    sent = [(name, value) for name, value in given if name.lower() not in _OF_ONE_CONNECTION | named]
    body = request.content if request.can_read_body else None
    async with client.request(
        request.method, _url(request), headers=sent, data=body, allow_redirects=False
    ) as answer:
        response = web.StreamResponse(status=answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in _OF_ONE_CONNECTION:
                response.headers.add(name, value)
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response


async def _channel(client: aiohttp.ClientSession, request: web.BaseRequest) -> web.StreamResponse:
    sent = [
        (name, value)
        for name, value in request.headers.items()
        if name.lower() not in _OF_ONE_CONNECTION and not name.lower().startswith(_OF_A_HANDSHAKE)
    ]
    offered = [
        name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if name.strip()
    ]
    async with client.ws_connect(_url(request), headers=sent, protocols=offered, max_msg_size=0) as inner:
        outer = web.WebSocketResponse(protocols=offered, max_msg_size=0, compress=False)
        await outer.prepare(request)
        tasks = [asyncio.create_task(_pump(inner, outer)), asyncio.create_task(_pump(outer, inner))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(ConnectionError):
            await outer.close()
        return outer


async def _pump(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    sink: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await sink.send_bytes(message.data)

"""One WebSocket passed on, message by message, with back-pressure, subprotocol and close codes.

The inner side is connected first: the browser is offered only the subprotocol that the workspace chose, and a
refusal stays an HTTP answer. The session is looked at again and again while the channel is open.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
from aiohttp import WSMsgType, web
from multidict import CIMultiDict

from workspaces.gate.errors import BadReply, Unavailable
from workspaces.gate.forward import url

log = logging.getLogger("enclave.gate")
LARGEST_MESSAGE = 64 * 1024 * 1024  # bytes, either way; a larger one ends the channel (1009)
SESSION_ENDED = 4401
CHECK_SECONDS = 2.0
_UNSENDABLE = {1005: 1000, 1006: 1011, 1015: 1011}  # RFC 6455, 7.4.1: reserved, never in a frame
_Side = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


@dataclass(frozen=True)
class Channel:
    """Where a WebSocket goes. `alive` says whether its person may still use it; `touched` that they did."""

    client: aiohttp.ClientSession
    target: str
    headers: CIMultiDict[str]
    alive: Callable[[], Awaitable[bool]]
    touched: Callable[[], None]


def wanted(request: web.BaseRequest) -> bool:
    """Whether this request asks to become a WebSocket."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


async def pass_on(request: web.BaseRequest, channel: Channel) -> web.WebSocketResponse:
    """Run the channel until either side or the session ends; raise `Unavailable` or `BadReply` before it opens."""
    offered = [
        name.strip()
        for value in request.headers.getall("Sec-WebSocket-Protocol", ())
        for name in value.split(",")
        if name.strip()
    ]
    headers = channel.headers.copy()
    headers.popall("Content-Length", None)
    try:
        inner = await channel.client.ws_connect(
            url(channel.target),
            headers=headers,
            protocols=offered,
            max_msg_size=LARGEST_MESSAGE,
            autoping=False,
            autoclose=False,
            timeout=aiohttp.ClientWSTimeout(ws_receive=None, ws_close=2.0),
        )
    except aiohttp.WSServerHandshakeError as error:
        raise BadReply("The workspace did not open this channel.") from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable("The workspace does not answer.") from error
    async with inner:
        outer = web.WebSocketResponse(
            protocols=[inner.protocol] if inner.protocol else (),
            timeout=2.0,
            autoping=False,
            autoclose=False,
            compress=False,
            max_msg_size=LARGEST_MESSAGE,
        )
        outer.headers["Server"] = "enclave"
        await outer.prepare(request)
        await _run(inner, outer, channel)
    return outer


async def _run(inner: aiohttp.ClientWebSocketResponse, outer: web.WebSocketResponse, channel: Channel) -> None:
    tasks = [
        asyncio.create_task(_pump(inner, outer, None)),
        asyncio.create_task(_pump(outer, inner, channel.touched)),
        asyncio.create_task(_watch(channel)),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    code, reason = next(iter(done)).result()
    await asyncio.gather(outer.close(code=code, message=reason), inner.close(code=code, message=reason))


async def _pump(source: _Side, sink: _Side, touched: Callable[[], None] | None) -> tuple[int, bytes]:
    """Pass messages on until the source closes; return the close code and reason to pass on."""
    try:
        while True:
            message = await source.receive()
            if message.type is WSMsgType.TEXT:
                await sink.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await sink.send_bytes(message.data)
            elif message.type is WSMsgType.PING:
                await sink.ping(message.data)
                continue
            elif message.type is WSMsgType.PONG:
                await sink.pong(message.data)
                continue
            elif message.type is WSMsgType.CLOSE:
                code = message.data or 1005
                return _UNSENDABLE.get(code, code), (message.extra or "").encode()[:120]
            else:
                return source.close_code if source.close_code == 1009 else 1011, b""
            if touched is not None:
                touched()
    except (ConnectionError, aiohttp.ClientError):
        return 1011, b""


async def _watch(channel: Channel) -> tuple[int, bytes]:
    """Return when the person may no longer use the channel."""
    while True:
        if not await channel.alive():
            return SESSION_ENDED, b"your session has ended"
        await asyncio.sleep(CHECK_SECONDS)

"""One WebSocket passed on, message by message, with back-pressure, subprotocol and close codes.

The inner side is connected first: the browser is offered only the subprotocol that the workspace chose, and a
refusal stays an HTTP answer. What comes from the workspace passes a gauge, which counts it and may put words in its
place (`workspaces.gate.meter`), and is paced. The session is looked at again and again while the channel is open.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import aiohttp
from aiohttp import WSMsgType, web
from multidict import CIMultiDict

from workspaces.gate import incoming
from workspaces.gate.incoming import Incoming
from workspaces.gate.meter.frames import BINARY, CLOSE, PING, PONG, TEXT, Frames
from workspaces.gate.meter.gauge import Gauge, Spent
from workspaces.gate.meter.messages import Unreadable

log = logging.getLogger("enclave.gate")
LARGEST_MESSAGE = 16 * 1024 * 1024  # bytes, from a browser; a larger one ends the channel (1009)
SESSION_ENDED = 4401
BUDGET_SPENT = 4403
CHECK_SECONDS = 2.0
TURN = 16  # messages that one channel passes on in a row
ALIVE_SECONDS = 20.0  # Jupyter Server ends a channel that has not answered a ping for 90 s
BROWSER_SECONDS = 120.0  # between pings to a browser; one that does not answer within half of it is gone
_UNSENDABLE = {1005: 1000, 1006: 1011, 1015: 1011}  # RFC 6455, 7.4.1: reserved, never in a frame


class Channel(NamedTuple):
    """Where a WebSocket goes. `alive` says whether its person may still use it; `touched` that they did."""

    client: aiohttp.ClientSession
    target: str
    headers: CIMultiDict[str]
    alive: Callable[[], Awaitable[bool]]
    touched: Callable[[], None]
    gauge: Gauge


def wanted(request: web.BaseRequest) -> bool:
    """Whether this request asks to become a WebSocket."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


async def pass_on(request: web.BaseRequest, channel: Channel) -> web.WebSocketResponse:
    """Run the channel until either side, the session or the budget ends; raise `Refused` before it opens."""
    offered = [
        name.strip()
        for value in request.headers.getall("Sec-WebSocket-Protocol", ())
        for name in value.split(",")
        if name.strip()
    ]
    headers = channel.headers.copy()
    headers.popall("Content-Length", None)
    gauge = channel.gauge
    offered = gauge.offer(offered)
    frames = Frames(gauge.longest, gauge.account.shelf)
    inner = await incoming.connect(channel.client, channel.target, headers, offered, frames)
    try:
        gauge.agreed(inner.protocol)
        outer = web.WebSocketResponse(
            protocols=[inner.protocol] if inner.protocol else (),
            timeout=2.0,
            autoping=False,
            autoclose=False,
            heartbeat=BROWSER_SECONDS,
            compress=False,
            max_msg_size=LARGEST_MESSAGE,
        )
        outer.headers["Server"] = "enclave"
        await outer.prepare(request)
    except BaseException:
        await inner.close(1001, b"")
        raise
    await _run(inner, outer, channel)
    return outer


async def _run(inner: Incoming, outer: web.WebSocketResponse, channel: Channel) -> None:
    tasks = [
        asyncio.create_task(_outwards(inner, outer, channel.gauge)),
        asyncio.create_task(_inwards(outer, inner, channel)),
        asyncio.create_task(_watch(channel)),
        asyncio.create_task(_keep_alive(inner)),
    ]
    code, reason = 1011, b""
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        code, reason = next(iter(done)).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(outer.close(code=code, message=reason), inner.close(code, reason))


async def _outwards(inner: Incoming, outer: web.WebSocketResponse, gauge: Gauge) -> tuple[int, bytes]:
    """From the workspace to the browser, counted and paced; return the close code and reason to pass on."""
    pace, turn = gauge.account.pace, 0
    try:
        while True:
            message = await inner.receive()
            if isinstance(message, int):
                return _UNSENDABLE.get(message, message), b""
            if message.opcode == CLOSE:
                return _closing(message.data)
            pause = pace.take(time.monotonic(), 1, message.size)
            if message.opcode == PING:
                await inner.send(PONG, message.data)  # by the gate itself: the browser is not asked
            elif message.opcode != PONG:
                await _show(outer, message.opcode, gauge.pass_(message))
            turn += 1
            if pause or turn % TURN == 0:  # what is there is given without waiting: nobody else had a turn
                await asyncio.sleep(pause)
    except Spent as spent:
        return BUDGET_SPENT, str(spent).encode()[:120]
    except (Unreadable, UnicodeDecodeError) as error:
        log.info("a channel ended: %s", error)
        return incoming.PROTOCOL_ERROR, b"not a message of this protocol"
    except (ConnectionError, aiohttp.ClientError):
        return 1011, b""


async def _show(outer: web.WebSocketResponse, opcode: int, data: bytes | None) -> None:
    if data is None:
        return
    if opcode == TEXT:
        await outer.send_str(data.decode())
    else:
        await outer.send_bytes(data)


def _closing(data: bytes) -> tuple[int, bytes]:
    """Code and reason of a close frame; a code that no endpoint may send becomes one that says so."""
    code = int.from_bytes(data[:2], "big") if len(data) >= 2 else 1005
    code = _UNSENDABLE.get(code, code)
    sendable = code in (1000, 1001, 1002, 1003, *range(1007, 1015)) or 3000 <= code < 5000
    return (code if sendable else incoming.PROTOCOL_ERROR), data[2:125]


async def _inwards(outer: web.WebSocketResponse, inner: Incoming, channel: Channel) -> tuple[int, bytes]:
    """From the browser to the workspace; return the close code and reason to pass on."""
    try:
        while True:
            message = await outer.receive()
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                if not channel.gauge.inwards(message.data):
                    continue
                text = message.type is WSMsgType.TEXT
                await inner.send(TEXT if text else BINARY, message.data.encode() if text else message.data)
            elif message.type is WSMsgType.PING:
                await outer.pong(message.data)
                continue
            elif message.type is WSMsgType.PONG:
                continue
            elif message.type is WSMsgType.CLOSE:
                code = message.data or 1005
                return _UNSENDABLE.get(code, code), (message.extra or "").encode()[:120]
            else:
                return outer.close_code if outer.close_code == 1009 else 1011, b""
            channel.touched()
    except Unreadable as error:
        log.info("a channel ended: %s", error)
        return incoming.PROTOCOL_ERROR, b"not a message of this protocol"
    except (ConnectionError, aiohttp.ClientError):
        return 1011, b""


async def _keep_alive(inner: Incoming) -> tuple[int, bytes]:
    """Say to the workspace that we are there: its pings are read late while a browser is slow or it is paced."""
    try:
        while True:
            await asyncio.sleep(ALIVE_SECONDS)
            await inner.send(PONG, b"")
    except (ConnectionError, aiohttp.ClientError):
        return 1011, b""


async def _watch(channel: Channel) -> tuple[int, bytes]:
    """Return when the person may no longer use the channel."""
    while True:
        if not await channel.alive():
            return SESSION_ENDED, b"your session has ended"
        await asyncio.sleep(CHECK_SECONDS)

"""The workspace's end of a WebSocket: opened by the gate, its frames read with a bound on memory.

aiohttp's own reader keeps a message whole until it has come, and ends the channel when it is too long. Here the
middle of one that is too long is let go (`meter.frames`), so that it can be replaced by words, and all channels
of a workspace share one bound on what is kept of unfinished messages. Handshake: RFC 6455, 4.1.
"""

import asyncio
import base64
import hashlib
import os
from collections import deque

import aiohttp
from aiohttp.http import WebSocketWriter
from multidict import CIMultiDict

from workspaces.gate.errors import BadReply, Unavailable
from workspaces.gate.forward import url
from workspaces.gate.meter.frames import BadFrames, Frames, Message

PROTOCOL_ERROR = 1002  # RFC 6455, 7.4.1
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEPT = 1 << 20  # bytes of whole messages that wait for the browser, before the workspace has to
_CLOSE_SECONDS = 2.0


class Incoming:
    """What comes from a workspace; aiohttp's protocol feeds it as it feeds its own reader."""

    def __init__(self, response: aiohttp.ClientResponse, frames: Frames, protocol: str | None) -> None:
        connection = response.connection
        if connection is None or connection.protocol is None or connection.transport is None:
            raise Unavailable("The workspace does not answer.")
        self.protocol = protocol
        self._response = response
        self._transport = connection.transport
        self._wire = connection.protocol
        self._frames = frames
        self._writer = WebSocketWriter(self._wire, self._transport, use_mask=True)
        self._ready: deque[Message] = deque()
        self._waiting = 0  # bytes in `_ready`
        self._given: Message | None = None  # what `receive` gave last
        self._over: int | None = None  # the close code once there is nothing more to come
        self._news = asyncio.Event()
        self._wire.read_timeout = None
        self._wire.set_parser(self, self)

    # What aiohttp's protocol calls:

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """True when what comes is no WebSocket any more."""
        try:
            self._take(self._frames.feed(data))
        except BadFrames:
            self._over = PROTOCOL_ERROR
        if self._frames.more or self._waiting > _KEPT:
            self._wire.pause_reading()
        self._news.set()
        return self._over is not None, b""

    def feed_eof(self) -> None:
        if self._over is None:
            self._over = 1006
        self._news.set()

    def set_exception(self, exc: BaseException, _cause: BaseException | None = None) -> None:
        self.feed_eof()

    # What the gate calls:

    async def receive(self) -> Message | int:
        """The next message, or the code with which the channel is over."""
        if self._given is not None and self._given.held:
            self._frames.sent(self._given)
        self._given = None
        while not self._ready:
            if self._frames.more:
                await asyncio.sleep(0)  # a flood of empty frames does not hold up the others
                self._again()
                continue
            if self._over is not None:
                return self._over
            self._wire.resume_reading()
            self._news.clear()
            await self._news.wait()
        message = self._given = self._ready.popleft()
        self._waiting -= len(message.data)
        return message

    async def send(self, opcode: int, data: bytes) -> None:
        """Send to the workspace; waits while it does not read. Raise `ConnectionError` when it is gone."""
        await self._writer.send_frame(data, opcode)

    async def close(self, code: int, reason: bytes) -> None:
        """Say why, and go; what comes after is not read."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._writer.close(code, reason)
        except (ConnectionError, TimeoutError, aiohttp.ClientError):
            pass
        finally:
            self._frames.drop()
            self._response.close()

    def _again(self) -> None:
        try:
            self._take(self._frames.feed(b""))
        except BadFrames:
            self._over = PROTOCOL_ERROR

    def _take(self, messages: list[Message]) -> None:
        self._ready.extend(messages)
        self._waiting += sum(len(message.data) for message in messages)


async def connect(
    client: aiohttp.ClientSession, target: str, headers: CIMultiDict[str], offered: list[str], frames: Frames
) -> Incoming:
    """Open a channel to a workspace; raise `BadReply` if it does not agree, `Unavailable` if it is not there."""
    key = base64.b64encode(os.urandom(16))
    asked = headers.copy()
    asked.update({"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"})
    asked["Sec-WebSocket-Key"] = key.decode()
    if offered:
        asked["Sec-WebSocket-Protocol"] = ", ".join(offered)
    try:
        where = url(target)
        response = await client.request("GET", where, headers=asked, allow_redirects=False, read_until_eof=False)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable("The workspace does not answer.") from error
    try:
        return Incoming(response, frames, _agreed(response, key, offered))
    except BaseException:
        response.close()
        raise


def _agreed(response: aiohttp.ClientResponse, key: bytes, offered: list[str]) -> str | None:
    """The subprotocol that the workspace chose; raise `BadReply` for anything that is no valid handshake."""
    given = response.headers
    proof = base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode()  # noqa: S324 (RFC 6455 says so)
    sound = (
        response.status == 101
        and given.get("Upgrade", "").lower() == "websocket"
        and given.getall("Sec-WebSocket-Accept", []) == [proof]
        and "Sec-WebSocket-Extensions" not in given
    )
    if not sound:
        raise BadReply("The workspace did not open this channel.")
    chosen = given.getall("Sec-WebSocket-Protocol", [])
    if not chosen:
        return None
    if len(chosen) != 1 or chosen[0].strip() not in offered:
        raise BadReply("The workspace chose a protocol that was not offered.")
    return chosen[0].strip()

"""A workspace whose channels say what a test wants, in the protocol of kernels."""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

SUBPROTOCOL = "v1.kernel.websocket.jupyter.org"


def message(text: str, kind: str = "stream") -> bytes:
    """A message of a kernel as Jupyter Server writes it: offsets, then channel, headers and content."""
    header = {"msg_type": kind, "msg_id": "1", "session": "1", "username": "", "date": "", "version": "5.4"}
    content = {"name": "stdout", "text": text}
    parts = [b"iopub", *(json.dumps(part).encode() for part in (header, {"msg_id": "0"}, {}, content))]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    numbers = [len(offsets), *offsets]
    return b"".join([*(number.to_bytes(8, "little") for number in numbers), *parts])


class Kernel:
    """Answers each message with `says`, and `floods` with it for as long as a channel is open."""

    def __init__(
        self, says: bytes = b"", protocols: tuple[str, ...] = (SUBPROTOCOL,), floods: bool = False
    ) -> None:
        self.says = says or message("done")
        self.protocols = protocols
        self.floods = floods
        self.opened = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if not request.path.endswith("/channels"):
            return web.json_response([])
        self.opened += 1
        channel = web.WebSocketResponse(protocols=self.protocols, max_msg_size=0, compress=False)
        await channel.prepare(request)
        flood = asyncio.create_task(self._flood(channel))
        async for received in channel:
            if received.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                await channel.send_bytes(self.says)
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
        return channel

    async def _flood(self, channel: web.WebSocketResponse) -> None:
        while self.floods:
            await channel.send_bytes(self.says)
            await asyncio.sleep(0.01)


def text_of(data: Any) -> str:
    """What a message says, in whatever part of it."""
    return bytes(data).decode(errors="replace")

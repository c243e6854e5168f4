"""Messages between browser and kernel, as a test writes and reads them, and a workspace that has a kernel."""

import asyncio
import json
from itertools import pairwise
from typing import Any, NamedTuple

from aiohttp import WSMsgType, web
from yarl import URL

from tests.workspaces.gate.conftest import BASE, World
from workspaces.gate.meter.messages import SUBPROTOCOL, write

CHANNEL = BASE + "api/kernels/1/channels"
DATE = "2026-11-25T00:00:00.000000Z"


def header_of(kind: str, number: str = "m-1") -> dict[str, str]:
    """A header with all fields that the protocol has."""
    return {
        "msg_id": number,
        "msg_type": kind,
        "username": "enclave",
        "session": "s-1",
        "date": DATE,
        "version": "5.4",
    }


def message(kind: str, content: object, parent: str = "request-1", channel: str = "iopub") -> bytes:
    """A message without buffers; `parent` is the id of the request, none where it is empty."""
    before = header_of("execute_request", parent) if parent else {}
    parts = (json.dumps(part).encode() for part in (header_of(kind), before, {}, content))
    return write(channel, *parts)


def printed(text: str, parent: str = "request-1") -> bytes:
    """What `print` sends."""
    return message("stream", {"name": "stdout", "text": text}, parent)


class Parts(NamedTuple):
    """A message as JupyterLab reads it."""

    channel: str
    header: dict[str, Any]
    parent: dict[str, Any]
    metadata: dict[str, Any]
    content: dict[str, Any]
    buffers: bytes

    @property
    def kind(self) -> str:
        return str(self.header["msg_type"])


def parts(data: bytes) -> Parts:
    """A message taken apart by the protocol's own words, not by the gate's code."""
    count = int.from_bytes(data[:8], "little")
    offsets = [int.from_bytes(data[8 * at : 8 * at + 8], "little") for at in range(1, count + 1)]
    assert offsets[0] == 8 * (count + 1) and offsets[-1] == len(data)
    cut = [data[a:b] for a, b in pairwise(offsets)]
    return Parts(cut[0].decode(), *(json.loads(part) for part in cut[1:5]), b"".join(cut[5:]))


class Kernel:
    """A workspace whose channel gives back what it is sent: the test is the kernel and the browser."""

    def __init__(self, protocols: tuple[str, ...] = (SUBPROTOCOL,)) -> None:
        self.protocols = protocols
        self.headers: dict[str, str] = {}
        self.closed: int | None = None
        self.pongs: list[bytes] = []
        self.heard: list[str] = []
        self.open: web.WebSocketResponse | None = None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if "Upgrade" not in request.headers:
            return web.json_response([])
        self.headers = dict(request.headers)
        channel = web.WebSocketResponse(protocols=self.protocols, autoping=False, max_msg_size=0, compress=False)
        await channel.prepare(request)
        self.open = channel
        async for told in channel:
            if told.type is WSMsgType.TEXT:
                await channel.send_str(told.data)
                self.heard.append(told.data)
            elif told.type is WSMsgType.BINARY:
                await channel.send_bytes(told.data)
            elif told.type is WSMsgType.PONG:
                self.pongs.append(bytes(told.data))
        self.closed = channel.close_code
        return channel

    @property
    def there(self) -> web.WebSocketResponse:
        """Its end of the open channel."""
        assert self.open is not None
        return self.open


def connect(world: World, path: str = CHANNEL, **options: Any) -> Any:
    """A channel of alice's browser."""
    options = {"protocols": (SUBPROTOCOL,), "headers": world.inside(Origin=world.work), **options}
    return world.browser.ws_connect(URL(world.work + path, encoded=True), max_msg_size=0, **options)


async def through(channel: Any, *messages: bytes) -> list[Parts]:
    """What becomes of these on their way from the kernel to the browser, one after the other."""
    mark = message("status", {"execution_state": "idle"}, parent="mark")
    for one in (*messages, mark):
        await channel.send_bytes(one)
    found = []
    async with asyncio.timeout(20):
        while (data := await channel.receive_bytes()) != mark:
            found.append(parts(data))
    return found

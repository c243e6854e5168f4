"""A server that talks as a Jupyter server's channels do, and somebody who listens: for the WebSocket benchmarks.

Messages are `v1.kernel.websocket.jupyter.org`: the number of offsets and the offsets (little-endian, 8 bytes each),
then channel, header, parent header, metadata and content, one after the other.
"""

import asyncio
import json
import time
from contextlib import asynccontextmanager

import aiohttp
import uvloop
from aiohttp import web

from benchmarks.load import INFO, SMALL, USER
from benchmarks.proxies import base_of

PROTOCOL = "v1.kernel.websocket.jupyter.org"
KERNEL = "7d1f6a52-6f0e-4a5e-9d0b-2f4f5a1f3c11"
NOW = "2026-11-25T00:00:00.000000Z"


def message(channel, kind, content, session="benchmark"):
    """One message of a kernel or of a browser."""
    header = {"msg_id": "1", "msg_type": kind, "session": session, "username": "", "date": NOW, "version": "5.3"}
    parent = header if channel == "iopub" else {}
    parts = [channel.encode(), *(json.dumps(part).encode() for part in (header, parent, {}, content))]
    at = 8 * (len(parts) + 2)
    offsets = [at]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    numbers = [len(offsets), *offsets]
    return b"".join([*(number.to_bytes(8, "little") for number in numbers), *parts])


ASKED = message("shell", "execute_request", {"code": "1 + 1", "silent": False})
LINE = message("iopub", "stream", {"name": "stdout", "text": "epoch 12: loss 0.4711\n"})


async def _channel(request):
    """Answers each message with as many lines of output as the query's `lines`, of `bytes` more each."""
    channel = web.WebSocketResponse(protocols=[PROTOCOL], compress=False, max_msg_size=0)
    await channel.prepare(request)
    lines, more = int(request.query.get("lines", 1)), int(request.query.get("bytes", 0))
    line = message("iopub", "stream", {"name": "stdout", "text": "x" * more}) if more else LINE
    async for _ in channel:
        for _ in range(lines):
            await channel.send_bytes(line)
    return channel


async def _other(request):
    if request.path == "/hub/api/user":
        return web.json_response(USER)
    if request.path.startswith("/gate/workspaces/"):
        return web.json_response(INFO)
    return web.Response(body=SMALL, content_type="application/json")


async def _serve(port, paths):
    app = web.Application()
    app.router.add_get("/user/{person}/{project}/api/kernels/{kernel}/channels", _channel)
    app.router.add_route("*", "/{tail:.*}", _other)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    for path in paths:
        await web.UnixSite(runner, path).start()
    await web.TCPSite(runner, "127.0.0.1", port).start()  # last: when it answers, all do
    await asyncio.Event().wait()


def run_kernels(port, paths):
    """Serve for ever; a process of its own. It is Hub and desk as well."""
    uvloop.run(_serve(port, paths))


@asynccontextmanager
async def channel(client, port, place, cookie, lines=1, more=0):
    """An open channel of a browser."""
    address = f"ws://localhost:{port}{base_of(place)}/api/kernels/{KERNEL}/channels"
    query = f"?session_id=benchmark&lines={lines}&bytes={more}"
    headers = {"Cookie": cookie, "Origin": f"http://localhost:{port}"}
    async with client.ws_connect(
        address + query, headers=headers, protocols=[PROTOCOL], max_msg_size=0, compress=0
    ) as opened:
        yield opened


async def answered(opened, lines):
    """Ask once; return the bytes of all lines of the answer."""
    await opened.send_bytes(ASKED)
    received = 0
    for _ in range(lines):
        got = await opened.receive(timeout=60)
        if got.type is not aiohttp.WSMsgType.BINARY:
            raise SystemExit(f"the channel was closed with {opened.close_code}: {got}")
        received += len(got.data)
    return received


async def converse(client, port, place, cookie, lines, seconds):
    """Ask again and again; the number of messages that passed, both ways."""
    end, passed = time.perf_counter() + seconds, 0
    async with channel(client, port, place, cookie, lines) as opened:
        while time.perf_counter() < end:
            await answered(opened, lines)
            passed += 1 + lines
    return passed

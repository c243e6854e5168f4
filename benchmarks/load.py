"""What the gate's benchmarks share: a server that costs next to nothing, and clients that ask as fast as they can.

Both are bare protocols on uvloop, so that on two processors the proxy between them is what is measured.
"""

import asyncio
import json
import os
import re
import time
from pathlib import Path

import uvloop

SMALL = json.dumps(
    {
        "name": "x",
        "path": "project/x",
        "type": "file",
        "format": "text",
        "mimetype": "text/plain",
        "size": 760,
        "writable": True,
        "created": "2026-11-25T00:00:00Z",
        "last_modified": "2026-11-25T00:00:00Z",
        "content": "x" * 760,
    }
).encode()
LARGE = bytes(64 << 20)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_WIDE = 1 << 60  # bytes; the budget is measured by budget.py, not here
USER = {"kind": "user", "name": "alice", "scopes": ["access:services!service=gate"]}
POLICY = {
    "budget_soft_bytes": _WIDE,
    "budget_hard_bytes": _WIDE,
    "message_bytes": _WIDE,
    "uploads": True,
    "upload_bytes": 1 << 20,
    "terminals": False,
}
PROJECT = {"slug": "tumour-ml", "title": "Tumours"}
INFO = {"allowed": True, "reason": "", "project": PROJECT, "policy": POLICY, "raised": None, "disk": None}


def _answer(target: bytes) -> bytes:
    if target.endswith(b"/large"):
        return LARGE
    if target.endswith(b"/hub/api/user"):
        return json.dumps(USER).encode()
    return json.dumps(INFO).encode() if target.startswith(b"/gate/") else SMALL


class Backend(asyncio.Protocol):
    """Fixed answers, keep-alive: Hub, desk and workspace in one."""

    def connection_made(self, transport):
        self._transport = transport
        self._received = b""

    def data_received(self, data):
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            if length:  # what the gate tells the desk
                self._received = self._received[int(length[1]) :]
            body = _answer(head.split(b" ", 2)[1])
            self._transport.writelines([_HEAD % len(body), body])


async def _backend(port, paths):
    loop = asyncio.get_running_loop()
    kept = [await loop.create_unix_server(Backend, path) for path in paths]
    kept.append(await loop.create_server(Backend, "127.0.0.1", port))  # last: when it answers, all do
    await asyncio.Event().wait()


def run_backend(port, paths):
    """Serve on a port and on Unix sockets, for ever; a process of its own."""
    uvloop.run(_backend(port, paths))


class Asking(asyncio.Protocol):
    """One connection that asks again as soon as it has its answer; `times` gets the seconds of each."""

    def __init__(self, question, end, times):
        self._question, self._end, self._times = question, end, times
        self._received, self._expected = b"", 0
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self._transport = transport
        self._ask()

    def _ask(self):
        self._began = time.perf_counter()
        self._transport.write(self._question)

    def data_received(self, data):
        self._received += data
        if not self._expected:
            self._expected = self._whole()
        if not self._expected or len(self._received) < self._expected:
            return
        now = time.perf_counter()
        self._times.append(now - self._began)
        self._received, self._expected = b"", 0
        if now < self._end:
            self._ask()
        else:
            self._transport.close()

    def _whole(self):
        """Bytes of the whole answer; 0 as long as its head is not there."""
        head, end, _ = self._received.partition(b"\r\n\r\n")
        if not end:
            return 0
        length = _LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            self.over.set_exception(SystemExit(f"not answered: {self._received[:400]!r}"))
            self._transport.close()
            return 1 << 60
        return len(head) + 4 + int(length[1])

    def connection_lost(self, error):
        if not self.over.done():
            self.over.set_result(None)


class Taking(asyncio.Protocol):
    """One download, counted and thrown away."""

    def __init__(self, question):
        self._question = question
        self.received = 0
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        transport.write(self._question)

    def data_received(self, data):
        self.received += len(data)

    def connection_lost(self, error):
        self.over.set_result(None)


async def ask(port, question, connections, seconds):
    """Seconds of every answer that so many connections got in so many seconds."""
    loop, times = asyncio.get_running_loop(), []
    end = time.perf_counter() + seconds
    opened = [
        await loop.create_connection(lambda: Asking(question, end, times), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.over for _, protocol in opened))
    return times


async def take(port, question, connections=4):
    """MB/s of so many downloads at a time."""
    loop, start = asyncio.get_running_loop(), time.perf_counter()
    opened = [await loop.create_connection(lambda: Taking(question), "127.0.0.1", port) for _ in range(connections)]
    await asyncio.gather(*(protocol.over for _, protocol in opened))
    received = sum(protocol.received for _, protocol in opened)
    if received < connections * len(LARGE):
        raise SystemExit(f"only {received} bytes of {connections} downloads arrived")
    return received / 1e6 / (time.perf_counter() - start)


def processor(pid):
    """Seconds of processor time that a process has used, its threads included: in its own code, and with the
    kernel's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = (int(field) / os.sysconf("SC_CLK_TCK") for field in fields[11:13])
    return user, user + system

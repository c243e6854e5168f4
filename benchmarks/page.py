"""A browser with JupyterLab in it, as far as requests and messages go: what it receives is counted."""

import asyncio
import json
import secrets
from itertools import pairwise

import aiohttp

from benchmarks.kernel import NOW, PROTOCOL
from benchmarks.proxies import base_of, cookie


class Refused(Exception):
    """An answer that is not 2xx or 304; its words."""


class Page:
    """One workspace in one browser. `received` is bytes of bodies and messages, whatever they are."""

    def __init__(self, client, settings, place):
        self._client = client
        self.place, self.received = place, 0
        self._origin = settings.workspaces_url
        self._headers = {"Cookie": cookie(settings, place), "Origin": self._origin, "Sec-Fetch-Dest": "empty"}

    async def ask(self, method, path, body=None):
        """The answer's JSON; raise `Refused`."""
        address = f"{self._origin}{base_of(self.place)}/{path}"
        async with self._client.request(method, address, headers=self._headers, json=body) as answer:
            text = await answer.read()
            self.received += len(text)
            if answer.status >= 400:
                raise Refused(f"{answer.status} {text[:300].decode(errors='replace')}")
            return json.loads(text) if text and answer.content_type == "application/json" else None

    async def until_ready(self):
        for _ in range(600):
            try:
                return await self.ask("GET", "api")
            except Refused:
                await asyncio.sleep(0.1)
        raise SystemExit("the workspace does not answer")

    async def kernel(self, path):
        """A new session of a notebook, connected."""
        body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        session = await self.ask("POST", "api/sessions", body)
        kernel = session["kernel"]["id"]
        address = f"{self._origin.replace('http', 'ws', 1)}{base_of(self.place)}/api/kernels/{kernel}/channels"
        opened = await self._client.ws_connect(
            address, headers=self._headers, protocols=[PROTOCOL], max_msg_size=0, compress=0
        )
        return Kernel(self, session["id"], opened)


class Kernel:
    """A connected kernel."""

    def __init__(self, page, session, opened):
        self._page, self.session, self._opened = page, session, opened

    async def run(self, code, patience=120.0):
        """Run a cell: the outputs and the bytes that came for it; `TimeoutError` when it does not end in time."""
        number = secrets.token_hex(16)
        await self._opened.send_bytes(_request(number, code))
        outputs, received, ended = [], 0, set()
        async with asyncio.timeout(patience):
            while len(ended) < 2:
                got = await self._opened.receive()
                if got.type is not aiohttp.WSMsgType.BINARY:
                    raise Refused(f"the channel was closed: {got.data} {got.extra}")
                self._page.received += len(got.data)
                received += len(got.data)
                channel, header, parent, _, content = parts(got.data)
                if parent.get("msg_id") != number:
                    continue
                kind = header["msg_type"]
                if channel == "iopub" and kind in ("stream", "display_data", "execute_result", "error"):
                    outputs.append({"kind": kind, **content})
                elif kind == "status" and content["execution_state"] == "idle":
                    ended.add("idle")
                elif channel == "shell":
                    ended.add("reply")
        return outputs, received

    async def close(self):
        await self._opened.close()
        await self._page.ask("DELETE", f"api/sessions/{self.session}")


def _request(number, code):
    header = {"msg_id": number, "msg_type": "execute_request", "session": "page", "username": "", "date": NOW}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
    held = [json.dumps(part).encode() for part in ({**header, "version": "5.3"}, {}, {}, content)]
    held.insert(0, b"shell")
    offsets = [8 * (len(held) + 2)]
    for part in held:
        offsets.append(offsets[-1] + len(part))
    return b"".join([*(number.to_bytes(8, "little") for number in (len(offsets), *offsets)), *held])


def parts(data):
    """Channel, header, parent header, metadata and content of a message."""
    count = int.from_bytes(data[:8], "little")
    offsets = [int.from_bytes(data[8 * at : 8 * at + 8], "little") for at in range(1, count + 1)]
    cut = [data[a:b] for a, b in pairwise(offsets)]
    return (cut[0].decode(), *(json.loads(part) for part in cut[1:5]))

"""THE CONTRACT'S DOUBLE of the review desk: an inward socket as the gate offers it to one workspace.

The extension's tests need the other end of the socket, and the real one belongs to another room. It follows
the inward API: a real HTTP server (aiohttp) at a real Unix socket that reads a streamed multipart body,
hashes it, and keeps nothing of a request that does not arrive whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web

POLICY = {
    "max_files": 5,
    "max_file_bytes": 64 * 1024 * 1024,
    "max_total_bytes": 128 * 1024 * 1024,
    "max_text": 2000,
    "thresholds": {"min_count": 20},
    "project": {"slug": "tumour-ml", "title": "Tumour grading with machine learning"},
}
STATUS_TEXT = {
    "submitted": "Waiting for an output checker",
    "resubmitted": "Waiting again for an output checker",
    "returned": "Returned to you with a comment",
    "approved": "Approved, ready for download soon",
    "released": "Released",
    "rejected": "Not approved",
    "withdrawn": "Withdrawn by you",
}


class DeskDouble:
    """`requests` is what it keeps; `refuse_early` makes it answer 413 before reading a file."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.unfinished = 0
        self.refuse_early = ""
        self.pace = 0.0  # seconds to wait after each piece of a file
        self.policy: dict[str, Any] = dict(POLICY)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/policy", self._get_policy)
        app.router.add_get("/v1/requests", self._get_requests)
        app.router.add_post("/v1/requests", self._submit)
        app.router.add_post(r"/v1/requests/{id:\d+}/withdraw", self._withdraw)
        app.router.add_post(r"/v1/requests/{id:\d+}/resubmit", self._resubmit)
        app.router.add_post(r"/v1/requests/{id:\d+}/files/{number:\d+}/withdraw", self._withdraw_file)
        return app

    def add(self, status: str, minutes_ago: float = 0, **changes: Any) -> dict[str, Any]:
        """A request in any state, as the desk would show it."""
        then = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=minutes_ago)).isoformat()
        request = {
            "id": len(self.requests) + 1,
            "project": "tumour-ml",
            "author": "alice",
            "status": status,
            "status_text": STATUS_TEXT[status],
            "what": "A table",
            "how": "A notebook",
            "controls": "Counts below 10 suppressed",
            "created": then,
            "updated": then,
            "comment": "",
            "can_withdraw": status in ("submitted", "returned"),
            "can_resubmit": status == "returned",
            "next_text": "",
            "round": 1,
            "statements": [],
            "groups": [],
            "url": f"/desk/requests/{len(self.requests) + 1}",
            "files": [],
        } | changes
        self.requests.insert(0, request)
        return request

    async def _get_policy(self, _: web.Request) -> web.Response:
        return web.json_response(self.policy)

    async def _get_requests(self, _: web.Request) -> web.Response:
        return web.json_response({"requests": self.requests})

    async def _submit(self, request: web.Request) -> web.Response:
        if self.refuse_early:
            return web.json_response({"error": self.refuse_early}, status=413)
        try:
            meta, files = await self._read(request)
        except BaseException:
            self.unfinished += 1
            raise
        listed = [(file["name"], file["size"]) for file in meta.pop("files")]
        if listed != [(file["name"], file["size"]) for file in files]:
            return web.json_response({"error": "The files are not the ones announced."}, status=400)
        return web.json_response(self.add("submitted", files=files, **meta), status=201)

    async def _read(self, request: web.Request) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        parts = await request.multipart()
        first = await parts.next()
        assert isinstance(first, BodyPartReader)
        assert first.name == "meta"
        meta = json.loads(await first.read())
        files = []
        while (part := await parts.next()) is not None:
            assert isinstance(part, BodyPartReader)
            assert part.name == ("file" if len(files) < len(meta["files"]) else "code")
            digest, size = hashlib.sha256(), 0
            while chunk := await part.read_chunk(65536):
                digest.update(chunk)
                size += len(chunk)
                await asyncio.sleep(self.pace)
            decided = {"decision": "", "reason": ""}
            files.append({"name": part.filename, "size": size, "sha256": digest.hexdigest()} | decided)
        count = len(meta["files"])
        for said, file in zip(meta["files"], files, strict=False):
            file |= {name: said.get(name) for name in ("role", "group", "path", "code")}
        meta["code_files"] = files[count:]
        del meta["code"]
        return meta, files[:count]

    async def _resubmit(self, request: web.Request) -> web.Response:
        meta, files = await self._read(request)
        meta.pop("files")
        for kept in self.requests:
            if kept["id"] == int(request.match_info["id"]) and kept["can_resubmit"]:
                known = {file["sha256"] for file in kept["files"]}
                for file in files:
                    file["unchanged_since"] = kept["round"] if file["sha256"] in known else None
                kept |= {"status": "resubmitted", "status_text": STATUS_TEXT["resubmitted"], "comment": ""}
                kept |= {"can_resubmit": False, "round": kept["round"] + 1, "files": files, **meta}
                return web.json_response(kept, status=201)
        return web.json_response({"error": "There is no request of yours that was returned."}, status=404)

    async def _withdraw_file(self, request: web.Request) -> web.Response:
        for kept in self.requests:
            if kept["id"] == int(request.match_info["id"]):
                file = kept["files"][int(request.match_info["number"]) - 1]
                file["role"] = "withdrawn"
                kept["can_withdraw_files"] = False
                return web.json_response(kept)
        return web.json_response({"error": "There is no such request."}, status=404)

    async def _withdraw(self, request: web.Request) -> web.Response:
        for kept in self.requests:
            if kept["id"] == int(request.match_info["id"]) and kept["can_withdraw"]:
                kept |= {"status": "withdrawn", "status_text": STATUS_TEXT["withdrawn"], "can_withdraw": False}
                return web.json_response(kept)
        return web.json_response({"error": "There is no request of yours that could be withdrawn."}, status=404)


async def serve(double: DeskDouble, socket: Path) -> web.AppRunner:
    """Listen until the runner's `cleanup()`."""
    runner = web.AppRunner(double.app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    return runner


@contextlib.contextmanager
def running(double: DeskDouble, socket: Path) -> Iterator[None]:
    """Serve in a thread of its own: the extension's client is blocking code."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(serve(double, socket), loop).result(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

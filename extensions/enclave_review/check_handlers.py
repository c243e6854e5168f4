"""What the page can ask before it asks for a release, below `<base_url>enclave/`.

    POST   checks                {"paths": [...]} -> 201 {"check": state}; ends the run before
    GET    checks                {"check": {"run", "state", "why", "done", "total", "now", "datasets",
                                 "own_numbers"} | null}; state is running, done, cancelled or failed
    GET    checks/<run>/<n>      {"report": ...} of its n-th file, from 1; 404 while there is none
    DELETE checks                end the run
    POST   stripped-copy         {"path"} of a notebook -> 201 {"path"} of its copy beside it

Every refusal is `{"error": sentence}`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tornado import web

from enclave_review.asked import read_path, read_paths
from enclave_review.base import Handler
from enclave_review.checking import Checks
from enclave_review.files import CannotSend


class _ChecksHandler(Handler):
    def initialize(self, checks: Checks) -> None:
        self.checks = checks


class ChecksHandler(_ChecksHandler):
    @web.authenticated
    async def post(self) -> None:
        try:
            started = await asyncio.to_thread(self.checks.start, read_paths(self.request.body))
        except CannotSend as error:
            self.refuse(400, error)
            return
        self.reply(201, {"check": started})

    @web.authenticated
    def get(self) -> None:
        self.reply(200, {"check": self.checks.state()})

    @web.authenticated
    def delete(self) -> None:
        self.checks.cancel()
        self.reply(200, {"check": self.checks.state()})


class ReportHandler(_ChecksHandler):
    @web.authenticated
    def get(self, run: str, at: str) -> None:
        report = self.checks.report(int(run), int(at))
        if report is None:
            self.reply(404, {"error": "This file was not checked yet, or another check was begun meanwhile."})
        else:
            self.reply(200, {"report": report})


class StrippedCopyHandler(Handler):
    def initialize(self, root: Path) -> None:
        self.root = root

    @web.authenticated
    async def post(self) -> None:
        from enclave_review.stripped import copy  # nbconvert takes its time, and is needed here alone

        try:
            path = await asyncio.to_thread(copy, self.root, read_path(self.request.body))
        except CannotSend as error:
            self.refuse(400, error)
            return
        self.reply(201, {"path": path})

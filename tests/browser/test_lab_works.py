"""With everything on, JupyterLab does what people come for: outputs of each kind, kernels, settings; all quiet."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.people import SLOW, Visitor, Visitors
from tests.browser.test_journey import open_entry, run_notebook, show_files
from tests.running import Stack
from tests.stack.people import People, people

__all__ = ["people"]

pytestmark = [pytest.mark.stack, pytest.mark.browser]
CELLS = {
    "png": "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    "svg": "%config InlineBackend.figure_formats = ['svg']\nplt.plot([1, 2]); plt.show()",
    "table": "import pandas as pd\npd.DataFrame({'grade': [1, 2], 'auc': [0.97, 0.91]})",
    "styled": "pd.DataFrame({'x': [1.0]}).style.highlight_max(color='gold')",
    "markdown": "from IPython.display import Markdown\nMarkdown('**strong** and $a^2$')",
    "latex": "from IPython.display import Latex\nLatex(r'$\\int_0^1 x\\,dx$')",
    "json": "from IPython.display import JSON\nJSON({'answer': 42})",
    "stream": "print('to the screen')",
    "widgets": "import ipywidgets as w\n"
    "slider = w.IntSlider(value=7, description='slide')\n"
    "label = w.HTML('<b>seven</b>')\n"
    "slider.observe(lambda c: setattr(label, 'value', f'<b>now {c.new}</b>'), 'value')\n"
    "rest = [w.Dropdown(options=['a', 'b']), w.Tab([w.Text('t')]), w.Button(description='b')]\n"
    "display(w.VBox([slider, label, *rest]))",
    "interact": "w.interact(lambda n: n * 2, n=w.IntText(21));",
    "progress": "w.IntProgress(value=5, max=10)",
}
# An error in a browser's console is ours to answer for; warnings and words are the browser's and JupyterLab's.
QUIET = re.compile(r"^(log|info|debug|warning):")


@pytest.fixture(scope="module")
def bob(visitors: Visitors) -> Visitor:
    return visitors("bob")


@pytest.fixture(scope="module")
def notebook(stack: Stack) -> Iterator[Path]:
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    made.cells = [nbformat.v4.new_code_cell(code) for code in CELLS.values()]
    made.cells.append(nbformat.v4.new_markdown_cell("## A heading\n\n$\\alpha^2$ and a [link](kinds.ipynb)"))
    path = stack.layout.project("tumour-ml") / "kinds.ipynb"
    nbformat.write(made, path)
    path.chmod(0o666)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def frame(people: People, bob: Visitor, notebook: Path) -> Iterator[FrameLocator]:
    people("bob").start_anew("tumour-ml")  # no kernel of an earlier run computes on
    bob.console.clear()
    made = bob.open_workspace("tumour-ml")
    show_files(made)
    made.locator(".jp-BreadCrumbs-home").click()
    open_entry(made, "project")
    run_notebook(made, notebook.name)
    yield made


def output(frame: FrameLocator, kind: str) -> FrameLocator:
    number = list(CELLS).index(kind)
    cell = frame.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").nth(number)
    cell.scroll_into_view_if_needed()
    return cell.locator(".jp-OutputArea-output").last  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("png", "img[src^='data:image/png']"),
        ("svg", "img[src^='data:image/svg+xml']"),
        ("table", "table.dataframe td:has-text('0.97')"),
        ("styled", "table td:has-text('1.0')"),
        ("markdown", "strong:has-text('strong')"),
        ("markdown", "mjx-container"),
        ("latex", "mjx-container"),
        ("json", "text=answer"),
        ("stream", "pre:has-text('to the screen')"),
        ("widgets", ".widget-slider"),
        ("widgets", ".widget-dropdown select"),
        ("widgets", ".widget-button"),
        ("interact", "pre:has-text('42')"),
        ("progress", ".widget-hprogress"),
    ],
)
def test_an_output_is_shown(frame: FrameLocator, kind: str, shown: str) -> None:
    expect(output(frame, kind).locator(shown).first).to_be_visible(timeout=SLOW)


def test_a_widget_speaks_with_its_kernel(bob: Visitor, frame: FrameLocator) -> None:
    found = output(frame, "widgets")
    found.locator(".widget-readout").first.fill("9")
    bob.page.keyboard.press("Enter")
    expect(found.get_by_text("now 9")).to_be_visible(timeout=SLOW)


def test_mathematics_in_a_text_is_set(frame: FrameLocator) -> None:
    text = frame.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-MarkdownOutput").last
    expect(text.locator("mjx-container")).to_be_visible(timeout=SLOW)


def add_cell(bob: Visitor, frame: FrameLocator, code: str, run: bool = True) -> FrameLocator:
    """A cell at the end; returns it."""
    panel = frame.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    before = panel.locator(".jp-CodeCell").count()
    panel.locator(".jp-Notebook-footer").click()
    expect(panel.locator(".jp-CodeCell")).to_have_count(before + 1)
    cell = panel.locator(".jp-CodeCell").nth(before)
    cell.locator(".cm-content").click()
    bob.page.keyboard.insert_text(code)
    if run:
        bob.page.keyboard.press("Control+Enter")
    return cell  # type: ignore[return-value]


def test_a_program_can_ask_and_be_answered(bob: Visitor, frame: FrameLocator) -> None:
    cell = add_cell(bob, frame, "print('hello', input('who? '))")
    cell.locator("input.jp-Stdin-input").fill("world")
    bob.page.keyboard.press("Enter")
    expect(cell.get_by_text("hello world")).to_be_visible(timeout=SLOW)


def test_names_are_completed(bob: Visitor, frame: FrameLocator) -> None:
    cell = add_cell(bob, frame, "pd.read_parq", run=False)
    offered = frame.locator(".jp-Completer-item", has_text="read_parquet")
    for _ in range(6):
        bob.page.keyboard.press("Tab")
        with contextlib.suppress(AssertionError):
            expect(offered).to_be_visible(timeout=5000)
            break
        # A busy kernel answers when JupyterLab no longer waits; and in a cell that was added while JupyterLab was
        # busy nothing is completed before one comes back to it.
        frame.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").first.locator(".cm-content").click()
        cell.locator(".cm-content").click()
        bob.page.keyboard.press("End")
    expect(offered).to_be_visible()
    bob.page.keyboard.press("Enter")
    expect(cell.locator(".cm-line", has_text="pd.read_parquet")).to_be_visible(timeout=SLOW)


def test_a_long_run_can_be_interrupted_and_the_kernel_goes_on(bob: Visitor, frame: FrameLocator) -> None:
    cell = add_cell(bob, frame, "import time\ntime.sleep(600)")
    expect(cell.locator(".jp-InputPrompt", has_text="[*]")).to_be_visible(timeout=SLOW)
    frame.get_by_role("menuitem", name="Kernel", exact=True).click()
    frame.get_by_role("menuitem", name="Interrupt Kernel").click()
    expect(cell.get_by_text("KeyboardInterrupt").first).to_be_visible(timeout=SLOW)
    after = add_cell(bob, frame, "6 * 7")
    expect(after.get_by_text("42", exact=True)).to_be_visible(timeout=SLOW)


def choose_theme(frame: FrameLocator, name: str) -> None:
    frame.get_by_role("menuitem", name="Settings", exact=True).click()
    frame.locator(".lm-Menu-itemLabel", has_text=re.compile("^Theme$")).click()
    frame.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{name}$")).click()


def test_a_setting_is_kept(stack: Stack, bob: Visitor, frame: FrameLocator) -> None:
    choose_theme(frame, "JupyterLab Dark")
    expect(frame.locator("body")).to_have_attribute("data-jp-theme-light", "false", timeout=SLOW)
    again = bob.open_workspace("tumour-ml")
    expect(again.locator("body")).to_have_attribute("data-jp-theme-light", "false", timeout=SLOW)
    choose_theme(again, "JupyterLab Light")
    expect(again.locator("body")).to_have_attribute("data-jp-theme-light", "true", timeout=SLOW)


def test_the_console_was_quiet(bob: Visitor) -> None:
    assert [line for line in bob.console if not QUIET.search(line)] == []


def test_one_project_reads_nothing_of_another(bob: Visitor) -> None:
    bob.open_workspace("diabetes-care")
    bob.open_workspace("tumour-ml")
    inner = next(one for one in bob.page.frames if "/user/bob/tumour-ml/" in one.url)
    reading = "path => fetch(path).then(answer => answer.status).catch(() => 'stopped')"
    assert inner.evaluate(reading, "/user/bob/tumour-ml/api/contents") == 200
    assert inner.evaluate(reading, "/user/bob/diabetes-care/api/contents") == "stopped"
    assert inner.evaluate(reading, f"{bob.stack.url}/home") == "stopped"

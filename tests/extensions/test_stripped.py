"""The stripped copy of a notebook: what a person wrote, and nothing that a kernel made."""

import json
from pathlib import Path
from typing import Any

import pytest
from enclave_review.stripped import strip
from hypothesis import given
from hypothesis import strategies as st

from output_review.checks import bounded
from output_review.checks.registry import Context
from tests.extensions.conftest import Lab

PATIENT = "patient 4711"
OUTPUTS: list[dict[str, Any]] = [
    {"output_type": "stream", "name": "stdout", "text": PATIENT},
    {"output_type": "error", "ename": "KeyError", "evalue": PATIENT, "traceback": [PATIENT]},
    {"output_type": "display_data", "data": {"text/html": PATIENT}, "metadata": {"of": PATIENT}},
    {"output_type": "execute_result", "execution_count": 7, "data": {"text/plain": PATIENT}, "metadata": {}},
]


def notebook(outputs: list[dict[str, Any]], hidden: str = PATIENT) -> str:
    """With something hidden in every place that is not code or text."""
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"a": {"value": hidden}}}}
    code = {
        "cell_type": "code", "id": "a1", "source": "table = counts()", "outputs": outputs, "execution_count": 7,
        "metadata": {"tags": [hidden], "hidden": hidden},
    }  # fmt: skip
    text = {
        "cell_type": "markdown", "id": "b2", "source": "# Results", "metadata": {"of": hidden},
        "attachments": {"x.png": {"image/png": "AAAA", "text/plain": hidden}},
    }  # fmt: skip
    metadata = {"widgets": widgets, "kernelspec": {"name": "python3", "display_name": hidden}, "of": hidden}
    return json.dumps({"cells": [code, text], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def test_everything_but_code_and_text_is_gone_and_the_checks_find_nothing_any_more(tmp_path: Path):
    before, after = tmp_path / "before.ipynb", tmp_path / "after.ipynb"
    before.write_text(notebook(OUTPUTS))
    after.write_text(strip(notebook(OUTPUTS)))
    assert PATIENT not in after.read_text()
    cells = json.loads(after.read_text())["cells"]
    assert [(cell["source"], cell["id"]) for cell in cells] == [
        (["table = counts()"], "cell-1"), (["# Results"], "cell-2"),
    ]  # fmt: skip
    assert bounded.check_file(before, Context()).findings
    assert not bounded.check_file(after, Context()).findings


@given(st.lists(st.sampled_from(OUTPUTS), max_size=4), st.text(min_size=8, alphabet="qxz0123456789"))
def test_nothing_hidden_survives(outputs, hidden):
    assert hidden not in strip(notebook(outputs, hidden))


def test_the_copy_lies_beside_it_and_overwrites_nobodys_file(fresh_lab: Lab):
    ask = lambda path: fresh_lab.ask("enclave/stripped-copy", {"path": f"project/{path}"})  # noqa: E731
    (fresh_lab.files / "train.ipynb").write_text(notebook(OUTPUTS))
    assert ask("train.ipynb") == (201, {"path": "project/train-stripped.ipynb"})
    assert PATIENT in (fresh_lab.files / "train.ipynb").read_text()
    assert ask("train.ipynb") == (201, {"path": "project/train-stripped.ipynb"})  # the same bytes are there
    (fresh_lab.files / "train-stripped.ipynb").write_text("my own words")
    assert ask("train.ipynb") == (201, {"path": "project/train-stripped-2.ipynb"})
    assert (fresh_lab.files / "train-stripped.ipynb").read_text() == "my own words"


@pytest.mark.parametrize(
    "content",
    [b"", b"grade,n\n1,2\n", b"[]", b"\xff\xfe", b'{"nbformat": 4}', b"[" * 100_000,
     notebook([]).replace('"nbformat": 4', f'"{PATIENT}": 1, "nbformat": 4').encode()],
    ids=["empty", "a table", "a list", "no text", "no cells", "deep", "a name of its own at the top"],
)  # fmt: skip
def test_what_is_no_notebook_is_refused_and_nothing_is_written(fresh_lab: Lab, content: bytes):
    (fresh_lab.files / "x.ipynb").write_bytes(content)
    status, answer = fresh_lab.ask("enclave/stripped-copy", {"path": "project/x.ipynb"})
    assert status == 400 and "not a notebook" in answer["error"]
    assert [file.name for file in fresh_lab.files.iterdir()] == ["x.ipynb"]


@pytest.mark.parametrize("asked", [{}, {"path": 1}, [], {"path": "../../etc/passwd"}, {"path": "project"}], ids=str)
def test_what_names_no_file_is_refused(fresh_lab: Lab, asked):
    assert fresh_lab.ask("enclave/stripped-copy", asked)[0] == 400

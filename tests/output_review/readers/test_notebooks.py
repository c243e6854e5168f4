"""Notebooks: everything that a cell shows or carries comes out by its type; what has no place is named."""

import base64
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output_review.readers.notebooks import read, without_colours
from output_review.readers.unreadable import Unreadable

PIXEL = base64.b64encode(b"\x89PNG pixels").decode()


def a_cell(**parts):
    return {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "source": "1",
        "outputs": [],
        "execution_count": 1,
    } | parts


def a_notebook(*cells, **parts):
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | parts


def notebook(value):
    return read(io.BytesIO(json.dumps(value).encode()))


def test_each_type_of_an_output_is_a_part_of_its_own():
    data = {
        "text/html": ["<b>", "x</b>"],
        "image/png": PIXEL,
        "application/json": {"a": [1]},
        "image/svg+xml": "<svg/>",
    }
    found = notebook(a_notebook(a_cell(outputs=[{"output_type": "display_data", "metadata": {}, "data": data}])))
    assert [(number, one.where, one.mime, one.data) for number, one in found.parts] == [
        (1, "output 1", "text/html", b"<b>x</b>"),
        (1, "output 1", "image/png", b"\x89PNG pixels"),
        (1, "output 1", "application/json", b'{\n "a": [\n  1\n ]\n}'),
        (1, "output 1", "image/svg+xml", b"<svg/>"),
    ]


def test_streams_tracebacks_and_attachments_are_parts_too():
    attachments = {"p.png": {"image/png": PIXEL}}
    found = notebook(
        a_notebook(
            a_cell(
                outputs=[
                    {"output_type": "stream", "name": "stderr", "text": ["a\n", "b"]},
                    {"output_type": "error", "ename": "E", "evalue": "v 42", "traceback": ["\x1b[31mrow 7\x1b[0m"]},
                ]
            ),
            {"cell_type": "markdown", "metadata": {}, "source": ["# T\n", "x"], "attachments": attachments},
        )
    )
    parts = [(number, one.sort, one.where) for number, one in found.parts]
    assert parts == [
        (1, "stream", "output 1, stderr"),
        (1, "traceback", "output 2"),
        (2, "attachment", "attachment p.png"),
    ]
    trace = found.cells[0].parts[1].data.decode()
    assert without_colours(trace) == "E: v 42\nrow 7" and found.cells[1].source == "# T\nx"


def test_widgets_are_found_though_outputs_were_cleared():
    state = {"one": {"model_name": "DataGridModel", "state": {"_data": [["Ann", 41]]}}}
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2}}
    found = notebook(a_notebook(a_cell(), metadata={"widgets": widgets}))
    (saved,) = found.widgets
    assert saved[0] == "DataGridModel" and "Ann" in saved[1] and found.notes == ()


def test_what_no_reader_knows_is_named():
    found = notebook(
        a_notebook(
            a_cell(metadata={"rows": [1, 2]}, extra="x" * 10, outputs=[{"output_type": "stream", "hidden": "yy"}]),
            metadata={"papermill": {"a": 1}, "kernelspec": {"name": "x" * 2000}},
            more="data",
        )
    )
    assert [note.split("”")[0] for note in found.notes] == [
        "The notebook has metadata “papermill", "The notebook has metadata “kernelspec",
        "The notebook has part “more",
    ]  # fmt: skip
    assert [note.split("”")[0] for note in found.cells[0].notes] == [
        "The cell has part “extra", "The cell has metadata “rows", "Output 1 has part “hidden",
    ]  # fmt: skip


def test_names_given_twice_are_said():
    text = json.dumps(a_notebook(a_cell())).replace('"source"', '"source": "secret", "source"')
    assert "1 names are given twice" in read(io.BytesIO(text.encode())).notes[0]


def test_an_old_notebook_is_brought_up_to_date():
    old = {
        "nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""},
        "worksheets": [{"cells": [{"cell_type": "code", "language": "python", "input": "1+1", "prompt_number": 1,
                                   "outputs": [{"output_type": "pyout", "text": "2", "prompt_number": 1}]}]}],
    }  # fmt: skip
    found = notebook(old)
    assert "old format 3" in found.notes[0] and found.cells[0].source == "1+1"
    assert found.cells[0].parts[0].data == b"2"


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"{", b"\xff", b'{"nbformat": 4}', b'{"nbformat": 99, "cells": []}', b'{"nbformat": 3}',
     b'{"nbformat": 4, "metadata": {}, "cells": {}}', b'{"nbformat": 4, "a":' + b"[" * 100_000,
     b'{"nbformat":' + b"9" * 10_000,
     b'{"nbformat": 4, "metadata": {"x": ' + b"[" * 900 + b"]" * 900 + b'}, "cells": []}'],
)  # fmt: skip
def test_what_is_no_notebook_is_refused(content):
    try:
        assert "metadata “x”" in read(io.BytesIO(content)).notes[0]
    except Unreadable as error:
        assert str(error).endswith(".")
    else:
        assert b'"x"' in content


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["cell_type", "source", "metadata", "outputs", "attachments", "id"]), ANYTHING)
)
def test_a_cell_of_any_shape_is_read_and_loses_no_text(cell):
    found = notebook(a_notebook(cell))
    told = repr(found.cells)
    for output in cell["outputs"] if isinstance(cell.get("outputs"), list) else []:
        if isinstance(output, str) and output.isalnum() and output.isascii():
            assert output in told

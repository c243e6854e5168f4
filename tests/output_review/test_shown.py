"""Previews of images, PDFs, notebooks, models, archives and markup: what is shown, and what is said beside it."""

import base64
import io
import json
import pickle
import subprocess
import sys
import time
from importlib.resources import files

import altair
import numpy as np
import onnx
import pytest
import skops.io
from matplotlib.figure import Figure
from PIL import Image
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier

from output_review.examiner.report import report
from output_review.families import SHOWN, Family
from output_review.preview import examine
from tests.output_review.hostile import hostile
from tests.output_review.kit import submitted

BEACON = "http://beacon.invalid/"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("canary")


@pytest.fixture(scope="module")
def attacks(folder):
    return hostile(BEACON, folder / "touched")


def told(content, name="x"):
    """The report, made here: what a child would answer, as JSON."""
    return json.loads(json.dumps(report(io.BytesIO(content), name, {})))


def pixels(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"))))


def said(found):
    return " ".join(found["notes"])


def a_png(size=(64, 48), mode="RGB"):
    out = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(noise).convert(mode).save(out, "PNG")
    return out.getvalue()


def test_an_image_is_drawn_anew_without_its_low_bits():
    original = a_png()
    found = told(original, "x.png")
    shown, before = np.asarray(pixels(found["picture"])), np.asarray(Image.open(io.BytesIO(original)))
    assert found["family"] == "image" and found["notes"] == [] and found["fields"] == []
    assert (shown == (before >> 4) * 17).all() and (before & 15).any()


MODES = dict.fromkeys(("PNG", "GIF", "WEBP", "TIFF", "BMP"), ("RGB", "L", "P", "RGBA")) | {"JPEG": ("RGB", "L")}


@pytest.mark.parametrize("form, mode", [(form, mode) for form, modes in MODES.items() for mode in modes])
def test_every_form_of_image_is_shown(form, mode):
    out = io.BytesIO()
    Image.new("RGBA", (20, 10), "red").convert(mode).save(out, form)
    found = told(out.getvalue())
    assert (found["family"], found["width"], found["height"]) == ("image", 20, 10)
    assert pixels(found["picture"]).size == (20, 10)


def test_what_an_image_carries_is_named(attacks):
    private = told(attacks["private.png"])
    assert "900 bytes stand in chunks that no viewer shows" in said(private)
    assert ["text “Comment”", "Ann, 41"] in private["fields"]
    assert "follow the end of the image" in said(told(attacks["polyglot.png"]))
    photo = dict(told(attacks["comment.jpg"])["fields"])
    assert "script" in photo["EXIF ImageDescription"] and "48.0" in photo["EXIF GPSLatitude"] and "comment" in photo
    assert "follow" not in said(told(attacks["comment.jpg"]))
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "JPEG")
    assert "5 bytes follow the end" in said(told(out.getvalue() + b"12345"))


def test_a_large_image_is_shown_smaller_and_says_so():
    out = io.BytesIO()
    Image.new("L", (4000, 1000)).save(out, "PNG")
    found = told(out.getvalue())
    assert pixels(found["picture"]).size == (1600, 400) and "Shown smaller" in said(found)


def test_image_bombs_are_not_decoded(attacks):
    began = time.monotonic()
    for name in ("claims.png", "text-bomb.png", "damaged.png"):
        assert told(attacks[name])["family"] == "other"
    assert "not decoded" in said(told(attacks["claims.png"])) and time.monotonic() - began < 3


def test_a_pdfs_pages_are_pictures_and_what_it_carries_is_named(attacks):
    found = told(attacks["active.pdf"])
    assert found["family"] == "pages" and len(found["pages"]) == found["total_pages"] == 1
    assert pixels(found["pages"][0]).size == (600, 400)
    for words in ("script", "attached file", "link to another place", "embedded stream"):
        assert f"× {words}" in said(found)
    fields = [text for _, text in found["fields"]]
    assert "rows.csv" in fields and f"{BEACON}uri" in fields and any("launchURL" in text for text in fields)
    assert "⟨202E⟩title" in fields
    assert "saved 2 times over" in said(told(attacks["twice.pdf"]))
    assert "bytes follow its end" in said(told(attacks["twice.pdf"]))
    assert "encrypted" in said(told(attacks["locked.pdf"])) and told(attacks["locked.pdf"])["family"] == "other"


def test_many_and_huge_pages_are_bounded(attacks):
    found = told(attacks["huge.pdf"])
    assert (len(found["pages"]), found["total_pages"]) == (20, 60)
    assert max(pixels(found["pages"][0]).size) <= 1400
    later = report(io.BytesIO(attacks["huge.pdf"]), "x", {"page": 60})
    assert (len(later["pages"]), later["first"]) == (1, 60)


def test_a_plot_saved_as_pdf_is_seen():
    figure, out = Figure(), io.BytesIO()
    figure.add_subplot().plot([1, 2, 3])
    figure.savefig(out, format="pdf")
    found = told(out.getvalue())
    assert len(pixels(found["pages"][0]).getcolors(1 << 16)) > 2
    assert any("Matplotlib" in text for _, text in found["fields"])


def test_a_notebooks_outputs_are_each_shown_as_the_kind_that_they_are(attacks):
    found = told(attacks["outputs.ipynb"])
    parts = found["cells"][0]["parts"]
    assert found["family"] == "notebook" and len(parts) == 19 and found["total_cells"] == 3
    assert {part["mime"] for part in parts} >= {"text/html", "application/javascript", "video/mp4"}
    assert all("picture" not in part for part in parts)  # a script is no image, whatever it is called
    assert "1 × <script>" in " ".join(parts[0]["notes"])
    assert parts[17]["sort"] == "traceback" and "⟨001B⟩" not in parts[17]["lines"][1]
    assert "metadata “rows”" in found["cells"][1]["notes"][0]
    assert found["cells"][1]["parts"][0]["where"] == "attachment x.svg"
    assert told(attacks["widgets.ipynb"])["widgets"][0][0] == "HTMLModel"


def test_a_notebooks_pictures_and_tables_are_shown():
    picture = base64.b64encode(a_png()).decode()
    table = "<style>x</style><table><tr><th>age<td>41</table>"
    data = {"image/png": picture, "text/html": table}
    cell = {
        "cell_type": "code",
        "source": "",
        "metadata": {},
        "outputs": [{"output_type": "display_data", "data": data}],
    }
    found = told(json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell]}).encode(), "x.ipynb")
    drawn, shown = found["cells"][0]["parts"]
    assert pixels(drawn["picture"]).size == (64, 48) and shown["tables"] == [[["age", "41"]]]
    many = json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell] * 60}).encode()
    drawn = [part for one in told(many)["cells"] for part in one["parts"] if "picture" in part]
    assert len(drawn) == 40 and "Only 40 pictures" in json.dumps(told(many))


def test_a_model_is_described_with_every_array_and_without_being_loaded(attacks):
    x, y = load_iris(return_X_y=True)
    found = told(pickle.dumps(KNeighborsClassifier().fit(x, y)), "knn.pkl")
    assert (
        found["family"] == "model"
        and found["outline"][0]["what"] == "sklearn.neighbors._classification.KNeighborsClassifier"
    )
    rows = next(one for one in found["arrays"] if one["path"] == "._fit_X")
    assert (rows["dtype"], rows["shape"]) == ("float64", "150 × 4") and rows["values"].startswith("5.1, 3.5, 1.4")
    assert ("._fit_X", "._fit_X") in {(one["path"], one["at"]) for one in found["outline"]}
    assert all(one["usual"] for one in found["imports"]) and found["notes"] == []
    nested = told(pickle.dumps({"models": [KNeighborsClassifier().fit(x, y)]}), "nested.pkl")
    assert [one["path"] for one in nested["outline"] if one["at"] == "['models'][0]._fit_X"] == ["._fit_X"]
    for name in ("canary.pkl", "canary-0.pkl", "canary.joblib"):
        found = told(attacks[name], name)
        assert "what no model needs" in said(found) and not found["calls"][0]["usual"]
        assert found["calls"][0]["name"].endswith(".exec")


def test_models_of_other_libraries_are_described():
    x, y = load_iris(return_X_y=True)
    found = told(skops.io.dumps(KNeighborsClassifier().fit(x, y)))
    assert found["form"] == "skops" and "KNeighborsClassifier" in found["outline"][0]["what"]
    assert "150 × 4" in [one["shape"] for one in found["arrays"]]
    tensor = onnx.numpy_helper.from_array(np.arange(6.0).reshape(2, 3), "weights")
    node = onnx.helper.make_node(
        "TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", nodes_values=[1.5, 2.5]
    )
    inputs = [onnx.helper.make_tensor_value_info("x", 1, [1])]
    outputs = [onnx.helper.make_tensor_value_info("y", 1, [1])]
    graph = onnx.helper.make_graph([node], "trees", inputs, outputs, [tensor])
    found = told(onnx.helper.make_model(graph, producer_name="us").SerializeToString())
    assert found["form"] == "ONNX" and found["arrays"][0]["values"] == "0.0, 1.0, 2.0, 3.0, 4.0, 5.0"
    assert any("TreeEnsembleRegressor" in one["what"] for one in found["outline"])
    assert any("1.5, 2.5" in one["what"] for one in found["outline"])


def test_an_archive_is_a_list_in_which_links_and_ways_out_are_marked(attacks):
    for name in ("names.zip", "names.tar", "names.tar.gz"):
        found = told(attacks[name])
        members = {one["name"]: one for one in found["members"]}
        assert found["family"] == "archive" and members["../../up.csv"]["leads_out"]
        assert members["passwd"]["target"] == "/etc/passwd" and "a⟨202E⟩fdp.exe" in members
        assert "4 members lead out" in said(found)
    for name, words in (
        ("locked.zip", "encrypted"),
        ("many.zip", "More than 10,000 members"),
        ("bomb.gz", "More than"),
    ):
        found = told(attacks[name])
        assert found["family"] == "other" and words in said(found)


def test_a_drawings_marks_and_a_pages_data_are_counted(attacks):
    figure, out = Figure(), io.StringIO()
    figure.add_subplot().scatter(range(300), range(300))
    figure.savefig(out, format="svg")
    found = told(out.getvalue().encode(), "scatter.svg")
    assert found["kind"].startswith("SVG image") and found["marks"]["use"] >= 300
    assert any("a point for each person" in one for one in found["embeds"])
    assert told(attacks["active.svg"])["marks"] == {"circle": 500}
    figure, out = Figure(), io.StringIO()
    figure.add_subplot(title="Many letters of a title, which are marks that are used over and over").hist([1, 2, 3])
    figure.savefig(out, format="svg")
    found = told(out.getvalue().encode(), "histogram.svg")
    assert found["marks"]["use"] > 60 and not any("each person" in one for one in found["embeds"])
    chart = altair.Chart(altair.Data(values=[{"name": "Ann", "age": 41}])).mark_bar().to_html()
    assert any("Vega chart" in one for one in told(chart.encode())["embeds"])
    array = '"bdata": "' + "A" * 400 + '"'
    assert any("300 bytes" in one for one in told(f"<html><script>{{{array}}}</script>".encode())["embeds"])


def test_json_keeps_every_digit_and_says_what_is_given_twice():
    found = told(b'{"a": [1.10, 0.1000000000000000055, {}], "a": "x,{y"}')
    assert found["lines"] == [
        "{",
        '  "a": [',
        "    1.10,",
        "    0.1000000000000000055,",
        "    {}",
        "  ],",
        '  "a": "x,{y"',
        "}",
    ]
    assert "1 names are given twice" in said(found)
    assert told(b'{"a": 1} x')["lines"] == ['{"a": 1} x']


# In a process of its own: what a child has used at the most counts from its parent's memory on.
USED = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={})
_, status, used = os.wait4(child.pid, 0)
child.returncode = os.waitstatus_to_exitcode(status)
print(child.returncode, used.ru_maxrss, used.ru_utime)
"""


@pytest.mark.parametrize(
    "name", ["cells.csv", "bomb.png", "bomb.zip", "bomb.gz", "huge.pdf", "steps.pkl", "many.ipynb"]
)
def test_a_bomb_takes_no_more_than_its_share_of_a_child(attacks, tmp_path, name):
    (tmp_path / "file").write_bytes(attacks[name])
    command = [sys.executable, "-c", USED, sys.executable, "-I", "-m", "output_review.examiner", name, "{}"]
    with (tmp_path / "file").open("rb") as file:
        ended, kilobytes, seconds = subprocess.check_output(command, stdin=file).split()
    assert int(ended) == 0 and int(kilobytes) < 600_000 and float(seconds) < 8


def test_every_family_is_examined_or_said_to_be_not():
    pages = files("output_review") / "pages" / "preview"
    assert {page.name for page in pages.iterdir()} >= {f"{family}.html" for family in Family} and set(SHOWN) == set(
        Family
    )


async def test_what_no_reader_reads_is_shown_as_text_or_not_at_all(desk):
    request = submitted(desk, {"x.ipynb": b'{"nbformat": 4}', "x.pkl": b"\x80\x04damaged"})
    broken = await examine(desk.settings.layout, request.files[0])
    assert broken["family"] == "text" and broken["lines"] == ['{"nbformat": 4}'] and "no cells" in said(broken)
    damaged = await examine(desk.settings.layout, request.files[1])
    assert damaged["family"] == "other" and "damaged pickle" in said(damaged)

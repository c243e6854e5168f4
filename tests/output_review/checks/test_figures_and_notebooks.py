"""Notebooks, figures, pages, images, texts: whatever is packed in them is checked as what it is."""

import base64
import io
import json

import altair
import matplotlib
import nbformat
import numpy as np
import pandas
import pytest
from bokeh.embed import file_html, json_item
from bokeh.plotting import figure
from bokeh.resources import CDN
from PIL import Image, PngImagePlugin
from pypdf import PdfWriter

from output_review.checks.parts import Form, Origin
from output_review.checks.unpack import MOST_PARTS, unpack
from tests.output_review.checks.asked import report, rules

matplotlib.use("agg")
from matplotlib import pyplot

RNG = np.random.default_rng(7)
AGE, COST = RNG.normal(50, 10, 300), RNG.lognormal(6, 1, 300)


def drawn(draw, form):
    picture, axes = pyplot.subplots()
    draw(axes)
    out = io.BytesIO()
    picture.savefig(out, format=form)
    pyplot.close(picture)
    return out.getvalue()


def tables(name, data, origin):
    return [part.sheet for part in unpack(name, data).parts if part.form is Form.TABLE and part.origin is origin]


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_a_scatter_gives_back_every_point_that_was_drawn(form):
    """Up to a linear change of each axis: the correlation of what is read with what was drawn is 1."""
    found = max(
        tables(f"a.{form}", drawn(lambda axes: axes.scatter(AGE, COST), form), Origin.MARKS),
        key=lambda s: s.count(),
    )
    points = np.array(found.rows(0, 1000), dtype=float)
    assert len(points) == 300
    assert (
        abs(np.corrcoef(points[:, 0], AGE)[0, 1]) > 0.999999
        and abs(np.corrcoef(points[:, 1], COST)[0, 1]) > 0.999999
    )


FIGURES = {
    "scatter": (lambda axes: axes.scatter(AGE, COST), "block"),
    "outliers": (lambda axes: axes.boxplot([AGE, COST / 20]), "review"),
    "steps": (lambda axes: axes.ecdf(AGE), "review"),
    "histogram": (lambda axes: axes.hist(AGE, bins=12), "pass"),
    "years": (lambda axes: axes.plot(range(2010, 2022), COST[:12], marker="o"), "pass"),
    "boxes": (lambda axes: axes.boxplot([AGE, AGE + 3], showfliers=False), "pass"),
    "bars": (lambda axes: axes.bar(list("ABCD"), [210, 180, 95, 60]), "pass"),
    "heat map": (lambda axes: axes.pcolormesh(COST.reshape(15, 20)), "pass"),
    "forest": (lambda axes: axes.errorbar(COST[:6], range(6), xerr=COST[6:12] / 9, fmt="s"), "pass"),
}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_a_figure_is_judged_by_what_its_marks_are(name, form):
    draw, verdict = FIGURES[name]
    assert report(f"a.{form}", drawn(draw, form)).verdict == verdict


def test_the_data_of_altair_and_bokeh_and_plotly_are_read_back():
    frame = pandas.DataFrame({"age": AGE, "cost": COST, "who": [f"P{k:05}" for k in range(300)]})
    binned = altair.Chart(frame).mark_bar().encode(x=altair.X("age", bin=True), y="count()")
    plot = figure()
    plot.scatter(AGE, COST)
    column = {"bdata": base64.b64encode(COST.tobytes()).decode(), "dtype": "f8"}
    plotly = [{"type": "histogram", "x": column}]
    page = f"<html><body><script>Plotly.newPlot('a', {json.dumps(plotly)}, {{}})</script></body></html>"
    for name, data in {
        "vega.json": binned.to_json(), "vega.html": binned.to_html(), "bokeh.html": file_html(plot, CDN),
        "bokeh.json": json.dumps(json_item(plot)), "plotly.html": page,
        "plotly.json": json.dumps({"data": plotly, "layout": {}}),
    }.items():  # fmt: skip
        found = [
            cell for sheet in tables(name, data.encode(), Origin.DATA) for row in sheet.rows(0, 400) for cell in row
        ]
        assert any(isinstance(cell, float) and abs(cell - COST[123]) < 1e-9 for cell in found), name
        assert "raw-points" in rules(name, data), name


def test_every_output_of_a_notebook_is_checked_as_what_it_is():
    table = pandas.DataFrame({"region": ["N", "S"], "n": [412, 3]})
    bundles = [
        {"text/html": table.to_html()},
        {"text/plain": str(table)},
        {"application/vnd.vegalite.v5+json": {"$schema": "vega", "datasets": {"d": [{"n": 412}, {"n": 3}]}}},
        {"application/json": {"n": [412, 3], "region": ["N", "S"]}},
        {"text/markdown": "| region | n |\n|---|---|\n| N | 412 |\n| S | 3 |\n"},
    ]
    for number, data in enumerate(bundles):
        cells = [nbformat.v4.new_code_cell("1"), nbformat.v4.new_code_cell("2")]
        cells[1].outputs = [nbformat.v4.new_output("display_data", data)]
        text = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
        found = [one for one in report("a.ipynb", text).findings if one["rule"] == "minimum-count"]
        assert found and all(one["place"]["cell"] == 2 for one in found), number


def test_streams_errors_attachments_and_the_state_of_widgets_are_looked_at():
    cell = nbformat.v4.new_code_cell("x")
    cell.outputs = [nbformat.v4.new_output("stream", text="mean of n = 4\n")]
    assert "count-in-words" in rules("a.ipynb", nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
    cell.outputs = [nbformat.v4.new_output("error", ename="KeyError", evalue="jean@example.org", traceback=["..."])]
    found = rules("a.ipynb", nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
    assert {"traceback", "identifier-in-text"} <= found
    state = {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": {"state": {"value": "3"}}}}}}
    assert "notebook-metadata" in rules("a.ipynb", nbformat.writes(nbformat.v4.new_notebook(metadata=state)))
    note = nbformat.v4.new_markdown_cell("see")
    png = base64.b64encode(drawn(lambda axes: axes.plot([1, 2]), "png") + b"region,n\nN,412\nS,3\n").decode()
    note["attachments"] = {"a.png": {"image/png": png}}
    assert {"bytes-behind-end", "minimum-count"} <= rules(
        "a.ipynb", nbformat.writes(nbformat.v4.new_notebook(cells=[note]))
    )


def test_a_clean_notebook_of_a_safe_table_passes():
    cell = nbformat.v4.new_code_cell("df.groupby('region').size()")
    cell.outputs = [
        nbformat.v4.new_output(
            "execute_result", {"text/plain": "region\nN    412\nS    377\nName: n, dtype: int64"}
        )
    ]
    found = report("a.ipynb", nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
    assert found.verdict == "pass" and found.kind == "notebook", found


def test_what_an_image_carries_is_said_and_its_pixels_are_not_checked():
    out = io.BytesIO()
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "patient jean@example.org")
    Image.new("RGB", (4, 4)).save(out, "PNG", pnginfo=told)
    found = report("a.png", out.getvalue())
    assert {"image-metadata", "identifier-in-text"} <= {one["rule"] for one in found.findings}
    assert "pixels" in found.not_checked[0].why
    plain = report("a.png", drawn(lambda axes: axes.plot([1, 2]), "png"))
    assert plain.findings == () and plain.verdict == "review"


def test_what_is_attached_to_a_document_is_checked():
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_attachment("rows.csv", b"region,n\nN,412\nS,3\n")
    out = io.BytesIO()
    writer.write(out)
    assert {"attachment", "minimum-count"} <= rules("a.pdf", out.getvalue())


TEXTS = {
    "printed frame": ("   region    n\n0   North  412\n1   South    4\n", "minimum-count"),
    "printed series": ("region\nNorth    412\nSouth      4\nName: count, dtype: int64\n", "minimum-count"),
    "markdown": ("| region | n |\n|---|---|\n| North | 412 |\n| South | 4 |\n", "minimum-count"),
    "tabs": ("A log\n\nregion\tn\nNorth\t412\nSouth\t4\n", "minimum-count"),
    "address": ("Ask jean.dupont@example.org.\n", "identifier-in-text"),
    "key": ("-----BEGIN RSA PRIVATE KEY-----\n", "secret"),
    "password": ("db = connect(password='hunter22')\n", "secret"),
    "words": ("In all, 3 patients died.\n", "count-in-words"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_read_for_tables_identifiers_secrets_and_counts(name):
    text, rule = TEXTS[name]
    assert rule in rules("a.log", text)


@pytest.mark.parametrize(
    "text",
    ["It converged after 3 iterations.\n", "AUC 0.71 (0.69 to 0.73), N = 4,120\n", "Release 1.2.3 of 5 May\n",
     "In 2023 412 patients came.\n", "epoch  loss\n1  0.5\n2  0.4\n"],
)  # fmt: skip
def test_a_harmless_text_passes(text):
    assert report("a.log", text).verdict == "pass", report("a.log", text).findings


def test_rows_without_a_measure_look_like_people():
    rows = "sex,age,weight\n" + "".join(f"{'FM'[k % 2]},{20 + k % 9},{50 + 0.7 * k:.1f}\n" for k in range(40))
    assert "record-like" in rules("a.csv", rows)
    groups = "sex,age_band,mean_weight,n\n" + "".join(f"{s},{b},70.5,40\n" for s in "FM" for b in range(20, 80, 5))
    assert "record-like" not in rules("a.csv", groups)


def test_means_without_counts_are_asked_about():
    assert "no-underlying-counts" in rules("a.csv", "region,mean_cost\nN,410.5\nS,377.2\n")
    assert "no-underlying-counts" not in rules("a.csv", "region,mean_cost,n\nN,410.5,412\nS,377.2,300\n")


def test_a_page_with_endless_parts_ends_with_a_gap():
    page = "<table><tr><td>a</td></tr><tr><td>1</td></tr></table>" * (MOST_PARTS + 10)
    found = unpack("a.html", page.encode())
    assert len(found.parts) <= MOST_PARTS and any("more than is looked at" in why for why in found.gaps)


def test_json_nested_a_thousand_deep_ends_in_a_report():
    assert report("a.json", "[" * 100_000 + "]" * 100_000).verdict in ("review", "block")

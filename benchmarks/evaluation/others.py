"""Figures, texts, images and models, safe and unsafe, made from a study."""

import base64
import io
import json
import pickle
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import altair
import joblib
import matplotlib
import nbformat
import numpy as np
import pandas as pd
from bokeh.embed import file_html
from bokeh.plotting import figure
from bokeh.resources import CDN
from PIL import Image, PngImagePlugin
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from skops.io import dumps

from benchmarks.evaluation.studies import Study

matplotlib.use("agg")
from matplotlib import pyplot

POINTS = frozenset({"raw-points", "single-points"})


@dataclass(frozen=True)
class File:
    name: str
    data: bytes
    broken: frozenset[str]
    study: str


def _drawn(draw: Callable[[Any], object], form: str) -> bytes:
    picture, axes = pyplot.subplots()
    draw(axes)
    out = io.BytesIO()
    picture.savefig(out, format=form)
    pyplot.close(picture)
    return out.getvalue()


def _pair(study: Study, rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
    first, second = rng.sample(study.measures, 2)
    rows = (
        study.data[[first, second]]
        .dropna()
        .sample(200, random_state=rng.randint(0, 10**6), replace=True)
        .drop_duplicates()
    )
    return rows.iloc[:, 0].to_numpy(float), rows.iloc[:, -1].to_numpy(float)


def figures(study: Study, rng: random.Random) -> Iterator[File]:
    x, y = _pair(study, rng)
    sizes = [rng.randint(50, 400) for _ in range(6)]
    unsafe: dict[str, Callable[[Any], object]] = {
        "scatter": lambda axes: axes.scatter(x, y),
        "outliers": lambda axes: axes.boxplot([np.concatenate([y, y.max() * np.array([2.1, 3.3, 3.9, 5.2])])]),
    }
    safe: dict[str, Callable[[Any], object]] = {
        "bars": lambda axes: axes.bar(list("ABCDEF"), sizes),
        "histogram": lambda axes: axes.hist(np.repeat(range(6), sizes), bins=6),
        "years": lambda axes: axes.plot(range(2012, 2018), sizes, marker="o"),
    }
    for form in ("svg", "pdf"):
        for name, draw in unsafe.items():
            yield File(f"{name}.{form}", _drawn(draw, form), POINTS, study.name)
        for name, draw in safe.items():
            yield File(f"{name}.{form}", _drawn(draw, form), frozenset(), study.name)
    yield from _interactive(study, x, y)


def _interactive(study: Study, x: np.ndarray, y: np.ndarray) -> Iterator[File]:
    frame = pd.DataFrame({"x": x, "y": y})
    chart = altair.Chart(frame).mark_bar().encode(x=altair.X("x", bin=True), y="count()")
    yield File("altair.html", chart.to_html().encode(), POINTS, study.name)
    yield File("vega.json", chart.to_json().encode(), POINTS, study.name)
    plot = figure()
    plot.scatter(x, y)
    yield File("bokeh.html", file_html(plot, CDN).encode(), POINTS, study.name)
    packed = {"bdata": base64.b64encode(y.tobytes()).decode(), "dtype": "f8"}
    plotly = {"data": [{"type": "box", "y": packed}], "layout": {"title": "costs"}}
    yield File("plotly.json", json.dumps(plotly).encode(), POINTS, study.name)
    cell = nbformat.v4.new_code_cell("fig")
    cell.outputs = [nbformat.v4.new_output("display_data", {"application/vnd.plotly.v1+json": plotly})]
    yield File("plotly.ipynb", nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode(), POINTS, study.name)
    groups = pd.DataFrame({"group": list("ABC"), "n": [410, 377, 290]})
    bars = altair.Chart(groups).mark_bar().encode(x="group", y="n")
    yield File("bars.json", bars.to_json().encode(), frozenset(), study.name)


def texts(study: Study, rng: random.Random) -> Iterator[File]:
    safe = f"Model fitted on {rng.randint(200, 900)} patients.\nAUC 0.{rng.randint(61, 89)} (0.60 to 0.91)\n"
    address = f"{rng.choice(('anna', 'jean.luc', 'm.smith'))}@{rng.choice(('hospital', 'clinic'))}.example.org"
    yield File("run.log", safe.encode(), frozenset(), study.name)
    yield File("mail.log", f"{safe}Sent to {address}\n".encode(), frozenset({"identifier-in-text"}), study.name)
    said = f"{safe}Among them {rng.randint(2, 9)} patients died.\n"
    yield File("said.txt", said.encode(), frozenset({"count-in-words"}), study.name)
    token = "ghp_" + "".join(rng.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(36))
    yield File("token.log", f"{safe}token {token}\n".encode(), frozenset({"secret"}), study.name)
    summary = f"No. Observations: {rng.randint(9, 14)}\nDf Residuals: {rng.randint(1, 9)}\n"
    yield File("summary.txt", summary.encode(), frozenset({"residual-freedom"}), study.name)


def carriers(study: Study, rng: random.Random) -> Iterator[File]:
    """Files that carry more than they show."""
    rows = study.data[list(study.measures)[:2]].dropna().head(30).to_csv(index=False)
    plain = _drawn(lambda axes: axes.bar(list("AB"), [40, 50]), "png")
    yield File("behind.png", plain + rows.encode(), frozenset({"bytes-behind-end"}), study.name)
    out, told = io.BytesIO(), PngImagePlugin.PngInfo()
    told.add_text("Comment", rows[:200])
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=told)
    yield File("told.png", out.getvalue(), frozenset({"image-metadata"}), study.name)
    who = pd.Categorical(["P001", "P002"], categories=[f"P{k:03}" for k in range(300)])
    out = io.BytesIO()
    pd.DataFrame({"who": who, "n": [410, 377]}).to_parquet(out)
    yield File("levels.parquet", out.getvalue(), frozenset({"carried-values"}), study.name)
    cell = nbformat.v4.new_code_cell("df.loc[key]")
    cell.outputs = [
        nbformat.v4.new_output("error", ename="KeyError", evalue="'Dupont Jean'", traceback=["KeyError"])
    ]
    notebook = nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode()
    yield File("error.ipynb", notebook, frozenset({"traceback"}), study.name)


def models(study: Study, rng: random.Random) -> Iterator[File]:
    people = (
        study.data[list(study.measures)].select_dtypes("number").dropna().sample(300, random_state=1, replace=True)
    )
    x, label = people.to_numpy(float), np.array([rng.randint(0, 1) for _ in range(300)])
    safe = {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(x, label),
        "linear": LinearRegression().fit(x, label),
        "components": PCA(1).fit(x),
        "pruned": DecisionTreeClassifier(min_samples_leaf=30).fit(x, label),
    }
    unsafe = {
        "neighbours": (KNeighborsClassifier().fit(x, label), "stored-rows"),
        "vectors": (make_pipeline(StandardScaler(), SVC()).fit(x, label), "stored-rows"),
        "grown": (DecisionTreeClassifier().fit(x, label), "small-leaf"),
    }
    for name, model in safe.items():
        yield File(f"{name}.pkl", pickle.dumps(model), frozenset(), study.name)
    for name, (model, rule) in unsafe.items():
        yield File(f"{name}.pkl", pickle.dumps(model), frozenset({rule}), study.name)
        out = io.BytesIO()
        joblib.dump(model, out, compress=3)
        yield File(f"{name}.joblib", out.getvalue(), frozenset({rule}), study.name)
        yield File(f"{name}.skops", dumps(model), frozenset({rule}), study.name)

"""Models and archives: read without ever loading; what keeps rows or runs code is found in any nesting."""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import tarfile
import zipfile
import zlib

import joblib
import numpy as np
import pandas
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from skops.io import dumps

from benchmarks.evaluation.estimators import flagged, stores_rows, training
from output_review.checks.parts import Form, Origin
from output_review.checks.unpack import unpack
from tests.output_review.checks.asked import report, rules

X, LABEL, MEASURE = training()
STORING = {
    "neighbours": KNeighborsClassifier().fit(X, LABEL),
    "searched": GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [3, 5]}, cv=2).fit(X, LABEL),
    "in a pipeline": make_pipeline(KNNImputer(), LogisticRegression(max_iter=1000)).fit(X, LABEL),
    "bagged": BaggingClassifier(KNeighborsClassifier(), n_estimators=2).fit(X, LABEL),
    "vectors": SVC().fit(X, LABEL),
}
KEEPING_NONE = {
    "regression": LogisticRegression(max_iter=1000).fit(X, LABEL),
    "components": PCA(2).fit(X),
    "forest": RandomForestClassifier(3, min_samples_leaf=30, random_state=0).fit(X, LABEL),
}


@pytest.mark.parametrize("name", [*STORING, *KEEPING_NONE])
def test_a_model_that_stores_rows_is_flagged_in_any_nesting_and_no_other_is(name):
    model = (STORING | KEEPING_NONE)[name]
    assert bool(stores_rows(model, X)) is flagged(name, model) is (name in STORING)


@pytest.mark.parametrize("name", STORING)
def test_the_stored_rows_come_out_as_a_table_for_record_detection(name):
    parts = unpack("a.pkl", pickle.dumps(STORING[name])).parts
    rows = {tuple(row) for part in parts if part.origin is Origin.ARRAY for row in part.sheet.rows(0, 400)}
    assert len(rows & {tuple(row) for row in X.tolist()}) >= 100


@pytest.mark.parametrize("name", ["neighbours", "forest"])
def test_joblib_and_skops_are_read_as_pickle_is(name):
    model = (STORING | KEEPING_NONE)[name]
    for compress in (0, 3):
        out = io.BytesIO()
        joblib.dump(model, out, compress=compress)
        assert ("stored-rows" in rules("a.joblib", out.getvalue())) is (name in STORING)
    found = report("a.skops", dumps(model))
    assert found.kind == "skops" and ("stored-rows" in {one["rule"] for one in found.findings}) is (name in STORING)


def test_a_leaf_of_few_people_is_found_and_a_large_one_is_not():
    grown = DecisionTreeClassifier(random_state=0).fit(X, LABEL)
    for data in (pickle.dumps(grown), dumps(grown)):
        assert "small-leaf" in rules("a.model", data)
    for data in (pickle.dumps(KEEPING_NONE["forest"]), dumps(KEEPING_NONE["forest"])):
        assert "small-leaf" not in rules("a.model", data)


def test_every_model_goes_to_a_person_because_membership_was_not_tried():
    found = report("a.pkl", pickle.dumps(KEEPING_NONE["regression"]))
    assert found.verdict == "review" and found.findings == ()
    assert [one.check for one in found.not_checked] == ["membership-inference"]


class Canary:
    def __reduce__(self):
        return os.system, ("touch canary",)


PACKED = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bz2": bz2.compress,
    "lzma": lzma.compress,
}


@pytest.mark.parametrize("packed", PACKED)
def test_a_hostile_pickle_never_runs_and_is_named(packed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hostile = pickle.dumps({"model": [Canary()]})
    found = report("model.pkl", PACKED[packed](hostile))
    assert not (tmp_path / "canary").exists()
    assert found.verdict == "block" and "code-when-loaded" in {one["rule"] for one in found.findings}
    pickle.loads(hostile)  # the control: it would have run
    assert (tmp_path / "canary").exists()


def test_a_damaged_pickle_is_not_checked():
    found = report("a.pkl", pickle.dumps(X)[:-20])
    assert found.verdict == "review" and "not loaded" in found.not_checked[0].why


def test_a_pickled_frame_is_a_table_of_its_rows_with_the_levels_that_it_carries():
    who = pandas.Categorical(["P01", "P02"] * 20, categories=[f"P{k:02}" for k in range(50)])
    frame = pandas.DataFrame({"age": X[:40, 0], "cost": X[:40, 1], "who": who})
    parts = [part for part in unpack("a.pkl", pickle.dumps(frame)).parts if part.form is Form.TABLE]
    rows = {tuple(row[:2]) for part in parts for row in part.sheet.rows(0, 100)}
    assert set(map(tuple, X[:40, :2].tolist())) <= rows and ("P49",) in rows


def test_onnx_is_read_by_its_nodes_and_constants():
    vectors = helper.make_node(
        "SVMClassifier", ["x"], ["y"], domain="ai.onnx.ml", support_vectors=X[:40].ravel().tolist()
    )
    weights = numpy_helper.from_array(X[:50].astype(np.float32), "rows")
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 6])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None])
    model = helper.make_model(helper.make_graph([vectors], "g", [value], [out], [weights]))
    found = report("a.onnx", model.SerializeToString())
    assert found.kind == "onnx" and "stored-rows" in {one["rule"] for one in found.findings}
    tables = [part.sheet for part in unpack("a.onnx", model.SerializeToString()).parts if part.form is Form.TABLE]
    assert any(sheet.count() == 50 and np.allclose(sheet.rows(0, 1)[0], X[0], rtol=1e-6) for sheet in tables)


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


SMALL = "region,n\nNorth,412\nSouth,3\n"


def test_what_is_in_an_archive_in_an_archive_is_checked_and_its_place_is_told():
    found = report("a.zip", zipped({"b.zip": zipped({"results/c.csv": SMALL})})).findings
    (one,) = [one for one in found if one["rule"] == "minimum-count"]
    assert one["place"] == {"member": "results/c.csv", "row": 2, "column": 2}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("c.csv")
        entry.size = len(SMALL)
        archive.addfile(entry, io.BytesIO(SMALL.encode()))
    assert "minimum-count" in rules("a.tar.gz", out.getvalue())
    assert "minimum-count" in rules("c.csv.gz", gzip.compress(SMALL.encode()))


def test_archives_that_are_too_deep_too_large_or_lead_out_are_not_checked():
    deep = SMALL.encode()
    for _ in range(9):
        deep = zipped({"in.zip": deep})
    assert any("deep" in one.why for one in report("a.zip", deep).not_checked)
    bomb = zipped({"a.csv": b"0" * (300 * 1024**2)})
    assert report("a.zip", bomb).verdict == "review"
    assert any("leads out" in one.why for one in report("a.zip", zipped({"../../x.csv": SMALL})).not_checked)


def test_json_with_numbers_of_a_model_is_read_as_tables():
    assert "minimum-count" in rules("a.json", json.dumps([{"region": "N", "n": 412}, {"region": "S", "n": 3}]))
    assert "minimum-count" in rules("a.json", pandas.DataFrame({"n": [412, 3]}, index=["N", "S"]).to_json())

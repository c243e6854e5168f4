"""Rows, counts and texts are found however they were packed; numbers that only look alike are let pass."""

import base64
import io
import json
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper

from output_review.checks.identities import KINDS
from output_review.checks.measures import Meaning, meaning_of
from output_review.checks.microdata import held
from output_review.checks.registry import Context
from output_review.checks.unpack import unpack
from tests.output_review.checks.asked import frame, report, rules

RNG = np.random.default_rng(3)
PEOPLE = pd.DataFrame(
    {
        "age": RNG.integers(18, 95, 4000),
        "sexe": RNG.choice(["F", "H"], 4000),
        "region": RNG.choice(["Nord", "Sud", "Ouest"], 4000),
        "cout": RNG.lognormal(7, 1, 4000).round(2),
    }
)


def tables(name, data):
    return [
        part.sheet for part in unpack(name, data.encode() if isinstance(data, str) else data).parts if part.sheet
    ]


def rows(sheet):
    return sheet.rows(0, sheet.count())


def granted(place, frame, **written):
    """The context of a run that is granted this frame, as a CSV file."""
    folder, scratch = place / "granted", place / "scratch"
    folder.mkdir()
    scratch.mkdir()
    frame.to_csv(folder / "granted.csv", index=False, **written)
    held.prepare(context := Context(data={"granted": folder}, scratch=scratch))
    return context


@pytest.fixture(scope="module")
def french(tmp_path_factory):
    """The data as a French program writes it: semicolons, and commas before the decimals."""
    return granted(tmp_path_factory.mktemp("french"), PEOPLE, sep=";", decimal=",")


def test_data_with_decimal_commas_holds_numbers(french):
    extract = PEOPLE.sample(30, random_state=1)[["cout", "age"]].to_csv(index=False)
    assert "rows-of-data" in rules("a.csv", extract, french)


def test_a_log_that_says_records_value_by_value_is_a_table_of_them(french):
    said = [f"DEBUG age={one.age} cout={one.cout}" for one in PEOPLE.sample(30, random_state=2).itertuples()]
    assert "rows-of-data" in rules("a.log", "\n".join(said), french)


def test_yaml_and_dictionaries_are_tables_too():
    yaml = "".join(f"- age: {k}\n  cost: {k}.5\n" for k in range(20, 30))
    printed = "\n".join(f"bad row: {{'age': {k}, 'cost': {k}.5}}" for k in range(20, 30))
    for text in (yaml, printed):
        assert ("age", "cost") in [one.columns for one in tables("a.txt", text)]


@pytest.mark.parametrize("orient", ["records", "index", "columns", "split", "table", "values"])
def test_a_frame_in_json_keeps_its_rows_whichever_way_it_lies(orient):
    small = pd.DataFrame({"sex": ["F", "M", "F"], "n": [40, 3, 50]})
    found = [
        one for one in report("a.json", small.to_json(orient=orient)).findings if one["rule"] == "minimum-count"
    ]
    assert orient == "values" or {one["value"] for one in found} == {3}


def test_records_within_records_are_one_row_each():
    value = [{"place": {"at": [2.5, 48.1 + k]}, "about": {"age": k}} for k in range(9)]
    (sheet,) = tables("a.json", json.dumps(value))
    assert sheet.columns == ("place.at[0]", "place.at[1]", "about.age") and rows(sheet)[1] == (2.5, 49.1, 1)


def test_what_lies_deeper_than_a_row_is_unfolded_is_still_read():
    value: object = [[k, k + 0.5, k + 1, k + 2] for k in range(9)]
    for _ in range(30):
        value = {"in": value, "by": {"x": 1}}
    assert any(one.count() == 9 for one in tables("a.json", json.dumps([value, value])))


def test_single_precision_is_the_decimal_that_it_came_from():
    weights = numpy_helper.from_array(np.array([[6.9, 2.881], [7.4, 2.7478]], dtype=np.float32), "w")
    ends = [helper.make_tensor_value_info(one, TensorProto.FLOAT, [1, 2]) for one in "xy"]
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", ends[:1], ends[1:], [weights])
    held = tables("a.onnx", helper.make_model(graph).SerializeToString())
    assert rows(held[0]) == [(6.9, 2.881), (7.4, 2.7478)]
    buffer = io.BytesIO()
    pd.DataFrame({"x": np.array([6.9, 7.4], dtype=np.float32)}).to_parquet(buffer)
    assert rows(tables("a.parquet", buffer.getvalue())[0]) == [(6.9,), (7.4,)]


def test_an_attachment_is_read_as_what_it_is():
    data = base64.b64encode(frame(("group", "n"), ("a", 40), ("b", 3)).encode()).decode()
    cell = {"cell_type": "markdown", "metadata": {}, "source": "", "attachments": {"a": {"text/csv": data}}}
    assert "minimum-count" in rules("a.ipynb", json.dumps({"nbformat": 4, "cells": [cell]}))


def test_a_printed_series_without_a_header_keeps_the_name_below_it():
    text = "departement\n33    3\n75    31\n69    22\nName: count, dtype: int64\n"
    assert "minimum-count" in rules("a.txt", text)


def test_of_two_members_of_one_name_both_are_read():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", frame(("group", "n"), ("a", 40), ("b", 30)))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.csv", frame(("group", "n"), ("a", 40), ("b", 3)))
    assert "minimum-count" in rules("a.zip", file.getvalue())


def test_quantiles_that_numbers_name_are_no_counts_and_their_ends_are_endpoints():
    columns = frame(("sex", "0.25", "0.5", "0.75"), ("F", 5, 6, 7), ("M", 4, 6, 8))
    assert not {"minimum-count", "endpoint"} & rules("a.csv", columns)
    ends = frame(("", "cost"), (0.0, 40.8), (0.5, 775.5), (1.0, 98213.5))
    assert "endpoint" in rules("a.csv", ends)
    assert meaning_of("N18") is Meaning.OTHER and meaning_of("n1") is Meaning.COUNT


def test_texts_of_people_are_a_persons_to_read():
    notes = [(k, f"seen by the doctor on ward {k} and sent home") for k in range(9)]
    assert "free-text" in rules("a.csv", frame(("visit", "note"), *notes))
    assert "free-text" not in rules(
        "a.csv", frame(("name", "about"), ("age", "years at entry"), ("sex", "as told"))
    )


def test_leaves_of_a_model_in_text_are_counted():
    assert "small-leaf-in-text" in rules("a.txt", "Tree=0\nleaf_count=412 3 88\n")
    assert "small-leaf-in-text" not in rules("a.txt", "Tree=0\nleaf_count=412 30 88\n")


def test_a_list_of_numbers_is_no_number_of_a_person():
    assert not list(KINDS.all_in("leaf_count=20 31 943 476 5919 88 120 77"))
    assert list(KINDS.all_in("NHS 943 476 5919 seen in 2021"))


def test_shares_in_a_model_that_are_short_by_nature_are_nobodys_values(tmp_path):
    people = pd.DataFrame({"age": RNG.integers(18, 95, 4000), "income": RNG.lognormal(0, 1, 4000).round(4)})
    shares = [k / n for n in range(11, 80) for k in range(1, n, 7)]
    assert not rules("a.json", json.dumps(shares), granted(tmp_path, people)) & {"rows-of-data"}


def test_only_the_first_of_many_filters_are_tried_on_a_few_rows_of_people(tmp_path):
    """`df.head()` of a frame of many columns once took minutes: every filter that left one person fitted it."""
    wide = pd.DataFrame({f"c{k}": RNG.integers(0, 3, 3000) for k in range(16)}).assign(
        sex="F", income=RNG.random(3000)
    )
    began = time.process_time()
    one = report("a.csv", wide.head(8).to_csv(index=False), granted(tmp_path, wide))
    assert "people-behind-cells" in one.ran and time.process_time() - began < 30


def test_a_column_that_is_the_largest_of_two_groups_is_named_whatever_it_is_called(french):
    groups = PEOPLE.groupby("sexe").cout.agg(["mean", "max"]).set_axis(["A", "B"], axis=1).round(2).reset_index()
    assert "endpoint-of-group" in rules("a.csv", groups.to_csv(index=False), french)
    assert not rules("a.csv", groups[["sexe", "A"]].to_csv(index=False), french)


def test_a_crosstab_in_json_with_a_total_or_a_suppressed_cell_still_lies_in_columns():
    crossed = pd.DataFrame({"sex": ["F", "M", "Total"], "a": [40, 60, 100], "b": ["<11", 31, 39]})
    assert "minimum-count" not in rules("a.json", crossed.to_json())

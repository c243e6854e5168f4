"""The inert machine: nothing that a pickle says is done, every array in it is found, damage is no half reading."""

import io
import pickle
import subprocess
import sys
import time
import zlib
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from output_review.readers.frozen import Array, Members, Pairs, Stub, walk
from output_review.readers.opcodes import LIMITS, Limits
from output_review.readers.pickles import read
from output_review.readers.unreadable import Unreadable
from tests.output_review.readers.hostile import Canary, a_zip, canaries, encrypted_zip

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
PACKED = [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)]
LOAD = "import sys, pickle; pickle.load(sys.stdin.buffer)"


def frozen(content, limits=LIMITS):
    return read(io.BytesIO(content), limits)


def dumped(value, compress=0):
    out = io.BytesIO()
    joblib.dump(value, out, compress=compress)
    return out.getvalue()


def arrays_in(content):
    return [one for _, one in walk(frozen(content).objects) if isinstance(one, Array)]


@pytest.mark.parametrize("way", list(canaries(Path("x"))))
def test_a_canary_that_python_would_run_is_data_here(tmp_path, way):
    file = tmp_path / "touched"
    content = canaries(file)[way]
    found = frozen(content)
    assert not file.exists()
    assert set(found.called) <= {"builtins.exec", "__builtin__.exec"} and found.called
    assert any(str(file) in one for _, one in walk(found.objects[0]) if isinstance(one, str))
    # The positive control: the same bytes, loaded by Python, do what they say.
    subprocess.run([sys.executable, "-I", "-c", LOAD], input=content, capture_output=True)
    assert file.exists()


@pytest.mark.parametrize("compress", PACKED, ids=str)
def test_a_canary_in_a_joblib_file_is_data_however_it_is_packed(tmp_path, compress):
    file = tmp_path / "touched"
    content = dumped({"model": [np.arange(9.0), Canary(file)]}, compress)
    found = frozen(content)
    assert not file.exists() and "builtins.exec" in found.called
    assert found.packed == (compress[0] if compress else "")
    joblib.load(io.BytesIO(content))
    assert file.exists()


def fitted():
    x, y = load_iris(return_X_y=True, as_frame=True)
    return x, [
        KNeighborsClassifier().fit(x, y),
        make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)).fit(x, y),
        x,
        scipy.sparse.csr_matrix(x.to_numpy()),
    ]


@pytest.mark.parametrize("form", [*(("pickle", p) for p in PROTOCOLS), *(("joblib", c) for c in PACKED)], ids=str)
def test_every_training_row_that_a_model_keeps_is_found(form):
    x, (neighbours, forest, frame, sparse) = fitted()
    write = (lambda v: pickle.dumps(v, form[1])) if form[0] == "pickle" else (lambda v: dumped(v, form[1]))
    kept = {id(v): arrays_in(write(v)) for v in (neighbours, frame, sparse)}
    for found in kept.values():
        held = np.concatenate([a.data.ravel() for a in found if a.data is not None and a.data.dtype.kind == "f"])
        assert np.isin(x.to_numpy().ravel(), held).all()
    nodes = [a for a in arrays_in(write(forest)) if a.data is not None and a.data.dtype.names]
    assert len(nodes) == 3 and {"threshold", "n_node_samples"} <= set(nodes[0].data.dtype.names)
    assert frozen(write(forest)).objects[0].name == "sklearn.pipeline.Pipeline"
    assert frozen(write(neighbours)).objects[0].attributes.get("n_neighbors") == 5


ARRAYS = [
    np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3)), np.array(3, "<i2"),
    np.zeros((0, 4)), np.array(["a", "bc"]), np.array([b"x", b"yz"]), np.array([True, False]),
    np.array([1 + 2j]), np.array([1, 2], ">i4"), np.array(["2020-01-01", "NaT"], "M8[ns]"),
    np.array([(1.5, 2)], [("a", "<f8"), ("b", ">i4")]), np.array([([1, 2],)], [("v", "<i4", (2,))]),
]  # fmt: skip


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_arrays_come_out_as_they_went_in(array):
    saved = io.BytesIO()
    np.save(saved, array)
    for content in (
        *(pickle.dumps(array, p) for p in PROTOCOLS),
        *(dumped(array, c) for c in PACKED),
        saved.getvalue(),
    ):
        (found,) = frozen(content).objects
        assert found.shape == array.shape and found.dtype == str(array.dtype)
        assert found.data.dtype == array.dtype and found.data.tobytes() == array.tobytes()


def test_arrays_of_objects_keep_their_elements_as_values():
    array = np.array(["ann", None, 3, [b"x"]], object)
    saved = io.BytesIO()
    np.save(saved, array, allow_pickle=True)
    for content in (pickle.dumps(array), pickle.dumps(array, 0), dumped(array), dumped(array, 3), saved.getvalue()):
        (found,) = frozen(content).objects
        assert found.data is None and found.objects == ["ann", None, 3, [b"x"]]


def test_what_a_mask_hides_is_there():
    masked = np.ma.array([11.5, 22.5, 33.5], mask=[0, 1, 0])
    for protocol in PROTOCOLS:
        (found,) = frozen(pickle.dumps(masked, protocol)).objects
        assert found.of.startswith("numpy.ma") and found.of.endswith(".MaskedArray")
        assert list(found.data) == [11.5, 22.5, 33.5]


def test_the_named_arrays_of_an_npz_file():
    out = io.BytesIO()
    np.savez_compressed(out, rows=np.eye(2), names=np.array(["a"], object))
    (found,) = frozen(out.getvalue()).objects
    assert isinstance(found, Pairs) and found.get("rows").data[1, 1] == 1 and found.get("names").objects == ["a"]
    for wrong in (a_zip({"a.npy": b"nothing"}), a_zip({"a.txt": b""}), encrypted_zip(), out.getvalue()[:-60]):
        with pytest.raises(Unreadable):
            frozen(wrong)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.frozensets(st.integers())
    ),
    max_leaves=30,
)


def thawed(value):
    """The Python value that a frozen plain value stands for."""
    if isinstance(value, Pairs):
        return {key: thawed(one) for key, one in value.pairs}
    if isinstance(value, Members):
        return frozenset(value.items)
    if isinstance(value, Stub):
        assert value.name in ("builtins.frozenset", "__builtin__.frozenset")
        return frozenset(value.arguments[0])
    return type(value)(map(thawed, value)) if isinstance(value, (list, tuple)) else value


@settings(max_examples=60)
@given(PLAIN, st.sampled_from(PROTOCOLS), st.booleans())
def test_plain_values_come_out_as_they_went_in(value, protocol, packed):
    content = pickle.dumps(value, protocol)
    (found,) = frozen(zlib.compress(content) if packed else content).objects
    assert thawed(found) == value


@given(st.binary(max_size=200), st.data())
def test_no_bytes_and_no_damage_do_anything_but_be_read_or_refused(content, data):
    whole = pickle.dumps(
        [np.arange(3), {"a": (1, "b")}, pd.Timestamp("2020-01-01")], data.draw(st.sampled_from(PROTOCOLS))
    )
    at = data.draw(st.integers(0, len(whole)))
    for attempt in (content, whole[:at] + content, whole[:at], whole[:at] + content + whole[at + len(content) :]):
        try:
            for _ in walk(frozen(attempt, Limits(1 << 16, 1000)).objects):
                pass
        except Unreadable as error:
            assert str(error).endswith(".")


BOMBS = {
    "a string that claims 2^60 bytes": b"\x80\x04\x8e" + (1 << 60).to_bytes(8, "little") + b"x.",
    "an array that claims 2^40 rows": pickle.dumps(np.arange(3), 2).replace(b"K\3\x85", b"\x8a\6\0\0\0\0\0\1\x85"),
    "no end": b"(" * 100_000,
    "too many steps": b"N0" * 200_000 + b"N.",
    "zeros, packed": zlib.compress(bytes(1 << 20), 9),
    "an endless line": b"V" + b"x" * (1 << 20),
    "two values": b"NN.",
    "a mark as the value": b"(.",
    "nothing": b"",
    "a number of a million digits": b"I" + b"9" * 1_000_000 + b"\n.",
    "a pickle that goes on": b"N." + b"\xff",
    "buffers from elsewhere": b"\x80\x05\x97.",
    "joblib's lz4": b"\x04\x22\x4d\x18" + bytes(20),
}  # fmt: skip


@pytest.mark.parametrize("bomb", list(BOMBS))
def test_bombs_and_lies_are_refused_soon(bomb):
    began = time.process_time()
    with pytest.raises(Unreadable):
        frozen(BOMBS[bomb], Limits(1 << 20, 200_000))
    assert time.process_time() - began < 3


def test_lists_within_each_other_are_walked_however_deep():
    found = frozen(b"]" * 50_000 + b"a" * 49_999 + b".")
    assert sum(1 for _ in walk(found.objects[0])) == 50_000
    assert max(len(path) for path, _ in walk(found.objects[0])) < 300


def test_values_that_double_each_other_are_walked_once():
    value: list = []
    for _ in range(60):
        value = [value, value]
    found = frozen(pickle.dumps(value))
    assert sum(1 for _ in walk(found.objects[0])) == 61


def test_a_memo_of_2_to_the_32_places_takes_no_memory():
    assert frozen(b"Nr\xff\xff\xff\xff0N.").objects == (None,)


def test_a_packed_bomb_is_not_unpacked_beyond_the_bound():
    content = pickle.dumps(bytes(64 << 20))
    assert len(zlib.compress(content, 9)) < 100_000
    with pytest.raises(Unreadable, match="More than 1,048,576 bytes"):
        frozen(zlib.compress(content, 9), Limits(1 << 20))


def test_what_follows_is_read_or_said():
    found = frozen(pickle.dumps(1) + pickle.dumps("two"))
    assert found.objects == (1, "two")
    assert frozen(zlib.compress(pickle.dumps(1)) + b"hidden").notes == (
        "6 bytes follow the compressed data: not read.",
    )


def test_a_value_that_holds_itself_is_walked_once():
    loop: list = []
    loop.append(loop)
    assert [path for path, _ in walk(frozen(pickle.dumps(loop)).objects[0])] == [""]

"""Pickles and joblib's files, read without loading: every array in any nesting, every name to be imported.

A frame's columns are its blocks' rows, so these are turned; strings of Arrow are read out of their buffers.
"""

import io
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from output_review.checks import arrays
from output_review.checks.measures import of
from output_review.checks.parts import Form, Origin, Part, Rows
from output_review.checks.unpack.gaps import Gap
from output_review.readers import pickles
from output_review.readers.frozen import Array, Frozen, Stub, walk
from output_review.readers.unreadable import Unreadable

_MOST_ARRAYS = 1500  # a forest has two for each tree
_FEWEST = 5  # values of a plain list that is worth a table
# What libraries call the number of people that a model was fitted to.
_PEOPLE = of("n_samples_fit_ n_samples_ n_samples_seen_ _n_samples nobs n_obs n_obs_ n_train")
_MOST_LEAVES = 20  # trees told of one by one


def parts(part: Part) -> Iterator[Part | Gap]:
    try:
        frozen = pickles.read(io.BytesIO(part.data))
    except Unreadable as reason:
        yield Gap(f"it cannot be read without being loaded, and it is not loaded: {reason}")
        return
    yield from (Gap(note) for note in frozen.notes)
    values = [found for one in frozen.objects for found in walk(one)]
    yield Part(Form.MODEL, f"{part.name}, as an object", part.place, facts=tuple(_facts(frozen, values)))
    found = [(path, one) for path, one in values if isinstance(one, Array | Stub | list | tuple)]
    count = 0
    for path, one in found:
        for made in _tables(part, path, one):
            count += 1
            if count > _MOST_ARRAYS:
                yield Gap(f"it holds more than {_MOST_ARRAYS:,} arrays; the first were read")
                return
            yield made


def _facts(frozen: Frozen, values: list[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    """Classes of objects, what loading calls, attributes that hold arrays, the size of leaves."""
    yield from (("class", one.name) for one in _unique(v for _, v in values if isinstance(v, Stub)))
    yield from (("called", name) for name in frozen.called)
    sizes = [(path, arrays.leaf_sizes(v.data)) for path, v in values if isinstance(v, Array) and v.data is not None]
    yield from leaf_facts([one for one in sizes if one[1]])
    features = next((v for path, v in values if path.endswith(".n_features_in_") and isinstance(v, int)), None)
    for path, one in values:
        if isinstance(one, Array) and len(one.shape) == 2 and one.shape[0] >= 2:
            yield "array", f"{path} {one.shape[0]} {one.shape[1]}"
    if features is not None:
        yield "features", str(features)
    people = [
        one for path, one in values if path.rpartition(".")[2] in _PEOPLE and isinstance(one, int) and one > 1
    ]
    if people:
        yield "people", str(max(people))
        numbers = (v.data.size for _, v in values if isinstance(v, Array) and v.data is not None)
        yield "numbers", str(sum(numbers))


def leaf_facts(sizes: list[tuple[str, list[int]]]) -> Iterator[tuple[str, str]]:
    """The least leaf of each tree, those with the smallest first."""
    for path, leaves in sorted(sizes, key=lambda one: min(one[1]))[:_MOST_LEAVES]:
        yield "tree", f"{path} {min(leaves)}"


def _unique(stubs: Iterator[Stub]) -> list[Stub]:
    return list({one.name: one for one in stubs}.values())


def _tables(part: Part, path: str, one: Any) -> Iterator[Part]:
    if isinstance(one, Array):
        values = one.data
        if values is None and one.objects is not None and all(_plain(x) for x in one.objects):
            values = np.array(one.objects, dtype=object).reshape(one.shape)
        if values is not None and values.size:
            turned = values.T if "_mgr" in path and values.ndim == 2 else values
            origin = Origin.SHEET if "_mgr" in path and values.ndim == 2 else Origin.ARRAY
            yield from arrays.part_of(part, path, turned, origin)
    elif isinstance(one, Stub) and one.name == "pyarrow.lib._restore_array":
        yield from _strings(part, path, one)
    elif isinstance(one, list | tuple) and len(one) >= _FEWEST and all(_plain(x) for x in one):
        place: dict[str, int | str] = {**part.place, "member": path[:200] or "list"}
        sheet = Rows(("value",), [(x,) for x in one], path)
        yield Part(Form.TABLE, f"{part.name} {path}", place, sheet=sheet, origin=Origin.ARRAY)


def _strings(part: Part, path: str, stub: Stub) -> Iterator[Part]:
    """An Arrow array of strings: (type, length, nulls, offset, [validity, offsets, bytes], ...)."""
    try:
        (told,) = stub.arguments
        length, buffers = int(told[1]), [_bytes(one) for one in told[4]]
        _, offsets, data = buffers
    except (TypeError, ValueError, IndexError, KeyError):
        return
    width = "<i8" if len(offsets) >= 8 * (length + 1) else "<i4"
    ends = np.frombuffer(offsets, width)[: length + 1].tolist()
    texts = [(data[a:b].decode("utf-8", errors="replace"),) for a, b in pairwise(ends)]
    if len(texts) > 1:
        place: dict[str, int | str] = {**part.place, "member": path[:200]}
        levels = "categories" in path
        facts = (("carried", "the levels of a category"),) if levels else ()
        origin = Origin.LEVELS if levels else Origin.ARRAY
        yield Part(
            Form.TABLE, f"{part.name} {path}", place, sheet=Rows(("text",), texts, path), origin=origin, facts=facts
        )


def _bytes(buffer: Any) -> bytes:
    """What `pyarrow.lib.py_buffer` is called with; nothing for a buffer that is not there."""
    return bytes(buffer.arguments[0]) if isinstance(buffer, Stub) else b""


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)

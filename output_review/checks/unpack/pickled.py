"""Pickles and joblib's files, read without loading: every array in any nesting, every name to be imported.

A frame is put together again as one table (`frames`).
"""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np

from output_review.checks import arrays
from output_review.checks.measures import of
from output_review.checks.parts import Form, Origin, Part, Rows
from output_review.checks.unpack import frames
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
    if not count and not any(isinstance(one, Stub) for _, one in found):
        yield Gap("it holds no table, array or model: single values, however many, were not looked at")


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
    if isinstance(one, Stub):
        yield from _frames(part, path, one)
    elif "._mgr" in path:
        return  # its frame is a table as a whole
    elif isinstance(one, Array):
        values = one.data
        if values is None and one.objects is not None and all(_plain(x) for x in one.objects):
            values = np.array(one.objects, dtype=object).reshape(one.shape)
        if values is not None and values.size:
            yield from arrays.part_of(part, path, values)
    elif len(one) >= _FEWEST and all(_plain(x) for x in one):
        yield _table(part, path, ("value",), [(x,) for x in one], Origin.ARRAY)


def _frames(part: Part, path: str, stub: Stub) -> Iterator[Part]:
    """A frame with all its columns; the levels that a category keeps and no row uses; texts of Arrow elsewhere."""
    if stub.name == frames.MANAGER:
        found = frames.frame_of(stub)
        if found is not None:
            yield _table(part, path, *found, Origin.SHEET)
    elif stub.name == "pyarrow.lib._restore_array" and "._mgr" not in path:
        yield _table(part, path, ("text",), [(text,) for text in frames.texts_of(stub)], Origin.ARRAY)
    levels = frames.levels_of(stub)
    if levels is not None:
        unused = [level for code, level in enumerate(levels[0]) if code not in set(levels[1])]
        if unused:
            facts = (("carried", f"{len(unused):,} levels of a category that no row uses"),)
            yield _table(part, path, ("level",), [(str(level),) for level in unused], Origin.LEVELS, facts)


def _table(
    part: Part,
    path: str,
    columns: tuple[str, ...],
    rows: list[tuple[Any, ...]],
    origin: Origin,
    facts: tuple[tuple[str, str], ...] = (),
) -> Part:
    place: dict[str, int | str] = {**part.place, "member": path[:200] or "object"}
    sheet = Rows(columns, rows, path)
    return Part(Form.TABLE, f"{part.name} {path}".strip(), place, sheet=sheet, origin=origin, facts=facts)


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)

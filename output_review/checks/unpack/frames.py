"""A pandas frame in a pickle, put together again: blocks, the names of columns, texts and categories."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from output_review.checks.parts import Cell
from output_review.readers.frozen import Array, Pairs, Stub, Value

MANAGER = "pandas.core.internals.managers.BlockManager"
_MOST_CELLS = 5_000_000


def frame_of(manager: Stub) -> tuple[tuple[str, ...], list[tuple[Cell, ...]]] | None:
    """(names, rows) of a `BlockManager(blocks, axes)`; None where it is not made as pandas makes it."""
    try:
        blocks, axes = manager.arguments[:2]
        names = [str(one) for one in _index(axes[0])]
        columns: dict[int, list[Cell]] = {}
        for block in blocks:
            values, placement = block.arguments[:2]
            columns |= zip(_places(placement), _columns(values), strict=False)
    except (TypeError, ValueError, IndexError, AttributeError, KeyError):
        return None
    length = max(map(len, columns.values()), default=0)
    if not columns or length * len(names) > _MOST_CELLS:
        return None
    ordered = [columns.get(j, [None] * length) for j in range(len(names))]
    return tuple(names), list(zip(*ordered, strict=False))


def texts_of(stub: Stub) -> list[str]:
    """An Arrow array of strings: (type, length, nulls, offset, [validity, offsets, bytes], ...)."""
    told = stub.arguments[0]
    length, buffers = int(told[1]), [_bytes(one) for one in told[4]]
    offsets, data = buffers[1], buffers[2]
    width = "<i8" if len(offsets) >= 8 * (length + 1) else "<i4"
    ends = np.frombuffer(offsets, width)[: length + 1].tolist()
    return [data[a:b].decode("utf-8", errors="replace") for a, b in pairwise(ends)]


def levels_of(value: Stub) -> tuple[list[Any], list[int]] | None:
    """(levels, codes) of a categorical's state (dtype, codes, ...); None for anything else."""
    state = value.state if isinstance(value.state, tuple) else ()
    dtype = next((one for one in state if isinstance(one, Stub) and one.name.endswith("CategoricalDtype")), None)
    codes = next((one for one in state if isinstance(one, Array) and one.data is not None), None)
    if dtype is None or codes is None or codes.data is None:
        return None
    return _index(dtype.attributes.get("categories")), [int(x) for x in codes.data.ravel().tolist()]


def _places(placement: Value) -> Iterator[int]:
    if isinstance(placement, Stub):  # slice(start, stop, step)
        start, stop, step = placement.arguments
        return iter(range(int(start), int(stop), int(step or 1)))
    return iter(placement.data.tolist())


def _columns(values: Value) -> list[list[Cell]]:
    if isinstance(values, Array):
        flat = (
            values.data if values.data is not None else np.array(values.objects, dtype=object).reshape(values.shape)
        )
        return [list(row) for row in np.atleast_2d(flat).tolist()]
    levels = levels_of(values)
    if levels is not None:
        named, codes = levels
        return [[named[code] if 0 <= code < len(named) else None for code in codes]]
    return [_index(values)]


def _index(value: Value) -> list[Any]:
    """The values of an index or of an extension array, whatever wraps them."""
    if isinstance(value, Array):
        return (
            value.objects
            if value.objects is not None
            else []
            if value.data is None
            else value.data.ravel().tolist()
        )
    if not isinstance(value, Stub):
        return []
    if value.name == "pyarrow.lib._restore_array":
        return list(texts_of(value))
    if value.name.endswith("_new_Index") and isinstance(value.arguments[1], Pairs):
        told = value.arguments[1]
        if told.get("data") is not None:
            return _index(told.get("data"))
        return list(range(told.get("start") or 0, told.get("stop") or 0, told.get("step") or 1))
    inner = [one for _, one in value.attributes.pairs] + list(
        value.arguments if isinstance(value.arguments, tuple) else ()
    )
    inner += value.state if isinstance(value.state, tuple | list) else [value.state]
    return next((found for one in inner if isinstance(one, Stub | Array | list) and (found := _unlisted(one))), [])


def _unlisted(value: Value) -> list[Any]:
    """A chunked array is a list of arrays."""
    if isinstance(value, list):
        return [x for one in value for x in _index(one)]
    return _index(value)


def _bytes(buffer: Any) -> bytes:
    """What `pyarrow.lib.py_buffer` is called with; nothing for a buffer that is not there."""
    return bytes(buffer.arguments[0]) if isinstance(buffer, Stub) else b""

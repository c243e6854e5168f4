"""NumPy arrays as parts: their rows as a table, and of a tree the sizes of its leaves. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from output_review.checks.parts import Cell, Form, Origin, Part

Values = npt.NDArray[Any]
# What scikit-learn's trees call the number of people in a node, and how they mark a leaf.
_SIZES = (("n_node_samples", "left_child"), ("count", "is_leaf"))


@dataclass(frozen=True)
class ArraySheet:
    """A two-dimensional array, read where rows are asked for."""

    values: Values
    columns: tuple[str, ...]
    name: str
    notes: tuple[str, ...] = ()

    def rows(self, start: int, count: int) -> list[tuple[Cell, ...]]:
        return [tuple(map(_cell, row)) for row in self.values[start : start + count].tolist()]

    def count(self) -> int:
        return len(self.values)


def part_of(holder: Part, path: str, values: Values, origin: Origin = Origin.ARRAY) -> Iterator[Part]:
    """A table of an array of at least two rows, a column for each field of a structured one."""
    if values.dtype.names:
        flat = [
            values[name] for name in values.dtype.names if values[name].ndim == 1 and not values[name].dtype.names
        ]
        names = tuple(
            name for name in values.dtype.names if values[name].ndim == 1 and not values[name].dtype.names
        )
        values = np.column_stack([np.asarray(one, dtype=np.float64) for one in flat]) if flat else np.empty((0, 0))
    elif values.ndim != 2:
        values = values.reshape(-1, values.shape[-1]) if values.ndim > 2 else values.reshape(-1, 1)
        names = ()
    else:
        names = ()
    if len(values) < 2:
        return
    sheet = ArraySheet(shortest(values), names or tuple(f"[{j}]" for j in range(values.shape[1])), path)
    place: dict[str, int | str] = {**holder.place, "member": path[:200] or "array"}
    yield Part(Form.TABLE, f"{holder.name} {path}".strip(), place, sheet=sheet, origin=origin)


def shortest(values: Values) -> Values:
    """Single and half precision as the shortest decimal that is the same number: 6.9, not 6.900000095. So are the
    data's own values written.
    """
    if values.dtype.kind != "f" or values.dtype.itemsize >= np.dtype(np.float64).itemsize:
        return values
    return values.astype(values.dtype.newbyteorder("=")).astype("U").astype(np.float64)


def leaf_sizes(values: Values) -> list[int]:
    """People in each leaf of a tree's array of nodes; empty for any other array."""
    for size, mark in _SIZES:
        if values.dtype.names and {size, mark} <= set(values.dtype.names):
            leaves = values[mark] == (-1 if mark == "left_child" else 1)
            return [int(one) for one in values[size][leaves]]
    return []


def people(values: Values) -> int:
    """People at the root of a tree, 0 for any other array."""
    return sum(leaf_sizes(values))


def _cell(value: Any) -> Cell:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

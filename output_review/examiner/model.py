"""A saved model or array: what loading it would make, import and call, and every array in it. It is not loaded."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.visible import cut
from output_review.kinds import kind_of
from output_review.places import Place
from output_review.readers.frozen import Array, Global, Members, Pairs, Stub, Value, children, joined
from output_review.readers.models import read

MAX_LINES = 400
MAX_ARRAYS = 300
_FEW = 12
_LONGEST = 120
# Packages whose classes a saved result is usually made of. Anything else that loading would import is marked.
_USUAL = (
    "numpy", "pandas", "sklearn", "scipy", "joblib", "lightgbm", "xgboost", "catboost", "statsmodels", "lifelines",
    "imblearn", "torch", "onnx", "ai.onnx", "skops", "collections", "datetime", "decimal", "copyreg", "copy_reg",
    "_codecs", "pickle",
)  # fmt: skip
_HARMLESS = {
    "object", "list", "dict", "set", "frozenset", "tuple", "slice", "complex", "bytearray", "bytes", "range", "str",
    "int", "float", "bool",
}  # fmt: skip
Scalar = (bool, int, float, complex, str, bytes)


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """`form`, `outline` (`path` is its own step, `at` all, `depth`, `what`), `arrays` (`path`, `dtype`, `shape`,
    `values`), `imports` and `calls` (each a name, and whether it is usual), and how many there are of each."""
    found = head_of(kind_of(file, name))
    model = read(file)
    frozen = model.frozen
    found["notes"] += frozen.notes
    lines = list(_outline(frozen.objects if len(frozen.objects) != 1 else frozen.objects[0]))
    arrays = [(path, one) for path, _, _, one in lines if isinstance(one, Array)]
    strange = [one for one in frozen.globals if not _usual(one)]
    if strange:
        found["notes"].append(f"Loading it would import what no model needs ({len(strange):,} ×): see below.")
    return found | {
        "form": model.form,
        "outline": [
            {"path": cut(step, _LONGEST), "at": cut(path, _LONGEST), "depth": depth, "what": _what(one)}
            for path, step, depth, one in lines[:MAX_LINES]
        ],
        "total_outline": len(lines),
        "arrays": [_array(path, one) for path, one in arrays[:MAX_ARRAYS]],
        "total_arrays": len(arrays),
        "total_numbers": sum(one.data.size for _, one in arrays if one.data is not None),
        "imports": [_named(one) for one in sorted(frozen.globals, key=_usual)[:MAX_ARRAYS]],
        "calls": [_named(one) for one in sorted(frozen.called, key=_usual)[:MAX_ARRAYS]],
    }


def _usual(name: str) -> bool:
    module, _, what = name.rpartition(".")
    if module in ("builtins", "__builtin__"):
        return what in _HARMLESS
    return any(name == one or name.startswith(one + ".") for one in _USUAL)


def _named(name: str) -> dict[str, Any]:
    return {"name": cut(name, _LONGEST), "usual": _usual(name)}


def _outline(value: Value) -> Iterator[tuple[str, str, int, Value]]:
    """Each value with where it is, its own step there and its depth, parents first, each container once; long lists
    of plain values are told in one line."""
    waiting: list[tuple[str, str, int, Value]] = [("", "", 0, value)]
    met: set[int] = set()
    while waiting:
        path, step, depth, one = waiting.pop()
        if isinstance(one, (list, tuple, Pairs, Members, Array, Stub)):
            if id(one) in met:
                continue
            met.add(id(one))
        yield path, step, depth, one
        if not _plain(one):
            within = reversed(list(children(one)))
            waiting += [(joined(path, inner), inner, depth + 1, value) for inner, value in within]


def _plain(value: Value) -> bool:
    items = value.objects if isinstance(value, Array) else value
    if isinstance(value, Members):
        items = value.items
    return isinstance(items, (list, tuple)) and all(one is None or isinstance(one, Scalar) for one in items)


def _what(value: Value) -> str:
    if isinstance(value, Stub):
        return cut(value.name, _LONGEST)
    if isinstance(value, Global):
        return cut(f"the name {value.path}", _LONGEST)
    if isinstance(value, Array):
        return f"array {value.dtype} {_shape(value)}"
    if isinstance(value, (list, tuple, Members)):
        items = value.items if isinstance(value, Members) else value
        shown = ", ".join(_scalar(one) for one in items[:_FEW]) if _plain(value) else ""
        return f"{len(items):,} values{': ' if shown else ''}{shown}{', …' if shown and len(items) > _FEW else ''}"
    if isinstance(value, Pairs):
        return f"{len(value.pairs):,} named {'value' if len(value.pairs) == 1 else 'values'}"
    return _scalar(value)


def _scalar(value: Value) -> str:
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 1000:
        return f"a number of {value.bit_length():,} bits"
    return cut(value if isinstance(value, str) else repr(value), _LONGEST)


def _array(path: str, array: Array) -> dict[str, Any]:
    if array.data is not None:
        few = [str(one) for one in array.data.ravel()[:_FEW].tolist()]
    else:
        few = [_what(one) for one in (array.objects or [])[:_FEW]]
    return {
        "path": cut(path, _LONGEST) or "(the array itself)",
        "dtype": cut(array.dtype, _LONGEST),
        "shape": _shape(array),
        "values": cut(", ".join(few), 2 * _LONGEST),
    }


def _shape(array: Array) -> str:
    return " × ".join(f"{n:,}" for n in array.shape) or "1"

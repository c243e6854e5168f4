"""A saved model or array in whatever form, as one description: what it would make, and every array in it.

pickle, joblib, `.npy` and `.npz` by `pickles`; skops (skops.readthedocs.io, "persistence": a ZIP of `schema.json`
and arrays); PyTorch (a ZIP of `data.pkl` and raw storages); ONNX by its own library, which parses and runs nothing.
"""

import io
import json
from dataclasses import dataclass
from importlib import import_module
from typing import Any, BinaryIO

from output_review.readers import archives, pickles
from output_review.readers.frozen import Frozen, Global, Pairs, Stub, Value
from output_review.readers.unreadable import Unreadable

_MOST_MEMBERS = 5000


@dataclass(frozen=True)
class Model:
    """`form`: which library wrote it; `frozen`: what is in it."""

    form: str
    frozen: Frozen


def read(file: BinaryIO) -> Model:
    """Raise `Unreadable` for what is none of these, or damaged."""
    file.seek(0)
    start = file.read(4)
    if start != b"PK\x03\x04":
        return (
            Model("pickle", pickles.read(file))
            if not _looks_like_onnx(start)
            else Model("ONNX", import_module("output_review.readers.graphs").read(file))
        )
    names = {one.name for one in archives.members(file).members}
    if "schema.json" in names:
        return Model("skops", _skops(file, names))
    pickled = next((name for name in names if name.endswith("/data.pkl")), None)
    if pickled:
        return Model("PyTorch", _torch(file, pickled, names))
    return Model("npz", pickles.read(file))


def _looks_like_onnx(start: bytes) -> bool:
    return start[:1] == b"\x08"


def _torch(file: BinaryIO, pickled: str, names: set[str]) -> Frozen:
    inner = pickles.read(io.BytesIO(archives.member(file, pickled)))
    stored = sum(1 for name in names if "/data/" in name)
    note = f"Its {stored:,} tensors lie beside the pickle: their values are not shown."
    return Frozen(inner.objects, inner.globals, inner.called, notes=(*inner.notes, note))


def _skops(file: BinaryIO, names: set[str]) -> Frozen:
    if len(names) > _MOST_MEMBERS:
        raise Unreadable(f"More than {_MOST_MEMBERS:,} members are in it: not read.")
    try:
        schema = json.loads(archives.member(file, "schema.json"))
        types: dict[str, None] = {}
        value = _node(schema, file, types)
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise Unreadable(f"Its skops description is damaged: {type(error).__name__}.") from error
    return Frozen((value,), tuple(types))


def _node(node: Any, file: BinaryIO, types: dict[str, None]) -> Value:
    """A node of skops' description as the stub that it stands for."""
    if not isinstance(node, dict):
        return [_node(one, file, types) for one in node] if isinstance(node, list) else node
    if "__class__" not in node:
        return Pairs([(key, _node(one, file, types)) for key, one in node.items()])
    of = Global(str(node.get("__module__")), str(node["__class__"]))
    types.setdefault(of.path)
    name = node.get("file")
    if isinstance(name, str) and name.endswith((".npy", ".npz")):
        (array,) = pickles.read(io.BytesIO(archives.member(file, name))).objects
        return array
    if of.path == "builtins.str" or node.get("__loader__") == "JsonNode":
        return json.loads(node["content"]) if isinstance(node.get("content"), str) else None
    left_out = ("__class__", "__module__", "__loader__", "__id__")
    inner = {key: _node(one, file, types) for key, one in node.items() if key not in left_out}
    state = inner.pop("attrs", None) or inner.pop("content", None)
    stub = Stub(of, tuple(inner.values()))
    stub.state = state.state if isinstance(state, Stub) else state
    return stub

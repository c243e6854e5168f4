"""A saved model or array in whatever form, as one description: what it would make, and every array in it.

pickle, joblib, `.npy` and `.npz` by `pickles`; skops (skops.readthedocs.io, "persistence": a ZIP of `schema.json`
and arrays); PyTorch (a ZIP of `data.pkl` and raw storages); ONNX by its own library, which parses and runs nothing.
"""

import io
import json
from dataclasses import dataclass
from typing import Any, BinaryIO

import onnx
from onnx import numpy_helper

from output_review.readers import archives, pickles
from output_review.readers.frozen import Array, Frozen, Global, Pairs, Stub, Value
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
        return Model("pickle", pickles.read(file)) if not _looks_like_onnx(start) else Model("ONNX", _onnx(file))
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


def _onnx(file: BinaryIO) -> Frozen:
    file.seek(0)
    try:
        model = onnx.load_model_from_string(file.read())
    except Exception as error:  # protobuf's own errors have no common base that is public
        raise Unreadable(f"It is no ONNX model, or a damaged one: {type(error).__name__}.") from error
    if not model.graph.node and not model.graph.initializer:
        raise Unreadable("It is no ONNX model: it has no graph.")
    said = [("producer", f"{model.producer_name} {model.producer_version}"), ("doc_string", model.doc_string)]
    said += [(f"metadata {one.key}", one.value) for one in model.metadata_props]
    nodes = [_operator(node) for node in model.graph.node]
    arrays = [(one.name, _tensor(one)) for one in model.graph.initializer]
    stub = Stub(
        Global("onnx", model.graph.name or "graph"),
        state=Pairs([*said, ("initializers", Pairs(arrays)), ("nodes", nodes)]),
    )
    return Frozen((stub,))


def _operator(node: "onnx.NodeProto") -> Stub:
    """A node with its attributes: the trees, neighbours and support vectors of a model stand in them."""
    attributes = [(one.name, _attribute(one)) for one in node.attribute]
    return Stub(Global(node.domain or "ai.onnx", node.op_type), state=Pairs(attributes))


def _attribute(attribute: "onnx.AttributeProto") -> Value:
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, onnx.TensorProto):
        return _tensor(value)
    if isinstance(value, (bytes, int, float)):
        return value
    try:
        return [one for one in value if isinstance(one, (bytes, int, float))]
    except TypeError:
        return str(value)[:1000]


def _tensor(tensor: "onnx.TensorProto") -> Array:
    shape = tuple(int(n) for n in tensor.dims)
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        return Array("onnx.TensorProto, its data in another file", shape=shape)
    try:
        data = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, MemoryError) as error:
        raise Unreadable(f"It holds a damaged tensor: {type(error).__name__}.") from error
    return Array("onnx.TensorProto", str(data.dtype), shape, data)

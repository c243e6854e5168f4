"""An ONNX model as a description: its operators with what stands in them, its tensors. It is parsed, never run."""

from typing import BinaryIO

import onnx
from onnx import numpy_helper

from output_review.readers.frozen import Array, Frozen, Global, Pairs, Stub, Value
from output_review.readers.unreadable import Unreadable


def read(file: BinaryIO) -> Frozen:
    """Raise `Unreadable` for what is no ONNX model, or a damaged one."""
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

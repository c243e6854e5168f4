"""ONNX: the kinds of node, the constants as arrays, and the arrays that nodes keep as attributes."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from output_review.checks import arrays
from output_review.checks.parts import Form, Part
from output_review.checks.unpack.gaps import Gap

_FEWEST = 5


def parts(part: Part) -> Iterator[Part | Gap]:
    from onnx import load_model_from_string, numpy_helper

    graph: Any = load_model_from_string(part.data).graph
    facts = [("class", f"onnx.{node.op_type}") for node in graph.node]
    tables: list[Part | Gap] = []
    for tensor in graph.initializer:
        if tensor.external_data:
            tables.append(Gap(f"{tensor.name[:100]} lies in another file"))
            continue
        values = numpy_helper.to_array(tensor)
        if values.ndim == 2:
            facts.append(("array", f"{tensor.name[:100]} {values.shape[0]} {values.shape[1]}"))
        tables += arrays.part_of(part, tensor.name, values)
    for node in graph.node:
        for attribute in node.attribute:
            values = np.array(attribute.floats, dtype=np.float32)
            if len(values) >= _FEWEST:
                tables += arrays.part_of(part, f"{node.op_type}.{attribute.name}", values)
        if "TreeEnsemble" in node.op_type:
            tables.append(Gap("how many people stand in a leaf of a tree is not kept in ONNX"))
    yield Part(Form.MODEL, f"{part.name}, as a model", part.place, facts=tuple(dict.fromkeys(facts)))
    yield from tables

"""What the API reads and what its document says are one: an independent validator of JSON Schema is the judge."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from enclave.errors import BadInput
from output_review.web.api import document
from output_review.web.api.operations import OPERATIONS
from output_review.web.api.shapes import BODY, Flag, Many, Maybe, OneOf, Text, Thing, Whole

WITH_BODY = [one for one in OPERATIONS if one.body]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda one: one.name)
@settings(max_examples=60)
@given(data=st.data())
def test_a_body_is_read_exactly_when_its_published_schema_allows_it(operation, data):
    value = data.draw(bent(operation.body) | values(operation.body) | ANYTHING)
    allowed = judge(operation.body).is_valid(value)
    try:
        operation.body.read(value, BODY)
    except BadInput as refused:
        assert not allowed, refused
        assert str(refused).endswith(".")
    else:
        assert allowed


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda one: one.name)
@settings(max_examples=20)
@given(data=st.data())
def test_the_control_both_kinds_are_tried(operation, data):
    good, bad = data.draw(values(operation.body)), data.draw(values(operation.body)) | {"unknown": 1}
    assert judge(operation.body).is_valid(good) and not judge(operation.body).is_valid(bad)


def judge(shape):
    """The published schema, its references resolved within the published document."""
    return Draft202012Validator(shape.schema() | {"components": document(OPERATIONS)["components"]})


def values(shape):
    """Values of a shape, its ends among them."""
    match shape:
        case Whole():
            ends = [shape.least, float(shape.least), shape.least if shape.most is None else shape.most]
            return st.sampled_from(ends) | st.integers(shape.least, shape.most)
        case Text():
            longest = 20 if shape.most is None else min(20, shape.most)
            return st.text(min_size=shape.least, max_size=longest) | st.just("x" * (shape.most or 1))
        case OneOf():
            return st.sampled_from(shape.words)
        case Flag():
            return st.booleans()
        case Maybe():
            return st.none() | values(shape.of)
        case Many():
            return st.lists(values(shape.of), max_size=3)
        case Thing():
            every = {name: values(one) for name, one in shape.fields.items()}
            must = {name: one for name, one in every.items() if name not in shape.optional}
            return st.fixed_dictionaries(must, optional={n: every[n] for n in every if n in shape.optional})
    raise AssertionError(shape)


def bent(shape):
    """A value of the shape with one field taken away, put beyond its end, or turned into something else."""

    def bend(value, name, other, remove):
        return {key: one for key, one in value.items() if key != name} if remove else value | {name: other}

    beyond = st.sampled_from([0, -1, 10**12, 0.5, 1.0, True, "x" * 2001, [], {}])
    names = st.sampled_from([*shape.fields, "unknown"])
    return st.builds(bend, values(shape), names, beyond | ANYTHING, st.booleans())

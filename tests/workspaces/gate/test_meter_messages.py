"""Kernel messages: read one way only, and replaced by words in which nothing of theirs is left."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.workspaces.gate.kernel_messages import header_of, message, parts
from workspaces.gate.meter.kinds import LINES, Instead, instead_of
from workspaces.gate.meter.messages import MOST_BUFFERS, Unreadable, read, write
from workspaces.gate.meter.replace import instead, parent_of

SECRET = "4711-patient"
STATUS = message("status", {"execution_state": "busy"})


def numbers(*offsets, body=b""):
    return b"".join(one.to_bytes(8, "little") for one in (len(offsets), *offsets)) + body


@given(st.binary(max_size=300), st.integers(0, 1 << 40))
@example(numbers(*[56] * 6), 56)
def test_random_bytes_are_read_or_unreadable(data, size):
    try:
        found = read(data, size)
    except Unreadable:
        return
    assert found.offsets[-1] == size and list(found.offsets) == sorted(found.offsets)


@given(st.integers(0, len(STATUS) - 1), st.integers(0, 255), st.integers(0, 7))
def test_a_byte_changed_is_unreadable_or_has_the_reading_of_the_protocol(at, value, more):
    changed = STATUS[:at] + bytes([value]) + STATUS[at + 1 :] + bytes(more)
    try:
        found = read(changed, len(changed))
    except Unreadable:
        return
    count = int.from_bytes(changed[:8], "little")
    assert found.offsets == tuple(int.from_bytes(changed[8 * k : 8 * k + 8], "little") for k in range(1, count + 1))
    assert b'"' + found.kind + b'"' in changed[found.offsets[1] : found.offsets[2]]


PART = st.binary(max_size=30)


@given(
    st.sampled_from(["shell", "iopub", "stdin", "control"]),
    st.from_regex(r"[a-z_]{1,40}", fullmatch=True),
    PART,
    PART,
)
def test_what_is_written_is_read(channel, kind, metadata, content):
    whole = write(channel, json.dumps(header_of(kind)).encode(), b"{}", metadata, content)
    found = read(whole, len(whole))
    cut = [whole[a:b] for a, b in zip(found.offsets, found.offsets[1:], strict=False)]
    assert found.kind == kind.encode() and found.buffers == 0
    assert cut[0].decode() == channel and cut[3:] == [metadata, content]


HEADER = b'{"msg_type":"status"}'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        STATUS[:7],
        STATUS[:20],
        STATUS + b"x",
        numbers(48, 48, 48, 48, 48),  # five parts
        numbers(*[8 * (MOST_BUFFERS + 8)] * (MOST_BUFFERS + 7)),
        numbers(56, 61, 60, 60, 60, 60),
        numbers(57, 62, 62, 62, 62, 62, body=b"?iopub"),
        numbers(56, 61, 200, 200, 200, 200, body=b"iopub"),
        write("other", HEADER, b"{}", b"{}", b"{}"),
        write("iopub", b"{}", b"{}", b"{}", b"{}"),
        write("iopub", b'{"msg_type":"Status"}', b"{}", b"{}", b"{}"),
        write("iopub", b'{"msg_type":"status","msg_type":"stream"}', b"{}", b"{}", b"{}"),
        write("iopub", b'{"msg_type":"status","msg\\u005ftype":"stream"}', b"{}", b"{}", b"{}"),
        write("iopub", HEADER + b" " * 70_000, b"{}", b"{}", b"{}"),
        write("iopub", HEADER, b" " * 70_000, b"{}", b"{}"),
    ],
)
def test_what_lies_about_itself_is_unreadable(data):
    with pytest.raises(Unreadable):
        read(data, len(data))


CONTENTS = {
    "stream": {"name": "stdout", "text": SECRET},
    "display_data": {"data": {"text/html": SECRET}, "metadata": {}, "transient": {"display_id": "d-1"}},
    "execute_result": {"data": {"text/plain": SECRET}, "metadata": {}, "execution_count": 12},
    "error": {"ename": SECRET, "evalue": SECRET, "traceback": [SECRET]},
    "execute_reply": {
        "status": "ok",
        "execution_count": 12,
        "payload": [SECRET],
        "user_expressions": {"x": SECRET},
    },
}


def replaced(whole, words="not shown", cut=None):
    found = read(whole if cut is None else whole[:cut], len(whole))
    data, tail = (whole, b"") if cut is None else (whole[:cut], whole[-64:])
    return parts(instead(data, tail, found, words))


@pytest.mark.parametrize("kind", [line.kind for line in LINES if line.instead in (Instead.WORDS, Instead.REPLY)])
@pytest.mark.parametrize("length", [0, 10_000])
def test_words_stand_in_its_place_and_nothing_of_the_content(kind, length):
    content = {**CONTENTS.get(kind, {"found": True, "data": SECRET}), "more": SECRET * length}
    whole = message(kind, content, parent="request-7")
    found = replaced(whole)
    assert SECRET not in json.dumps(found[1:5])
    assert found.header == header_of(kind) and found.parent == header_of("execute_request", "request-7")
    if instead_of(kind.encode()) is Instead.WORDS:
        assert "not shown" in json.dumps(found.content)
    if kind in ("execute_result", "execute_reply"):
        assert found.content["execution_count"] == 12
    if kind in ("display_data", "update_display_data"):
        assert found.content["transient"] == ({"display_id": "d-1"} if kind == "display_data" else {})


def test_of_one_whose_middle_is_gone_what_is_near_its_ends_is_kept():
    content = {"data": {"text/plain": "x" * 500_000}, "metadata": {}, "execution_count": 3}
    assert replaced(message("execute_result", content), cut=160 * 1024).content["execution_count"] == 3


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
)


@given(
    st.sampled_from([line.kind for line in LINES]),
    VALUES,
    st.dictionaries(st.text(max_size=12), VALUES, max_size=4),
)
def test_whatever_it_held_only_counters_and_ids_of_the_protocol_are_left(kind, content, more):
    header = {**more, **header_of(kind)}
    encoded = (json.dumps(part).encode() for part in (header, more, more, content))
    whole = write("iopub", *encoded)
    try:
        found = replaced(whole)
    except Unreadable:
        assert "msg_type" in json.dumps(more)
        return
    assert found.header == header_of(kind) and found.metadata == {} and not found.buffers
    assert set(found.parent) <= set(header_of(kind)) | {"subshell_id"}
    assert all(isinstance(value, str) and len(value) <= 128 for value in found.parent.values())
    clean = replaced(message(kind, {}))
    kept = {"status", "execution_count", "transient", "ename", "evalue", "traceback", "payload", "user_expressions"}
    assert {k: v for k, v in found.content.items() if k not in kept} == {
        k: v for k, v in clean.content.items() if k not in kept
    }


@pytest.mark.parametrize("header", [b"[]", b"{", b"[" * 60_000, b'"x"'])
def test_a_parent_that_is_no_object_makes_no_message(header):
    whole = write("iopub", HEADER, header, b"{}", b"{}")
    with pytest.raises(Unreadable):
        parent_of(whole, read(whole, len(whole)))


def test_an_unknown_reply_is_answered_as_failed_and_other_unknown_types_by_nothing():
    assert instead_of(b"magic_reply") is Instead.REPLY and instead_of(b"magic") is Instead.NOTHING
    found = replaced(message("magic_reply", {"x": SECRET}))
    assert found.content == {
        "status": "error",
        "ename": "NotShown",
        "evalue": "not shown",
        "traceback": ["not shown"],
    }

"""Frames of a WebSocket put together: however they are cut, and whatever else is sent in their place."""

import asyncio

import pytest
from aiohttp.http import WebSocketWriter
from hypothesis import given
from hypothesis import strategies as st

from workspaces.gate.meter import frames
from workspaces.gate.meter.frames import AT_ONCE, BINARY, CONTINUATION, HEAD, PING, TAIL, TEXT, Frames, Shelf

ROOM = 1 << 20


def frame(opcode, data, final=True):
    """One frame as a server sends it."""
    size = len(data)
    length = (
        bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2) if size < 65536 else b"\x7f" + size.to_bytes(8)
    )
    return bytes([opcode | (0x80 if final else 0)]) + length + data


def reader(limit=ROOM, room=ROOM):
    return Frames(lambda: limit, Shelf(room))


def fed(read, *chunks):
    found, sent = [], 0
    for chunk in chunks:
        found += read.feed(chunk)
        while read.more:
            found += read.feed(b"")
        for one in found[sent:]:
            read.sent(one)
        sent = len(found)
    return found


@st.composite
def conversations(draw):
    """(wire, messages in the order in which they are whole): fragments with pings between them."""
    wire, told = b"", []
    for opcode, pieces, pings in draw(
        st.lists(
            st.tuples(
                st.sampled_from((TEXT, BINARY)),
                st.lists(st.binary(max_size=400), min_size=1, max_size=5),
                st.lists(st.binary(max_size=125), max_size=2),
            ),
            max_size=8,
        )
    ):
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            wire += frame(CONTINUATION if number else opcode, piece, last)
            if last:
                told.append((opcode, b"".join(pieces)))
            for ping in pings:
                wire += frame(PING, ping)
                told.append((PING, ping))
    return wire, told


@given(conversations(), st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_however_it_is_cut_the_messages_are_the_same(said, cuts):
    wire, told = said
    chunks, at, number = [], 0, 0
    while at < len(wire):
        size = cuts[number % len(cuts)]
        chunks.append(wire[at : at + size])
        at, number = at + size, number + 1
    read = reader()
    assert [(one.opcode, one.data) for one in fed(read, *chunks)] == told
    assert read._shelf.left == ROOM


@given(conversations(), st.integers(0, 600), st.integers(0, 600))
def test_of_what_is_too_long_beginning_end_and_size_are_kept_and_the_room_comes_back(said, limit, room):
    wire, told = said
    read = reader(limit, room)
    for one, (opcode, data) in zip(fed(read, wire), told, strict=True):
        assert (one.opcode, one.size) == (opcode, len(data))
        assert data.startswith(one.data) and data.endswith(one.tail)
        assert one.whole == (one.data == data)
        if len(data) <= limit and sum(len(data) for _, data in told) <= room:
            assert one.whole and not one.tail
    assert read._shelf.left == room


@pytest.mark.parametrize("pieces", [1, 100, 4000])
def test_a_long_message_costs_its_head_and_its_tail(pieces):
    size = 8 * ROOM // pieces
    read = reader(limit=ROOM, room=2 * ROOM)
    for number in range(pieces):
        last = number == pieces - 1
        part = frame(CONTINUATION if number else BINARY, bytes(size - 1) + b"e", last)
        found = fed(read, part)
        kept = sum(map(len, read._parts)) + len(read._tail) + len(read._rest)
        assert kept <= ROOM + TAIL
        if read._size > ROOM:
            assert kept <= HEAD + TAIL
    (message,) = found
    assert (len(message.data), len(message.tail), message.size) == (HEAD, TAIL, pieces * size)
    assert read._shelf.left == 2 * ROOM


@given(st.binary(max_size=400))
def test_nothing_sent_breaks_it_and_little_is_kept(data):
    read = reader(limit=100, room=200)
    try:
        fed(read, *(data[at : at + 7] for at in range(0, len(data), 7)))
    except frames.BadFrames:
        assert not read.more, "what is broken does not go on"
    assert len(read._rest) <= 128 + 14


@pytest.mark.parametrize(
    "wire",
    [
        b"\xc2\x00",  # an extension
        b"\x82\x80\0\0\0\0",  # masked: only browsers do that
        frame(3, b""),  # unknown
        frame(11, b""),
        frame(CONTINUATION, b"x"),  # of nothing
        frame(BINARY, b"x", False) + frame(BINARY, b"y"),  # another one within
        frame(PING, b"", False),  # a control frame in pieces
        frame(PING, bytes(126)),
        b"\x82\x7f" + (1 << 63).to_bytes(8),
    ],
)
def test_what_two_programs_could_read_differently_is_no_frame(wire):
    with pytest.raises(frames.BadFrames):
        fed(reader(), wire)


def test_a_million_empty_frames_are_taken_a_few_at_a_time():
    read = reader()
    assert len(read.feed(frame(PING, b"") * 1000)) == AT_ONCE and read.more
    assert len(fed(read, b"")) == 1000 - AT_ONCE


def test_after_a_broken_frame_there_is_nothing_more():
    """Or whoever asks as long as there is more would ask for ever."""
    read = reader()
    read.feed(frame(PING, b"") * AT_ONCE + b"\xf2\x00")
    assert read.more
    with pytest.raises(frames.BadFrames):
        read.feed(b"")
    assert not read.more


class _Wire:
    """The transport and protocol of aiohttp's writer."""

    def __init__(self):
        self.sent = b""
        self._paused = False
        self.transport = self

    def is_closing(self):
        return False

    def write(self, data):
        self.sent += bytes(data)

    def writelines(self, pieces):
        self.sent += b"".join(pieces)

    async def _drain_helper(self):
        pass


@given(st.lists(st.tuples(st.sampled_from((TEXT, BINARY)), st.binary(max_size=70_000)), max_size=4))
def test_it_reads_what_aiohttp_writes(messages):
    wire = _Wire()

    async def write():
        writer = WebSocketWriter(wire, wire, use_mask=False)
        for opcode, data in messages:
            await writer.send_frame(data, opcode)

    asyncio.run(write())
    assert [(one.opcode, one.data) for one in fed(reader(), wire.sent)] == messages

"""The rules of the budget: a rolling day, its levels, the pace, what the desk says, replies asked for again."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workspaces.gate.meter import shapes
from workspaces.gate.meter.account import Account
from workspaces.gate.meter.pace import BURST_SECONDS, BYTES, LONGEST_WAIT, MESSAGES, Pace
from workspaces.gate.meter.policy import (
    CONTROL_SHARE,
    RELEASE_SHARE,
    Level,
    Policy,
    Raised,
    parse_policy,
    parse_raised,
)
from workspaces.gate.meter.window import BUCKET_SECONDS, WINDOW_SECONDS, Window

START = 1_764_000_000.0
STEPS = st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 1000)), max_size=60)


@given(STEPS)
def test_a_byte_counts_for_a_day_and_a_bucket_at_most(steps):
    window, now, shown = Window(), START, []
    for later, count in steps:
        now += later
        window.add(now, count)
        shown.append((now, count))
        young = sum(count for when, count in shown if now - when < WINDOW_SECONDS)
        old = sum(count for when, count in shown if now - when > WINDOW_SECONDS + BUCKET_SECONDS)
        assert young <= window.bytes <= sum(count for _, count in shown) - old
        assert window.bytes == sum(window.buckets.values())


@given(STEPS, st.integers(0, 5000))
def test_what_is_given_back_was_the_newest(steps, back):
    window, now, shown = Window(), START, []
    for later, count in steps:
        now += later
        window.add(now, count)
        shown.append([now, count])
    before = window.bytes
    window.give_back(back)
    assert window.bytes == max(0, before - back) and min(window.buckets.values(), default=0) >= 0
    for one in reversed(shown):
        taken = min(back, one[1])
        one[1], back = one[1] - taken, back - taken
    young = sum(count for when, count in shown if now - when < WINDOW_SECONDS)
    assert window.bytes >= young


@given(STEPS, st.integers(1, 10 * 86_400))
def test_a_clock_that_is_set_back_makes_nothing_older_or_younger(steps, back):
    kept, turned, now = Window(), Window(), START
    for later, count in steps:
        now += later
        kept.add(now, count)
        turned.add(now, count)
    shift = back // 300 * 300  # whole buckets, so that both see the same edges
    turned.move(now - shift)
    assert turned.bytes == kept.bytes
    for later in (0, 3600, 20 * 3600, 25 * 3600):
        kept.move(now + later)
        turned.move(now - shift + later)
        assert turned.bytes == kept.bytes


@given(STEPS, st.integers(0, 20_000))
def test_the_moment_that_is_told_is_the_moment_when_it_falls(steps, limit):
    window, now = Window(), START
    for later, count in steps:
        now += later
        window.add(now, count)
    when = window.below(limit)
    if when == 0.0:
        assert window.bytes <= limit
        return
    window.move(when - 1)
    assert window.bytes > limit
    window.move(when)
    assert window.bytes <= limit


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 4 << 20)), min_size=1, max_size=80))
def test_who_waits_as_told_is_never_faster_than_the_pace(taken):
    pace, now, messages, size = Pace(), 1000.0, 0, 0
    for count, bytes_ in taken:
        messages, size = messages + count, size + bytes_
        wait = pace.take(now, count, bytes_)
        assert 0 <= wait <= LONGEST_WAIT + 0.1
        now += wait
    passed = now - 1000.0
    assert messages <= MESSAGES * (passed + BURST_SECONDS) + 1
    assert size <= BYTES * (passed + BURST_SECONDS) + 1


def test_a_person_at_work_never_waits():
    pace = Pace()
    assert [pace.take(1000.0 + 0.1 * number, 20, 50_000) for number in range(500)] == [0.0] * 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
FIELDS = st.sampled_from([*Policy.__dataclass_fields__, "other"])


@given(JSON | st.dictionaries(FIELDS, JSON))
def test_whatever_the_desk_says_there_is_a_limit(said):
    found = parse_policy(said)
    for name, line in Policy.__dataclass_fields__.items():
        value = getattr(found, name)
        assert type(value) is type(line.default) and value >= 0
        assert value == line.default or value == said[name]


@given(
    JSON | st.fixed_dictionaries({"bytes": JSON, "until": JSON | st.datetimes().map(lambda day: day.isoformat())})
)
def test_a_raise_that_cannot_be_read_is_none(said):
    assert parse_raised(said) == Raised()


def test_a_raise_is_read():
    told = {"bytes": 5, "until": "2026-11-26T00:00:00+01:00"}
    assert parse_raised(told) == Raised(5, 1_795_647_600.0)


class Told:
    """An account with a small budget, a clock that the test sets, and what it told."""

    def __init__(self):
        self.now, self.events = START, []
        self.account = Account(Window(), 0, Level.OK, self.say, lambda: self.now)
        self.account.learn(Policy(budget_soft_bytes=100, budget_hard_bytes=400), Raised())

    def say(self, event, window, limit):
        self.events.append((event, window, limit))


def test_each_level_is_told_once_on_the_way_up_and_on_the_way_down():
    told = Told()
    account = told.account
    for size, level in ((99, Level.OK), (1, Level.SOFT), (299, Level.SOFT), (1, Level.HARD), (50, Level.HARD)):
        assert account.add(size) is level
        told.now += 1
    assert told.events == [("budget-soft", 100, 100), ("budget-hard", 400, 400)]
    assert not account.over()
    account.add(50)
    assert account.over() and account.window.bytes == CONTROL_SHARE * 400
    told.now = account.again().timestamp() - 1
    assert account.settle() is Level.HARD
    told.now += 1
    assert account.settle() is Level.OK and not account.over()
    assert told.events[2:] == [("budget-again", 0, 400)]
    assert account.total == 500


@given(st.lists(st.tuples(st.integers(0, 7200), st.integers(0, 120)), max_size=80))
@settings(max_examples=50)
def test_the_level_never_flickers_at_an_edge(steps):
    """It goes up at a limit and down below nine tenths of it, so that one event needs a tenth of the limit."""
    told = Told()
    for later, size in steps:
        told.now += later
        told.account.settle()
        told.account.add(size)
        shown, level = told.account.window.bytes, told.account.level
        assert level is not Level.OK or shown < 100
        assert level is Level.HARD or shown < 400
        assert level is not Level.HARD or shown > RELEASE_SHARE * 400 - 1
    names = [event for event, _, _ in told.events]
    assert all(a != b or a == "budget-again" for a, b in pairwise(names))


def test_the_words_name_the_use_the_budget_the_moment_and_who_can_raise_it():
    account = Account(Window(), 0, Level.OK, lambda *_: None, lambda: START)
    account.add(256 << 20)
    for words in ("256 MB", "24 hours", "UTC", "admin"):
        assert words in account.why()
    assert "48 MB" in account.too_large(48 << 20) and "8 MB" in account.too_large(48 << 20)
    assert account.shown()["text"] == "256 of 256 MB shown today"


@given(JSON)
def test_a_reply_written_anew_says_the_same_and_again_costs_nothing(value):
    found = shapes.shape(json.dumps(value).encode())
    if found is None:
        return
    assert json.loads(found.body) == value
    assert found.news(found.values) == 0
    assert found.news({}) >= sum(len(value) for value in found.values.values())


@given(JSON, JSON)
def test_a_value_that_was_not_there_costs_its_length(before, after):
    old, new = (shapes.shape(json.dumps(value).encode()) for value in (before, after))
    if old is None or new is None:
        return
    fresh = {place: value for place, value in new.values.items() if old.values.get(place) != value}
    assert new.news(old.values) >= sum(max(1, len(value)) for value in fresh.values())


@given(st.binary(max_size=200))
def test_what_is_no_json_counts_whole(body):
    found = shapes.shape(body)
    if found is not None:
        assert json.loads(found.body) == json.loads(body)


@pytest.mark.parametrize("body", [b"[" * 100, b"[" * 20_000, b"NaN", b"1e999", b"{", b'"' + b"x" * 40_000 + b'"'])
def test_what_is_deep_long_or_no_number_counts_whole(body):
    assert shapes.shape(body) is None


def test_data_in_names_numbers_and_states_is_paid_for():
    row = b'{"id":"1","name":"%s","execution_state":"idle","connections":%d}'
    old, new = shapes.shape(row % (b"python3", 1)), shapes.shape(row % (b"patient-4711", 1234567))
    assert new.news(old.values) >= len("patient-4711") + len("1234567")
    assert shapes.shape(b'{"patient-4711":1}').news(old.values) >= len("patient-4711")


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("api/kernels", True),
        ("api/sessions/1", True),
        ("api/status", True),
        ("api/contents", False),
        ("api/kernels/1/x", False),
    ],
)
def test_only_what_jupyterlab_asks_again_and_again_is_read_for_news(path, is_one):
    assert shapes.polled(path) is is_one

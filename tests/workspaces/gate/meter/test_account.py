"""The account: a raise counts at once, a level does not flicker, and a record that is lost is not an empty one."""

import sqlite3
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workspaces.gate.conftest import ALICE
from workspaces.gate.desk import Info
from workspaces.gate.meter.account import Account
from workspaces.gate.meter.ledger import Entry, Ledger
from workspaces.gate.meter.meter import Meter
from workspaces.gate.meter.policy import Level, Policy, Raised
from workspaces.gate.meter.window import Window

MB = 1 << 20
DAY = 24 * 3600.0
HARD = Policy().budget_hard_bytes


class Told(list):
    """Takes what an account says."""

    def __call__(self, event, window, limit):
        self.append(event)


class Clock:
    now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def account(clock, told=None, shown=0):
    made = Account(Window(), 0, Level.OK, Told() if told is None else told, clock)
    made.add(shown)
    return made


@pytest.mark.parametrize("over", [0, 1, MB])
def test_an_admins_raise_counts_at_once_to_the_byte(clock, over):
    told = Told()
    spent = account(clock, told, HARD + over)
    assert spent.level is Level.HARD
    spent.learn(Policy(), Raised(over + 1, clock.now + 3600))
    assert spent.level is Level.SOFT
    assert spent.add(1) is Level.HARD
    assert told == ["budget-hard", "budget-again", "budget-hard"]


def test_a_raise_that_does_not_reach_the_use_changes_nothing(clock):
    spent = account(clock, shown=HARD + MB)
    spent.learn(Policy(), Raised(MB, clock.now + 3600))
    assert spent.level is Level.HARD


def test_a_raise_ends_by_itself(clock):
    spent = account(clock, shown=HARD)
    spent.learn(Policy(), Raised(10 * MB, clock.now + 3600))
    assert spent.level is Level.SOFT
    clock.now += 3601
    assert spent.settle() is Level.HARD


def test_the_level_falls_only_well_below_the_limit_and_then_says_so_once(clock):
    told = Told()
    spent = account(clock, told, 20 * MB)
    clock.now += 3600
    spent.add(HARD - 20 * MB)
    clock.now += DAY - 3000  # the first 20 MB are gone; 236 MB are above nine tenths of 256 MB
    assert spent.settle() is Level.HARD
    clock.now += 3600
    assert spent.settle() is Level.OK
    assert told == ["budget-hard", "budget-again"]


@given(st.lists(st.tuples(st.integers(0, 90 * MB), st.floats(0, DAY)), max_size=30))
def test_content_is_never_free_while_the_window_holds_the_hard_limit(steps):
    clock = Clock()
    one = account(clock)
    for size, later in steps:
        clock.now += later
        one.add(size)
        assert (one.settle() is Level.HARD) or one.window.bytes < HARD
        assert one.total >= one.window.bytes


def test_a_restart_keeps_level_policy_and_bytes_and_tells_nobody_again(tmp_path):
    path = tmp_path / "shown.sqlite"
    large = Policy(budget_soft_bytes=HARD, budget_hard_bytes=4 * HARD, uploads=False)
    first = Ledger(path)
    slot = int(time.time() // 300)
    first.save([Entry(ALICE, ((slot, HARD + MB),), 5 * HARD, Level.SOFT, large)])
    first.close()
    told = []
    second = Meter(Ledger(path), None, lambda *event, **detail: told.append(event))
    kept = second.known(ALICE)
    assert kept.settle() is Level.SOFT  # not HARD, as it were by the limits of a project that nobody has named
    assert (kept.policy, kept.window.bytes, kept.total) == (large, HARD + MB, 5 * HARD)
    assert told == []
    second.close()


def damage(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


@pytest.mark.parametrize("spoil", [damage, lambda path: path.write_bytes(b"not a database" * 1000)])
def test_a_damaged_record_counts_as_spent_until_an_admin_raises_it(tmp_path, spoil):
    path = tmp_path / "shown.sqlite"
    first = Ledger(path)
    first.save([Entry(ALICE, ((int(time.time() // 300), MB),), MB, Level.OK, Policy())])
    first.close()
    spoil(path)
    meter = Meter(Ledger(path), None, lambda *event, **detail: None)
    lost = meter.known(ALICE)
    assert lost.settle() is Level.HARD
    policy = {"budget_hard_bytes": 2 * HARD}  # the project's own limit, which is larger, is spent as well
    meter.learn(ALICE, Info(True, "", {}, policy=policy))
    assert lost.settle() is Level.HARD
    until = "2099-01-01T00:00:00+00:00"
    meter.learn(ALICE, Info(True, "", {}, policy=policy, raised={"bytes": MB, "until": until}))
    assert lost.settle() is Level.SOFT
    assert path.with_suffix(".damaged").exists()
    meter.close()
    again = Meter(Ledger(path), None, lambda *event, **detail: None)
    assert again.known(ALICE).settle() is Level.HARD  # also after another restart
    again.close()


def test_a_day_after_the_damage_an_unknown_account_is_an_empty_one(tmp_path):
    path = tmp_path / "shown.sqlite"
    path.write_bytes(b"no database" * 100)
    ledger = Ledger(path)
    assert ledger.suspect(time.time())
    assert not ledger.suspect(time.time() + DAY + 1)
    ledger.close()


def test_a_workspace_that_may_not_be_opened_keeps_the_limits_it_had(tmp_path):
    meter = Meter(Ledger(tmp_path / "shown.sqlite"), None, lambda *event, **detail: None)
    meter.learn(ALICE, Info(True, "", {}, policy={"budget_hard_bytes": MB, "uploads": False}))
    meter.learn(ALICE, Info(False, "suspended", {}, policy=None))
    assert meter.known(ALICE).policy == Policy(budget_hard_bytes=MB, uploads=False)
    meter.close()


def test_two_threads_that_save_and_load_leave_whole_accounts(tmp_path):
    ledger = Ledger(tmp_path / "shown.sqlite")
    failures = []

    def work(start):
        try:
            for number in range(200):
                at = int(time.time() // 300)
                ledger.save([Entry(ALICE, ((at, start + number),), start + number, Level.OK, Policy())])
                found = ledger.load(ALICE)
                assert found is not None and sum(size for _, size in found.buckets) == found.total
        except (AssertionError, sqlite3.Error) as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    ledger.close()

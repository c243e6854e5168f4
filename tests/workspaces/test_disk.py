"""What a project may use of the disk: warned, stopped, let in again to delete; who is to blame for a shortage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.names import PersonName, ProjectSlug
from workspaces.disk import (
    ALLOWANCE_BYTES,
    ALLOWANCE_FILES,
    Disk,
    Measures,
    Space,
    Use,
    fastest,
    kept_bytes,
    most_files,
    shown,
    start_reason,
    stop_reason,
)

GIB = 1 << 30
LIMIT = 20 * GIB
FILES = most_files(LIMIT)
TUMOUR, CARE = ProjectSlug("tumour-ml"), ProjectSlug("diabetes-care")
ALICE, BOB = (PersonName("alice"), TUMOUR), (PersonName("bob"), TUMOUR)
uses = st.builds(Use, st.integers(0, 3 * LIMIT), st.integers(0, 3 * FILES))


def started_with(use: Use, now: Use) -> Disk:
    return Disk(now, use)


@given(uses)
def test_what_fits_is_never_stopped_nor_refused(use):
    if use.bytes <= LIMIT and use.files <= FILES:
        assert stop_reason(started_with(Use(0, 0), use), LIMIT) == start_reason(use, LIMIT) == ""


@pytest.mark.parametrize("use", [Use(LIMIT + 1, 5), Use(5, FILES + 1)])
def test_a_workspace_that_takes_the_project_past_its_limit_is_stopped_and_told_what_to_do(use):
    reason = stop_reason(started_with(Use(5, 5), use), LIMIT)
    assert "20.0 GiB" in reason and "Your files are kept" in reason and "delete" in reason


@given(uses, st.integers(0, ALLOWANCE_BYTES), st.integers(0, ALLOWANCE_FILES))
def test_one_started_beyond_the_limit_goes_on_while_it_adds_little(least, more_bytes, more_files):
    if not least.exceeds(LIMIT, FILES):
        return
    assert not stop_reason(started_with(least, Use(least.bytes + more_bytes, least.files + more_files)), LIMIT)
    assert stop_reason(started_with(least, Use(least.bytes + ALLOWANCE_BYTES + 1, least.files)), LIMIT) or (
        least.bytes + ALLOWANCE_BYTES + 1 <= LIMIT and least.files <= FILES
    )


def test_what_cannot_be_measured_is_too_much_whenever_it_started():
    deep = Use(1, 1, True, True)
    assert "nested" in stop_reason(started_with(deep, deep), LIMIT)


def test_far_beyond_the_limit_nothing_starts_and_before_the_first_measure_everything_does():
    assert start_reason(None, LIMIT) == start_reason(Use(int(1.5 * LIMIT), 1), LIMIT) == ""
    assert "raise the limit" in start_reason(Use(int(1.5 * LIMIT) + 1, 1), LIMIT)
    assert "raise the limit" in start_reason(Use(1, 2 * FILES), LIMIT)


def test_members_are_warned_from_four_fifths_on():
    assert not shown(Use(int(0.8 * LIMIT), 1), LIMIT).warn
    near, over = shown(Use(int(0.81 * LIMIT), 1), LIMIT), shown(Use(LIMIT + 1, 1, complete=False), LIMIT)
    assert near.warn and "16.2 GiB" in near.text
    assert over.warn and "at least 20.0 GiB" in over.text and "Delete" in over.text
    assert shown(Use(1, int(0.9 * FILES)), LIMIT).warn


def test_a_project_never_has_more_files_than_are_counted():
    from workspaces.guard.usage import MOST

    assert most_files(1 << 60) < MOST


class TestMeasures:
    def test_nothing_is_known_before_the_first_measure(self):
        measures = Measures()
        measures.learn([ALICE], {})
        assert measures.of(ALICE) is None

    def test_a_workspace_counts_from_the_measure_before_its_start(self):
        measures = Measures()
        measures.learn([], {TUMOUR: Use(21 * GIB, 5)})
        measures.learn([ALICE], {TUMOUR: Use(23 * GIB, 6)})
        assert measures.of(ALICE) == Disk(Use(23 * GIB, 6), Use(21 * GIB, 5))

    def test_what_was_deleted_is_not_filled_again(self):
        measures = Measures()
        for use in (25, 21, 24):
            measures.learn([ALICE], {TUMOUR: Use(use * GIB, 5)})
        assert measures.of(ALICE).least.bytes == 21 * GIB
        assert stop_reason(measures.of(ALICE), LIMIT)

    def test_a_new_start_counts_anew_and_each_workspace_for_itself(self):
        measures = Measures()
        measures.learn([ALICE], {TUMOUR: Use(5 * GIB, 5)})
        measures.learn([ALICE], {TUMOUR: Use(22 * GIB, 5)})
        measures.learn([ALICE, BOB], {})
        assert stop_reason(measures.of(ALICE), LIMIT) and not stop_reason(measures.of(BOB), LIMIT)
        measures.learn([], {})
        assert measures.of(ALICE) is None
        measures.learn([ALICE], {TUMOUR: Use(22 * GIB, 5)})
        assert not stop_reason(measures.of(ALICE), LIMIT)

    @given(st.lists(uses, min_size=1, max_size=8))
    def test_the_least_is_the_least_of_all_reports(self, reports):
        measures = Measures()
        for use in reports:
            measures.learn([ALICE], {TUMOUR: use})
        found = measures.of(ALICE)
        assert found.use == reports[-1]
        assert found.least == Use(min(one.bytes for one in reports), min(one.files for one in reports))


def test_the_reserve_is_five_gib_or_a_twentieth_or_what_was_set():
    assert kept_bytes(None, 1000 * GIB) == 5 * GIB and kept_bytes(None, 20 * GIB) == GIB
    assert kept_bytes(7, 1000 * GIB) == 7


def test_bytes_or_files_may_run_short():
    assert Space(9, 10, 100, 10).short and Space(100, 10, 9, 10).short and not Space(10, 10, 10, 10).short


def test_who_grew_most_by_bytes_or_files_is_to_blame_and_nobody_for_a_little():
    growth = {TUMOUR: Use(30, 0), CARE: Use(0, 500)}
    assert fastest(growth, 10, 100) == CARE and fastest(growth, 10, 1000) == TUMOUR
    assert fastest(growth, 31, 501) is None and fastest({}, 1, 1) is None

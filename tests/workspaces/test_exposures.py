"""What the gate tells of content that was shown, and how a budget is raised; on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_mounts import members
from data_mounts.access import Policy
from data_mounts.changes import MB
from enclave import audit
from enclave.errors import BadInput, Refused
from enclave.names import PersonName, ProjectSlug
from enclave.people import Person, Role
from tests.data_mounts.builders import OPERATOR, dump, tumour_ml
from workspaces import budget, exposures
from workspaces.budget import Exposure, ExposureEvent, Level, Shown, asked, objection

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAIR = (PersonName("alice"), ProjectSlug("tumour-ml"))
BOBS = (PersonName("bob"), ProjectSlug("tumour-ml"))
ROLES = [frozenset(some) for size in range(len(Role) + 1) for some in combinations(Role, size)]
words = st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=3, max_size=300).filter(
    lambda text: len(text.strip()) >= 3
)


def person(name: str, roles: frozenset[Role] = frozenset(), blocked: bool = False) -> Person:
    return Person(1, PersonName(name), name.title(), "", roles, blocked)


@pytest.fixture
def ready(databases):
    with databases.write() as connection:
        tumour_ml(connection)
    return databases


def events(connection):
    return [one.event for one in reversed(audit.events(connection, "workspace:alice/tumour-ml"))]


def grant(connection, more=64 * MB, hours=24, reason="the yearly report", now=NOW, pair=PAIR, seen=None):
    wanted = asked(more, hours, reason, now)
    return exposures.raise_budget(connection, "adam", *pair, wanted, now, seen)


@pytest.mark.parametrize("roles", ROLES, ids=lambda roles: "+".join(sorted(roles)) or "researcher")
@pytest.mark.parametrize("blocked", [False, True])
@pytest.mark.parametrize("own", [False, True])
def test_nobody_raises_a_budget_but_an_admin_and_nobody_their_own(roles, blocked, own):
    said = objection(person("adam", roles, blocked), "adam" if own else "alice")
    assert (said is None) == (Role.ADMIN in roles and not blocked and not own)


@given(st.integers(-(2**63), 2**63), st.integers(-(2**31), 2**31), words)
def test_a_raise_is_bounded_in_bytes_and_in_time(more, hours, reason):
    possible = MB <= more <= 4096 * MB and 1 <= hours <= 168
    if possible:
        wanted = asked(more, hours, reason, NOW)
        assert wanted.bytes == more and HOUR <= wanted.until - NOW <= 7 * DAY
    else:
        with pytest.raises(BadInput, match=r"^A budget is raised "):
            asked(more, hours, reason, NOW)


@pytest.mark.parametrize("reason", ["", "  ", "ab", " a\n", "x" * 301, "a\x1b[31mb", "a\u202eb"])
def test_a_raise_needs_a_reason_that_can_be_read(reason):
    with pytest.raises(BadInput, match=r"^The reason "):
        asked(MB, 1, reason, NOW)


def test_a_raise_is_added_to_both_limits_until_its_end(ready):
    with ready.write() as connection:
        made = grant(connection)
        assert made.live(NOW) and made.until == NOW + DAY and made.by == "adam"
        assert budget.limits(Policy(), made) == (128 * MB, 320 * MB)
        assert budget.limits(Policy(), None) == (64 * MB, 256 * MB)
        assert exposures.raise_in_force(connection, *PAIR, NOW + DAY - HOUR) == made
        assert exposures.raise_in_force(connection, *PAIR, NOW + DAY) is None
        assert exposures.raise_in_force(connection, *BOBS, NOW) is None
        assert exposures.raises_in_force(connection, NOW + HOUR) == [made]
        assert exposures.raises_in_force(connection, NOW + DAY) == []


def test_saying_it_twice_raises_it_once(ready):
    with ready.write() as connection:
        first = grant(connection)
        assert grant(connection, now=NOW + timedelta(minutes=1), seen=0) == first
        assert events(connection).count(ExposureEvent.BUDGET_RAISED) == 1


def test_another_raise_takes_the_place_of_the_first_and_the_first_is_kept_on_record(ready):
    with ready.write() as connection:
        first = grant(connection)
        second = grant(connection, 128 * MB, now=NOW + HOUR, seen=first.id)
        assert exposures.raise_in_force(connection, *PAIR, NOW + HOUR) == second
        kept = exposures.raises(connection, *PAIR)
        assert [one.bytes for one in kept] == [128 * MB, 64 * MB]
        assert (kept[1].ended, kept[1].ended_by) == (NOW + HOUR, "adam")
        assert events(connection)[-3:] == [
            ExposureEvent.BUDGET_RAISED,
            ExposureEvent.RAISE_ENDED,
            ExposureEvent.BUDGET_RAISED,
        ]


def test_prolonging_a_raise_with_the_same_words_is_not_the_same_raise(ready):
    with ready.write() as connection:
        grant(connection)
        assert grant(connection, now=NOW + HOUR).until == NOW + HOUR + DAY


def test_ending_a_raise_is_recorded_once(ready):
    with ready.write() as connection:
        made = grant(connection)
        assert exposures.end_raise(connection, OPERATOR, *PAIR, NOW + HOUR, made.id)
        assert not exposures.end_raise(connection, OPERATOR, *PAIR, NOW + HOUR, made.id)
        assert exposures.raise_in_force(connection, *PAIR, NOW + HOUR) is None
        assert events(connection).count(ExposureEvent.RAISE_ENDED) == 1


@pytest.mark.parametrize("seen", [0, 99])
def test_of_two_admins_who_decided_on_the_same_page_one_is_told(ready, seen):
    with ready.write() as connection:
        grant(connection)
    before = dump(ready)
    with pytest.raises(Refused, match="changed meanwhile"), ready.write() as connection:
        grant(connection, 128 * MB, seen=seen)
    with pytest.raises(Refused, match="changed meanwhile"), ready.write() as connection:
        exposures.end_raise(connection, "boss", *PAIR, NOW + HOUR, seen)
    assert dump(ready) == before


def test_a_stranger_has_no_budget_to_raise_nor_has_one_who_left(ready):
    with ready.write() as connection:
        members.ensure_removed(connection, OPERATOR, "tumour-ml", "bob")
    before = dump(ready)
    for name in ("diego", "bob", "nobody"):
        with pytest.raises(Refused, match="not a member"), ready.write() as connection:
            grant(connection, pair=(PersonName(name), PAIR[1]))
    assert dump(ready) == before


def test_the_newest_report_of_each_workspace_is_kept(ready):
    with ready.write() as connection:
        exposures.tell(connection, [Shown(*PAIR, 5, 50, Level.OK), Shown(*BOBS, 7, 70, Level.SOFT)], NOW)
        exposures.tell(connection, [Shown(*PAIR, 6, 56, Level.HARD)], NOW + HOUR)
        found = exposures.all_exposures(connection)
        assert found == [Exposure(*PAIR, 6, 56, Level.HARD, NOW + HOUR), Exposure(*BOBS, 7, 70, Level.SOFT, NOW)]
        assert exposures.exposure(connection, *PAIR) == found[0]
        assert exposures.exposure(connection, PersonName("diego"), PAIR[1]) is None


def test_what_was_told_a_day_ago_has_left_the_window():
    one = Exposure(*PAIR, 6, 56, Level.HARD, NOW)
    assert (one.now(NOW + DAY - HOUR), one.now(NOW + DAY)) == (6, 0)

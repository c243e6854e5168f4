"""The figures say what happened: checked by hand, against numpy, and against a desk at work."""

from datetime import UTC, date, datetime, timedelta

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave import audit
from output_review.causes import CAUSES, Cause
from output_review.figures import KINDS, Load, Spread, figures, spread
from output_review.vocabulary import RequestEvent
from tests.output_review.kit import approved, as_person, rejected, resubmitted, returned, submitted, voted
from tests.output_review.test_api import ask
from tests.output_review.test_pages import a_form, confirm, page

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
E = RequestEvent


def event(kind, hours, request=1, actor="carol", **details):
    return audit.Event(1, MONDAY + timedelta(hours=hours), actor, kind, f"request:{request}", details)


def test_times_rounds_causes_and_load_of_two_requests_by_hand():
    found = figures([
        event(E.SUBMITTED, 0, 1, "alice"), event(E.SUBMITTED, 1, 2, "erin"),
        event(E.VOTED, 2, 1), event(E.RETURNED, 5, 1, "chen", cause="small-counts"),
        event(E.REJECTED, 9, 2, "chen", round=1, cause="nonsense"),
        event(E.RESUBMITTED, 168, 1, "alice"), event(E.VOTED, 171, 1), event(E.VOTED, 172, 1, "chen"),
        event(E.APPROVED, 172, 1, "system:desk", round=2),
    ])  # fmt: skip
    assert found.waiting == Spread(3, 3, 8) and found.answer == Spread(3, 5, 8)
    assert found.weeks == {date(2026, 11, 2): Spread(2, 5, 8), date(2026, 11, 9): Spread(1, 4, 4)}
    assert found.rounds == {1: 1, 2: 1}
    assert found.causes == {Cause.SMALL_COUNTS: 1, Cause.UNSAID: 1}
    assert found.load == {"carol": Load(2, 0, 0), "chen": Load(1, 1, 1)}


def test_what_began_before_the_period_counts_in_no_time():
    found = figures([event(E.VOTED, 0), event(E.APPROVED, 1, actor="system:desk", round=3)])
    assert found.waiting == found.answer == Spread(0, None, None) and found.weeks == {}
    assert found.rounds == {3: 1} and found.load == {"carol": Load(1, 0, 0)}
    assert figures([]).load == {}


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_median_and_p90_are_those_of_numpys_inverted_distribution(values):
    expected = [float(numpy.percentile(values, p, method="inverted_cdf")) for p in (50, 90)]
    assert spread(values) == Spread(len(values), *expected)


def test_every_cause_has_words():
    assert set(CAUSES) == set(Cause)


def test_a_desk_at_work_is_counted_on_both_databases(desks):
    one = resubmitted(desks, returned(desks, voted(desks, submitted(desks)), by="chen"), {"t.csv": b"new"})
    approved(desks, one)
    rejected(desks, submitted(desks, {"raw.csv": b"raw"}))
    with desks.database.read() as connection:
        since = datetime.now(UTC) - timedelta(days=1)
        found = figures(reversed(audit.events_since(connection, KINDS, since)))
    assert found.rounds == {1: 1, 2: 1} and found.answer.count == 3 and found.waiting.count == 3
    assert found.load == {"carol": Load(3, 0, 1), "chen": Load(2, 1, 0)}


async def test_the_page_shows_each_chart_with_its_numbers_in_a_table(client, desk):
    assert (await page(client, "carol", "/desk/figures")).count("Nothing in this period") == 4
    request = submitted(desk)
    await confirm(client, "carol", request, a_form(request, "return", cause="dominance"))
    rejected(desk, submitted(desk, {"raw.csv": b"raw"}))
    for person in ("carol", "adam", "audrey"):
        text = await page(client, person, "/desk/figures?days=30")
        assert text.count("<svg") == text.count('<td class="drawn">') == 1 + 1 + 2 + 2, "a bar in each line"
        assert CAUSES[Cause.DOMINANCE] in text and "not said" in text and "last 30 days" in text
        assert "style=" not in text.split("<main")[1], "the page's policy allows no style but our sheet's"
    for nonsense in ("x", "-1", "31", "1e3"):
        assert "last 90 days" in await page(client, "carol", f"/desk/figures?days={nonsense}")
    for person in ("alice", "erin"):
        await page(client, person, "/desk/figures", 403)
    assert f"({CAUSES[Cause.DOMINANCE]})" in await page(client, "alice", f"/desk/requests/{request.id}")


async def test_a_cause_is_part_of_what_is_confirmed(client, desk):
    request = submitted(desk)
    answer = await client.post(
        f"/desk/requests/{request.id}/decide",
        data=a_form(request, "return", cause="small-counts"),
        headers=as_person("carol"),
    )
    text = await answer.text()
    told = text.partition('name="confirmed" value="')[2][:64]
    answer = await client.post(
        f"/desk/requests/{request.id}/decide",
        data=a_form(request, "return", cause="model", confirmed=told),
        headers=as_person("carol"),
    )
    assert "<dialog open" in await answer.text()


async def test_programs_read_them_and_name_causes(client, desk):
    request = submitted(desk)
    ending = {"version": request.version, "comment": "round", "cause": "extremes"}
    assert (await ask(client, "carol", f"/requests/{request.id}/return", ending))[0] == 200
    status, found = await ask(client, "adam", "/figures?days=7")
    assert status == 200 and found["causes"] == [{"cause": "extremes", "times": 1}]
    assert found["load"] == [{"checker": "carol", "votes": 0, "returns": 1, "rejections": 0}]
    assert (await ask(client, "alice", "/figures"))[0] == 403
    assert (await ask(client, "carol", f"/requests/{request.id}/return", ending | {"cause": "no"}))[0] == 400


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_event_alone_breaks_nothing(kind):
    assert figures([event(kind, 0, round=1)]).answer.count == 0

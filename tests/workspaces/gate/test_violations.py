"""What a browser tells of the policy is counted, bounded, and never repeated."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workspaces.gate.conftest import ALICE, BASE
from workspaces.gate.paths import REPORTS
from workspaces.gate.violations import A_MINUTE, DIRECTIVES, LARGEST, OTHER, Limit, directive

REPORT = {"csp-report": {"effective-directive": "img-src", "blocked-uri": "https://evil.example/?the-secret"}}


@pytest.fixture
def told(world):
    heard = []
    world.gate._site._tell = lambda place, event, **detail: heard.append((place, event, detail))
    return heard


async def quiet(_request):
    raise AssertionError("a workspace is not told")


def test_a_directive_is_one_that_we_know():
    assert directive(json.dumps(REPORT).encode()) == "img-src"
    assert directive(b'{"csp-report": {"violated-directive": "script-src https://x"}}') == "script-src"
    assert directive(b'{"csp-report": {"effective-directive": "https://evil.example"}}') == OTHER


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_nothing_sent_breaks_it(body):
    found = directive(body if isinstance(body, bytes) else body.encode())
    assert found is None or found == OTHER or found in DIRECTIVES


@given(
    st.dictionaries(st.sampled_from(["effective-directive", "violated-directive", "x"]), st.text() | st.integers())
)
def test_nothing_of_its_words_comes_back(report):
    assert directive(json.dumps({"csp-report": report}).encode()) in {None, OTHER, *DIRECTIVES}


async def test_a_report_is_told_by_its_directive_alone(world, told):
    await world.workspace(quiet)
    sent = world.inside(**{"Content-Type": "application/csp-report", "Origin": "null", "Sec-Fetch-Dest": "report"})
    async with world.request("POST", world.work + BASE + REPORTS, sent, json.dumps(REPORT)) as answer:
        assert answer.status == 204
    assert told == [(ALICE, "violation", {"directive": "img-src", "count": 1})]


async def test_a_report_of_nobody_or_too_large_or_no_report_tells_nothing(world, told):
    await world.workspace(quiet)
    address = world.work + BASE + REPORTS
    async with world.request("POST", address, {}, json.dumps(REPORT)) as answer:
        assert answer.status == 401
    async with world.request("POST", address, world.inside(), b" " * LARGEST) as answer:
        assert answer.status == 413
    async with world.request("POST", address, world.inside(), b"no report") as answer:
        assert answer.status == 204
    assert told == []


def test_a_flood_is_not_looked_at_and_a_neighbour_is():
    now = 0.0
    limit = Limit(lambda: now)
    other = ("erin", "diabetes-care")
    assert [limit.passes(ALICE) for _ in range(A_MINUTE + 5)].count(True) == A_MINUTE
    assert limit.passes(other)
    now = 61.0
    assert limit.passes(ALICE)

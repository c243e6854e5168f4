"""The rules of access: every combination of what they look at, and the answer's promises under random grants."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_mounts import access
from data_mounts.access import Access, Code, Denied, Facts, GrantFacts, Limits, Policy, ProjectState, decide

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OPEN = Facts(
    person="alice",
    project="tumour-ml",
    blocked=False,
    member=True,
    state=ProjectState.ACTIVE,
    state_reason="",
    start=NOW - DAY,
    end=NOW + DAY,
    uid=200_001,
    gid=200_002,
    limits=Limits(),
    idle_stop_minutes=60,
    grants=(),
    datasets_folder=Path("/srv/enclave/datasets"),
    policy=Policy(),
)
TIMES = {"before": NOW + DAY, "within": NOW - DAY, "after": NOW - 3 * DAY}


def expected(blocked: bool, member: bool, state: ProjectState, when: str) -> Code | None:
    """The rules once more, as a person would say them."""
    if blocked:
        return Code.PERSON_BLOCKED
    if not member:
        return Code.NOT_A_MEMBER
    if state is not ProjectState.ACTIVE:
        return {"closed": Code.PROJECT_CLOSED, "suspended": Code.PROJECT_SUSPENDED}[state]
    return {"before": Code.PROJECT_NOT_STARTED, "within": None, "after": Code.PROJECT_ENDED}[when]


@pytest.mark.parametrize(
    "blocked,member,state,when", list(product([False, True], [False, True], ProjectState, TIMES))
)
def test_every_combination_has_the_answer_that_the_rules_give(blocked, member, state, when):
    start = TIMES[when]
    facts = replace(OPEN, blocked=blocked, member=member, state=state, start=start, end=start + 2 * DAY)
    answer = decide(facts, NOW)
    wanted = expected(blocked, member, state, when)
    assert isinstance(answer, Access) if wanted is None else answer.code is wanted


def test_every_rule_is_asked_and_every_code_has_its_rule():
    assert len(access.RULES) == len(Code) == len(set(access.RULES))


def test_a_reason_is_a_sentence_that_says_why():
    suspended = decide(replace(OPEN, state=ProjectState.SUSPENDED, state_reason="audit in progress"), NOW)
    assert suspended.reason.endswith("The reason given: audit in progress")
    assert "closed." in decide(replace(OPEN, state=ProjectState.CLOSED), NOW).reason
    assert "starts on 2 June 2026, 12:00 UTC" in decide(replace(OPEN, start=NOW + DAY), NOW).reason


def test_a_stranger_learns_nothing_about_a_project_that_exists():
    stranger = replace(OPEN, member=False, state=ProjectState.SUSPENDED, state_reason="secret")
    assert decide(stranger, NOW) == access.no_such_project("tumour-ml")


@pytest.mark.parametrize("moment,allowed", [(OPEN.start, True), (OPEN.end, False)])
def test_a_project_opens_at_its_start_and_is_over_at_its_end(moment, allowed):
    assert isinstance(decide(OPEN, moment), Access) is allowed


def test_a_project_without_grants_opens_without_data():
    answer = decide(OPEN, NOW)
    assert (answer.mounts, answer.until) == ((), OPEN.end)


moments = st.integers(-2000, 2000).map(lambda minutes: NOW + timedelta(minutes=minutes))
grants = st.lists(
    st.builds(GrantFacts, st.sampled_from(["wdbc", "claims", "diabetes"]), st.just("1"), moments, moments),
    unique_by=lambda grant: grant.dataset,
)


@given(grants, moments)
def test_exactly_the_live_grants_are_mounted_and_the_answer_holds_until_the_first_of_them_ends(some, now):
    facts = replace(OPEN, start=NOW - 9 * DAY, end=NOW + 9 * DAY, grants=some)
    answer = decide(facts, now)
    live = {grant.dataset: grant for grant in some if grant.start <= now < grant.end}
    assert {mount.dataset for mount in answer.mounts} == set(live)
    assert answer.until == min([facts.end, *(grant.end for grant in live.values())])
    assert answer.until > now


@given(grants, moments, moments)
def test_until_its_moment_an_answer_never_narrows(some, now, later):
    """What the guard relies on while the desk is down: before `until`, time alone takes nothing away."""
    facts = replace(OPEN, start=NOW - 9 * DAY, end=NOW + 9 * DAY, grants=some)
    answer = decide(facts, now)
    if now <= later < answer.until:
        assert set(answer.mounts) <= set(decide(facts, later).mounts)


def test_the_answer_carries_what_the_workspace_is_built_from():
    answer = decide(OPEN, NOW)
    assert (answer.person, answer.project, answer.uid, answer.gid) == ("alice", "tumour-ml", 200_001, 200_002)
    assert (answer.limits, answer.idle_stop_minutes) == (Limits(), 60)


def test_an_answer_cannot_be_changed_after_it_was_given():
    for answer in (decide(OPEN, NOW), decide(replace(OPEN, blocked=True), NOW)):
        with pytest.raises(AttributeError):
            answer.reason = answer.uid = 0
    assert isinstance(decide(replace(OPEN, blocked=True), NOW), Denied)

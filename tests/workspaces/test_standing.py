"""May a running workspace go on? What narrows stops it, what is added waits."""

from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_mounts.access import Access, Code, Denied, Limits, Policy
from data_mounts.mounts import Mount
from enclave.names import DatasetName, DatasetVersion, PersonName, ProjectSlug
from workspaces.standing import Activity, is_idle, objection, unreadable, upgrade

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
names = st.sets(st.sampled_from(["wdbc@1", "wdbc@2", "claims@1", "diabetes@1"]))


def access(*granted: str, idle: int = 60) -> Access:
    mounts = []
    for one in granted:
        name, _, version = one.partition("@")
        mounts.append(Mount(DatasetName(name), DatasetVersion(version), Path("/d"), PurePosixPath(f"/data/{name}")))
    limits = Limits()
    until = NOW + timedelta(days=1)
    return Access(
        PersonName("alice"),
        ProjectSlug("tumour-ml"),
        200_000,
        200_000,
        tuple(mounts),
        limits,
        until,
        idle,
        Policy(),
    )


def active(seconds: float = 0, busy: bool = False, ago: float = 5) -> Activity:
    return Activity(seconds, busy, NOW - timedelta(seconds=ago))


def test_what_is_allowed_and_used_goes_on():
    assert objection(access("wdbc@1"), ["wdbc@1"], "", active(), NOW) is None
    assert objection(access(), [], "", None, NOW) is None


@pytest.mark.parametrize("code", list(Code))
def test_every_denial_stops_it_with_its_own_words(code):
    stop = objection(Denied(code, "Because."), [], "", active(), NOW)
    assert stop and (stop.code, stop.reason) == (str(code), "Because.")


@given(names, names)
def test_it_stops_exactly_when_something_mounted_is_no_longer_granted(mounted, granted):
    stop = objection(access(*granted), mounted, "", active(), NOW)
    lost = mounted - granted
    assert bool(stop) == bool(lost)
    if stop:
        assert stop.code == "grant-revoked" and all(name in stop.reason for name in lost)


def test_the_reason_names_one_or_several_datasets():
    one = objection(access(), ["wdbc@1"], "", None, NOW)
    several = objection(access(), ["wdbc@1", "claims@1"], "", None, NOW)
    assert one.reason.startswith("The dataset wdbc@1 is no longer granted")
    assert several.reason.startswith("The datasets claims@1 and wdbc@1 are no longer granted")


def test_an_operators_order_stops_it():
    stop = objection(access(), [], "Maintenance.", active(), NOW)
    assert stop.code == "ordered" and "Maintenance." in stop.reason


@pytest.mark.parametrize(
    ("activity", "minutes", "idle"),
    [
        (active(3599), 60, False),
        (active(3600), 60, True),
        (active(36000, busy=True), 60, False),
        (active(36000), 0, False),
        (active(36000, ago=61), 60, False),
    ],
)
def test_idle_is_nobody_there_and_nothing_computing_by_a_fresh_report(activity, minutes, idle):
    assert is_idle(activity, minutes, NOW) is idle
    stop = objection(access(idle=minutes), [], "", activity, NOW)
    assert (stop.code if stop else None) == ("idle" if idle else None)


def test_without_a_report_nobody_is_idle():
    assert objection(access(idle=1), [], "", None, NOW) is None


def test_what_is_added_waits_and_is_announced():
    assert upgrade("sha256:a", ["wdbc@1"], "sha256:a", access("wdbc@1")) == ""
    assert upgrade("sha256:a", ["wdbc@1"], "", access("wdbc@1")) == ""
    both = upgrade("sha256:a", [], "sha256:b", access("wdbc@1"))
    assert both.endswith("it gets the dataset wdbc@1 and a newer version of the software.")


def test_what_cannot_be_read_is_not_allowed():
    assert unreadable("x" * 99, "y").code == "unknown"

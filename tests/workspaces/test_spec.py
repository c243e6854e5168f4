"""The create body is built from the desk's answer alone, and always within the profile."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import Broken
from enclave.layout import FIRST_PROJECT_GID, FIRST_WORKSPACE_UID, Layout
from enclave.names import PersonName, ProjectSlug
from workspaces.confinement import PROFILE
from workspaces.seccomp import allowed_calls, profile
from workspaces.spec import Limits, WorkspaceSpec, container_name, create_body, labels, until_of

LAYOUT = Layout(Path("/srv/enclave"))
IMAGE = "sha256:" + "a" * 64
GOOD = {
    "uid": FIRST_WORKSPACE_UID,
    "gid": FIRST_PROJECT_GID,
    "mounts": [
        {"dataset": "wdbc", "version": "1", "source": "/srv/enclave/datasets/wdbc/1", "target": "/data/wdbc"},
        {
            "dataset": "claims",
            "version": "2026",
            "source": "/srv/enclave/datasets/claims/2026",
            "target": "/data/claims",
        },
    ],
    "limits": {"memory_bytes": 1 << 30, "cpus": 1.5, "pids": 256, "tmp_bytes": 1 << 20},
    "until": "2027-01-01T00:00:00+00:00",
    "image": IMAGE,
    "runtime": "runc",
}
names = st.from_regex(r"[a-z][a-z0-9]{1,28}[a-z0-9]", fullmatch=True)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def read(answer: dict, person: str = "alice", project: str = "tumour-ml") -> WorkspaceSpec:
    return WorkspaceSpec.from_answer("demo", PersonName(person), ProjectSlug(project), answer, LAYOUT)


def environment(answer: dict) -> list[str]:
    found: list[str] = create_body(read(answer), LAYOUT)["Env"]
    return found


def test_terminals_are_on_only_where_the_desk_says_so():
    base = ["ENCLAVE_BASE_URL=/user/alice/tumour-ml/"]
    assert environment(GOOD) == environment(GOOD | {"terminals": False}) == base
    assert environment(GOOD | {"terminals": True}) == [*base, "ENCLAVE_TERMINALS=1"]
    for odd in ("yes", 1, None, []):
        with pytest.raises(Broken):
            read(GOOD | {"terminals": odd})


def test_a_good_answer_is_read_whole():
    spec = read(GOOD)
    assert [str(dataset) for dataset in spec.datasets] == ["claims@2026", "wdbc@1"]
    assert spec.limits == Limits(1 << 30, 1.5, 256, 1 << 20)
    assert spec.until == datetime(2027, 1, 1, tzinfo=UTC)
    assert read(GOOD | {"until": None}).until is None
    assert len(spec.key) == 20 and spec.container_name == f"demo-workspace-{spec.key}"


@given(st.sampled_from(sorted(GOOD)), anything)
def test_whatever_the_desk_answers_it_is_read_or_refused(field, value):
    try:
        spec = read(GOOD | {field: value})
    except Broken:
        return
    assert spec.uid >= FIRST_WORKSPACE_UID and spec.gid >= FIRST_PROJECT_GID
    assert spec.image == IMAGE and spec.runtime in ("runc", "runsc")
    assert create_body(spec, LAYOUT)


@given(names, names, st.sampled_from(sorted(GOOD)))
def test_an_answer_without_one_of_its_parts_is_refused(person, project, missing):
    with pytest.raises(Broken):
        read({key: value for key, value in GOOD.items() if key != missing}, person, project)


@pytest.mark.parametrize(
    "mount",
    [
        {"dataset": "wdbc", "version": "1", "source": "/srv/enclave/datasets/wdbc/2", "target": "/data/wdbc"},
        {"dataset": "wdbc", "version": "1", "source": "/srv/enclave/datasets/../x", "target": "/data/wdbc"},
        {"dataset": "wdbc", "version": "1", "source": "/srv/enclave/datasets/wdbc/1", "target": "/home"},
        {"dataset": "../etc", "version": "1", "source": "/etc", "target": "/data/../etc"},
        {"dataset": "wdbc", "version": "..", "source": "/srv/enclave/datasets/wdbc/..", "target": "/data/wdbc"},
    ],
)
def test_a_mount_from_or_to_elsewhere_is_refused(mount):
    with pytest.raises(Broken):
        read(GOOD | {"mounts": [mount]})


def test_two_versions_of_one_dataset_are_refused():
    other = {"dataset": "wdbc", "version": "2", "source": "/srv/enclave/datasets/wdbc/2", "target": "/data/wdbc"}
    with pytest.raises(Broken, match="two versions"):
        read(GOOD | {"mounts": [GOOD["mounts"][0], other]})


@given(names, names, st.integers(128 << 20, 1 << 40), st.floats(0.01, 64), st.integers(16, 4096))
def test_the_profile_holds_for_every_workspace(person, project, memory, cpus, pids):
    limits = {"memory_bytes": memory, "cpus": cpus, "pids": pids, "tmp_bytes": 1 << 20}
    body = create_body(read(GOOD | {"limits": limits}, person, project), LAYOUT)
    host = body.pop("HostConfig")
    for line in PROFILE:
        part, _, field = line.field.partition(".")
        assert (host if part == "HostConfig" else body)[field] == line.value
    assert host["Memory"] == host["MemorySwap"] == memory and host["PidsLimit"] == pids
    for mount in host["Mounts"]:
        assert Path(mount["Source"]).is_relative_to("/srv/enclave") and ".." not in mount["Source"]
        assert mount["ReadOnly"] == (mount["Target"].startswith("/data/") or mount["Target"].endswith("inward"))
        assert mount["BindOptions"] == {"Propagation": "rprivate", "NonRecursive": True}
    assert json.dumps(body)


@given(st.integers(16, 4096))
def test_under_gvisor_the_engine_counts_gvisors_own_threads_too(pids):
    limits = {"memory_bytes": 1 << 30, "cpus": 1.0, "pids": pids, "tmp_bytes": 1 << 20}
    counted = {}
    for runtime in ("runc", "runsc"):
        host = create_body(read(GOOD | {"limits": limits, "runtime": runtime}), LAYOUT)["HostConfig"]
        assert host["Runtime"] == runtime
        counted[runtime] = host["PidsLimit"]
    assert counted["runc"] == pids and counted["runsc"] > 2 * pids + 100


def test_the_list_of_system_calls_differs_between_runtimes_in_how_clone3_and_fallocate_fail_only():
    runc, runsc = profile("runc")["syscalls"], profile("runsc")["syscalls"]
    differing = [one for one in runc if one not in runsc] + [one for one in runsc if one not in runc]
    assert [one["names"] for one in differing] == [["clone3"], ["fallocate"], ["clone3"]]
    assert "SCMP_ACT_ALLOW" not in [one["action"] for one in differing]
    assert "ptrace" not in allowed_calls(), "who traces could let a call pass that is to be traced"


@given(st.lists(st.tuples(names, names), min_size=2, max_size=6, unique=True))
def test_two_workspaces_never_share_a_container(pairs):
    found = {container_name("demo", PersonName(person), ProjectSlug(project)) for person, project in pairs}
    assert len(found) == len(pairs)


@given(st.none() | st.datetimes(timezones=st.just(UTC)))
def test_the_end_is_read_back_from_the_label(until):
    answer = GOOD | {"until": until.isoformat() if until else None}
    assert until_of(labels(read(answer))) == until


def test_a_label_that_cannot_be_read_has_ended():
    long_ago = datetime.now(UTC) - timedelta(days=365)
    for found in ({}, {"enclave.until": "soon"}, {"enclave.until": "2030-01-01T00:00:00"}):
        until = until_of(found)
        assert until is not None and until < long_ago

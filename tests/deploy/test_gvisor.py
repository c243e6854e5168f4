"""gVisor made known to the engine: what the operator wrote stays, and what would break the engine is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy import debian, gvisor
from deploy.say import Stop

STOCK = {"io.containerd.runc.v2": {"path": "runc"}, "runc": {"path": "runc"}}
OTHERS = st.dictionaries(st.sampled_from(["crun", "nvidia"]), st.just({"path": "/usr/bin/other"}))
SETTINGS = st.dictionaries(
    st.sampled_from(["log-level", "data-root", "insecure-registries", "live-restore"]),
    st.sampled_from(["debug", "", 'a "quoted" é', True, [], ["127.0.0.0/8", "::1"], {"nested": {"a": 1}}]),
)


@given(settings=SETTINGS, others=OTHERS)
def test_everything_that_was_there_stays_and_ours_is_added(
    settings: dict[str, Any], others: dict[str, Any]
) -> None:
    before = {**settings, "runtimes": others} if others else settings
    after = json.loads(gvisor.merged(json.dumps(before), {**STOCK, **others}))
    assert gvisor.agrees(after["runtimes"].pop("runsc"))
    assert after["runtimes"] == others
    assert {name: value for name, value in after.items() if name != "runtimes"} == settings


@given(settings=SETTINGS, others=OTHERS)
def test_a_second_time_changes_not_a_byte(settings: dict[str, Any], others: dict[str, Any]) -> None:
    once = gvisor.merged(json.dumps({**settings, "runtimes": others}), {**STOCK, **others})
    known = {**STOCK, **json.loads(once)["runtimes"]}
    assert gvisor.merged(once, known) == once


def test_without_a_file_there_is_one_with_our_runtime() -> None:
    assert list(json.loads(gvisor.merged("", STOCK))) == ["runtimes"]


def test_arguments_of_an_older_version_of_ours_are_renewed() -> None:
    old = {"runtimes": {"runsc": {"path": str(gvisor.PROGRAM), "runtimeArgs": ["--platform=ptrace"]}}}
    assert gvisor.agrees(
        json.loads(gvisor.merged(json.dumps(old), {**STOCK, **old["runtimes"]}))["runtimes"]["runsc"]
    )


@pytest.mark.parametrize(
    "entry", [{"path": "/usr/bin/runsc"}, {"path": "runsc", "runtimeArgs": []}, {}, "runsc", None]
)
def test_somebody_elses_runtime_of_that_name_is_not_overwritten(entry: object) -> None:
    with pytest.raises(Stop, match="not the enclave's"):
        gvisor.merged(json.dumps({"runtimes": {"runsc": entry}}), STOCK)


@pytest.mark.parametrize("text", ["{", "[]", '"x"', '{"runtimes": 3}', '{"runtimes": ["runsc"]}', "[1]"])
def test_a_file_that_is_no_settings_is_left_as_it_is(text: str) -> None:
    with pytest.raises(Stop, match="cannot be read"):
        gvisor.merged(text, STOCK)


@pytest.mark.parametrize("name", ["runsc", "crun"])
def test_a_runtime_of_the_engines_command_line_is_not_doubled(name: str) -> None:
    """An engine that finds runtimes in both places refuses to start."""
    with pytest.raises(Stop, match="command line"):
        gvisor.merged("", {**STOCK, name: {"path": "/opt/it"}})


def test_an_entry_without_our_arguments_is_not_ours() -> None:
    ours = {"path": str(gvisor.PROGRAM), "runtimeArgs": [one.text for one in gvisor.ARGUMENTS]}
    assert gvisor.agrees(ours) and gvisor.agrees({**ours, "status": {"more": "in newer engines"}})
    assert not gvisor.agrees({"path": str(gvisor.PROGRAM)}) and not gvisor.agrees(None)
    assert not gvisor.agrees({**ours, "runtimeArgs": ours["runtimeArgs"][1:]})
    assert all(one.why for one in gvisor.ARGUMENTS)


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("runsc version 0.0~20240729.0\nspec: 1.2.0\n", 20240729),
        ("0.0~20221219.0-2+b3", 20221219),
        ("runsc version release-20250101.0", 20250101),
        ("", 0),
        ("VERSION_MISSING", 0),
    ],
)
def test_a_release_is_known_by_its_date(text: str, release: int) -> None:
    assert gvisor.release_in(text) == release


def test_the_mirror_is_the_one_that_this_machine_has() -> None:
    targets = (
        "Somebody https://packages.example.org/apt main\n"
        "Debian http://security.example.org/debian-security main\n"
        "Debian http://mirror.example.org/debian contrib\n"
        "Debian http://mirror.example.org/debian main\n"
    )
    line = debian.source(targets, "trixie", keyring=False)
    assert line == "deb http://mirror.example.org/debian trixie main\n"
    assert "signed-by" in debian.source(targets, "trixie", keyring=True)


@pytest.mark.parametrize("targets", ["", "Ubuntu http://mirror.example.org/ubuntu main\n", "Debian\n"])
def test_without_a_debian_mirror_it_says_so(targets: str) -> None:
    with pytest.raises(Stop, match="no Debian mirror"):
        debian.source(targets, "trixie", keyring=True)


def test_a_candidate_is_a_version_or_nothing() -> None:
    policy = "runsc:\n  Installed: (none)\n  Candidate: {}\n  Version table:\n     0.0~20221219.0-2+b3 500\n"
    assert debian.candidate_in(policy.format("0.0~20240729.0-4+b7")) == "0.0~20240729.0-4+b7"
    assert debian.candidate_in(policy.format("(none)")) == debian.candidate_in("") == ""

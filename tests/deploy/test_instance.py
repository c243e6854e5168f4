"""Settings of an instance: given, remembered, default, in this order; wrong ones are refused in plain words."""

import stat
from pathlib import Path

import pytest

from deploy import instance
from deploy.say import Stop


def given(root: Path, **settings: str) -> dict[str, str]:
    return {"ENCLAVE_ROOT": str(root), **settings}


def test_without_any_setting_it_is_the_demo_on_localhost(tmp_path: Path) -> None:
    ours = instance.load(given(tmp_path))
    assert ours.demo
    assert ours.name == "enclave"
    assert ours.values["ENCLAVE_URL"] == "http://localhost:8000"
    assert ours.values["ENCLAVE_OIDC_ISSUER"] == "http://idp.localhost:8002"
    assert ours.values["ENCLAVE_BIND"] == "127.0.0.1"


def test_what_was_decided_once_is_remembered(tmp_path: Path) -> None:
    settings = given(tmp_path, ENCLAVE_INSTANCE="second", ENCLAVE_PORT="9000", ENCLAVE_IDP_PORT="9002")
    instance.load(settings).remember(ENCLAVE_WORKSPACE_IMAGE="sha256:1")
    again = instance.load(given(tmp_path))
    assert (again.name, again.demo) == ("second", True)
    assert again.values["ENCLAVE_URL"] == "http://localhost:9000"
    assert again.values["ENCLAVE_OIDC_ISSUER"] == "http://idp.localhost:9002"
    assert again.values["ENCLAVE_WORKSPACE_IMAGE"] == "sha256:1"


def test_a_port_given_later_moves_the_address_that_was_made_from_it(tmp_path: Path) -> None:
    instance.load(given(tmp_path)).remember()
    assert instance.load(given(tmp_path, ENCLAVE_PORT="9000")).values["ENCLAVE_URL"] == "http://localhost:9000"


def test_remembering_the_same_writes_nothing(tmp_path: Path) -> None:
    ours = instance.load(given(tmp_path))
    ours.remember()
    before = ours.env_file.stat()
    ours.remember()
    assert ours.env_file.stat().st_ino == before.st_ino
    assert stat.S_IMODE(before.st_mode) == 0o644


def test_an_identity_provider_of_the_institution_ends_the_demo_for_good(tmp_path: Path) -> None:
    instance.load(given(tmp_path, ENCLAVE_OIDC_ISSUER="https://login.example.org")).remember()
    again = instance.load(given(tmp_path))
    assert not again.demo
    assert again.values["ENCLAVE_OIDC_ISSUER"] == "https://login.example.org"


def test_another_instance_cannot_take_over_a_folder(tmp_path: Path) -> None:
    instance.load(given(tmp_path)).remember()
    with pytest.raises(Stop, match="belongs to the instance 'enclave', not to 'other'"):
        instance.load(given(tmp_path, ENCLAVE_INSTANCE="other"))


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("ENCLAVE_PORT", "http", "a port number from 1 to 65535 is expected"),
        ("ENCLAVE_PORT", "70000", "a port number from 1 to 65535 is expected"),
        ("ENCLAVE_PORT", "8001", "three different ports"),
        ("ENCLAVE_BIND", "0.0.0.0", "would offer plain HTTP to other machines"),
        ("ENCLAVE_POSTGRES", "maybe", "is yes"),
        ("ENCLAVE_GROUP_ADMIN", "a$b", "cannot be in a setting"),
        ("ENCLAVE_GROUP_ADMIN", "a\nENCLAVE_PORT=1", "cannot be in a setting"),
        ("ENCLAVE_INSTANCE", "Not A Name", "lower-case"),
        ("ENCLAVE_TLS_CERTIFICATE", "/etc/ssl/own.pem", "/tls: a file in .* is expected|a file in"),
        ("ENCLAVE_URL", "http://enclave.example.org", "plain HTTP on an address that others can reach"),
    ],
)
def test_a_wrong_setting_is_refused_in_plain_words(tmp_path: Path, setting: str, value: str, words: str) -> None:
    with pytest.raises(Stop, match=words):
        instance.load(given(tmp_path, **{setting: value}))


@pytest.mark.parametrize("root", ["srv/enclave", "/srv/../etc", "/", "/srv"])
def test_a_folder_that_could_hold_more_than_us_is_refused(root: str) -> None:
    with pytest.raises(Stop, match="an absolute folder such as /srv/enclave"):
        instance.load({"ENCLAVE_ROOT": root})

"""Settings are read once; a wrong one is a paragraph of help, never a half-configured service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import BadInput
from enclave.settings import HELP, Settings


def test_nothing_set_is_the_loopback_demo():
    settings = Settings.from_env({})
    assert settings.instance == "enclave"
    assert settings.pages_url == "http://localhost:8000"
    assert settings.database_url == "sqlite:////srv/enclave/database/enclave.sqlite"
    assert settings.release_grace_seconds == 120


def test_the_process_environment_is_what_is_read_by_default(monkeypatch):
    monkeypatch.setenv("ENCLAVE_INSTANCE", "from-the-process")
    assert Settings.from_env().instance == "from-the-process"


def test_tls_settings_and_public_names_go_together():
    settings = Settings.from_env(
        {
            "ENCLAVE_URL": "https://enclave.example.org/",
            "ENCLAVE_WORKSPACES_URL": "https://workspaces.enclave.example.org",
            "ENCLAVE_TLS_CERTIFICATE": "/c.pem",
            "ENCLAVE_TLS_KEY": "/k.pem",
        }
    )
    assert settings.pages_url == "https://enclave.example.org"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENCLAVE_ROOT", "relative/folder"),
        ("ENCLAVE_ROOT", "/srv/../etc"),
        ("ENCLAVE_INSTANCE", "Not A Name"),
        ("ENCLAVE_URL", "localhost:8000"),
        ("ENCLAVE_URL", "http://localhost:8000/path"),
        ("ENCLAVE_URL", "ftp://localhost"),
        ("ENCLAVE_URL", "http://localhost:99999"),
        ("ENCLAVE_URL", "http://localhost:8001"),
        ("ENCLAVE_URL", "http://enclave.example.org"),
        ("ENCLAVE_WORKSPACES_URL", "http://10.0.0.7:8001"),
        ("ENCLAVE_URL", "https://enclave.example.org"),
        ("ENCLAVE_TLS_KEY", "/k.pem"),
        ("ENCLAVE_RELEASE_GRACE", "-1"),
        ("ENCLAVE_RELEASE_GRACE", "soon"),
        ("ENCLAVE_DISK_RESERVE", "5"),
        ("ENCLAVE_DISK_RESERVE", "0GiB"),
        ("ENCLAVE_DISK_RESERVE", "5 GB"),
        ("ENCLAVE_OIDC_REQUIRE_MFA", "perhaps"),
        ("ENCLAVE_RUNTIME", "gvisor"),
    ],
)
def test_a_wrong_setting_says_what_was_expected(name, value):
    with pytest.raises(BadInput) as refused:
        Settings.from_env({name: value})
    assert len(str(refused.value)) > 30


def test_plain_http_is_for_loopback_only():
    with pytest.raises(BadInput, match="plain HTTP"):
        Settings.from_env({"ENCLAVE_URL": "http://enclave.example.org"})


@given(st.sampled_from(sorted(HELP)), st.text(max_size=30))
def test_any_text_is_either_understood_or_refused_in_words(name, value):
    try:
        settings = Settings.from_env({name: value})
    except BadInput as refused:
        assert str(refused)
    else:
        assert settings.layout.root.is_absolute()


@pytest.mark.parametrize(("text", "size"), [("", None), ("512MiB", 512 << 20), ("5GiB", 5 << 30)])
def test_the_reserve_is_a_size_or_left_to_the_disk(text, size):
    assert Settings.from_env({"ENCLAVE_DISK_RESERVE": text}).disk_reserve_bytes == size

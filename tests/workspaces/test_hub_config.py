"""JupyterHub's configuration: what keeps a Hub that is taken over, or careless, within bounds."""

from dataclasses import replace

import pytest
from traitlets.config import Config

from enclave.errors import BadInput
from enclave.settings import Settings
from workspaces.hub import configure
from workspaces.login import EnclaveAuthenticator
from workspaces.proxy import GateProxy
from workspaces.spawner import WorkspaceSpawner


@pytest.fixture
def hub_settings(tmp_path):
    folder = tmp_path / "secrets" / "hub"
    folder.mkdir(parents=True)
    for name in ("cookie_secret", "crypt_key", "gate_token", "oidc_client_secret"):
        (folder / name).write_text("ab" * 32 + "\n")
    return Settings.from_env({"ENCLAVE_ROOT": str(tmp_path), "ENCLAVE_OIDC_ISSUER": "https://idp.example.org"})


@pytest.fixture
def c(hub_settings):
    found = Config()
    configure(found, hub_settings)
    return found


def test_named_servers_only_and_our_three_parts(c):
    hub = c.JupyterHub
    assert hub.allow_named_servers is True
    assert (hub.authenticator_class, hub.spawner_class, hub.proxy_class) == (
        EnclaveAuthenticator, WorkspaceSpawner, GateProxy,
    )  # fmt: skip


def test_nobody_is_an_admin_and_the_desk_decides_who_comes_in(c):
    for section in ("EnclaveAuthenticator", "Authenticator", "JupyterHub"):
        assert "admin_users" not in c[section] and "admin_groups" not in c[section]
    assert c.EnclaveAuthenticator.allow_all is True


def test_a_person_can_neither_make_tokens_nor_start_or_share_a_server_at_the_hub(c):
    roles = {role["name"]: role for role in c.JupyterHub.load_roles}
    scopes = roles["user"]["scopes"]
    assert "access:services!service=gate" in scopes
    assert not [
        one for one in scopes if one.split("!")[0] in ("self", "tokens", "shares", "servers", "admin:users")
    ]
    assert all("!" in scope for scope in scopes), "nothing of anybody else"
    assert set(roles["gate"]["scopes"]) == {"servers", "read:users:name", "read:users:activity", "proxy"}


def test_the_gate_is_an_oauth_client_that_gets_no_more_than_access(c):
    (gate,) = c.JupyterHub.services
    assert gate["oauth_client_id"] == "service-gate" and gate["oauth_no_confirm"] is True
    assert gate["oauth_client_allowed_scopes"] == ["access:servers!user"]
    assert gate["oauth_redirect_uri"] == "http://localhost:8000/oauth/callback"
    assert "admin" not in gate and "url" not in gate


def test_the_hub_listens_on_a_socket_and_nowhere_else(c, hub_settings):
    assert c.JupyterHub.hub_bind_url == c.JupyterHub.hub_connect_url
    assert c.JupyterHub.hub_bind_url.startswith("http+unix://%2F")
    assert c.JupyterHub.hub_socket_mode == 0o660
    assert c.GateProxy.control_socket == str(hub_settings.layout.control_socket)


def test_a_hub_that_ends_and_a_person_who_logs_out_leave_workspaces_running(c):
    assert c.JupyterHub.cleanup_servers is False and c.JupyterHub.shutdown_on_logout is False
    assert c.WorkspaceSpawner.http_timeout >= 60


def test_every_login_is_checked_again(c):
    login = c.EnclaveAuthenticator
    assert login.auth_refresh_age == 300 and login.auth_refresh_strict and login.refresh_pre_spawn
    assert login.enable_auth_state and len(c.CryptKeeper["keys"][0]) == 32


def test_no_secret_but_from_its_file(c, hub_settings):
    assert c.JupyterHub.cookie_secret_file == str(hub_settings.layout.secrets("hub") / "cookie_secret")
    assert "cookie_secret" not in c.JupyterHub


def test_cookies_are_secure_where_the_address_is(c, hub_settings):
    assert c.JupyterHub.tornado_settings["cookie_options"] == {"samesite": "Lax", "secure": False}
    found = Config()
    configure(found, replace(hub_settings, pages_url="https://enclave.example.org"))
    assert found.JupyterHub.tornado_settings["cookie_options"]["secure"] is True


@pytest.mark.parametrize("issuer", ["", "http://idp.example.org"])
def test_an_issuer_that_a_password_may_not_go_to_stops_the_hub(hub_settings, issuer):
    with pytest.raises(BadInput, match="ENCLAVE_OIDC_ISSUER"):
        configure(Config(), replace(hub_settings, oidc_issuer=issuer))

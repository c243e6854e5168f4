"""JupyterHub's configuration, as one function of our settings. Only sets, never appends or changes what is there.

The Hub starts and stops named servers and keeps people's sessions. It holds no engine socket, no workspace socket
and no database of ours, and nobody is its admin: that role can open everyone's server.
"""

from typing import Any
from urllib.parse import quote

from enclave.layout import Layout
from enclave.settings import Settings
from workspaces.login import EnclaveAuthenticator
from workspaces.openid import check_address
from workspaces.proxy import GateProxy
from workspaces.spawner import WorkspaceSpawner

GATE_SERVICE = "gate"
LOOK_SECONDS = 5  # how often the Hub asks the guard whether a workspace still runs


def configure(c: Any, settings: Settings) -> None:
    """Set everything on JupyterHub's config object; raise `BadInput` for an unsafe issuer."""
    _addresses(c, settings)
    _secrets(c, settings.layout)
    _people(c, settings)
    _login(c, settings)
    _workspaces(c, settings.layout)


def _addresses(c: Any, settings: Settings) -> None:
    layout = settings.layout
    c.JupyterHub.bind_url = settings.pages_url + "/"
    c.JupyterHub.public_url = settings.pages_url + "/"
    c.JupyterHub.hub_bind_url = c.JupyterHub.hub_connect_url = (
        f"http+unix://{quote(str(layout.hub_socket), safe='')}"
    )
    c.JupyterHub.hub_socket_mode = 0o660
    c.JupyterHub.default_url = "/home"
    c.JupyterHub.db_url = f"sqlite:///{layout.hub / 'jupyterhub.sqlite'}"
    c.JupyterHub.proxy_class = GateProxy
    c.GateProxy.control_socket = str(layout.control_socket)
    c.JupyterHub.last_activity_interval = 60  # seconds
    c.JupyterHub.cookie_max_age_days = 0.5
    secure = settings.pages_url.startswith("https://")
    c.JupyterHub.tornado_settings = {"cookie_options": {"samesite": "Lax", "secure": secure}}


def _secrets(c: Any, layout: Layout) -> None:
    folder = layout.secrets("hub")
    c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
    c.CryptKeeper.keys = [bytes.fromhex((folder / "crypt_key").read_text().strip())]


def _people(c: Any, settings: Settings) -> None:
    """Who may do what at the Hub: people next to nothing, for the gate starts and stops their workspaces."""
    token = (settings.layout.secrets("hub") / "gate_token").read_text().strip()
    c.JupyterHub.services = [
        {
            "name": GATE_SERVICE,
            "api_token": token,
            "oauth_client_id": f"service-{GATE_SERVICE}",
            "oauth_redirect_uri": f"{settings.pages_url}/oauth/callback",
            "oauth_no_confirm": True,
            "oauth_client_allowed_scopes": ["access:servers!user"],
        }
    ]
    c.JupyterHub.load_roles = [
        {
            "name": "user",
            "description": "A person: sees themselves and passes the gate. No tokens, no shares.",
            "scopes": ["read:users!user", "read:servers!user", "access:servers!user", _ACCESS_GATE],
        },
        {
            "name": "gate",
            "description": "The gate: starts and stops workspaces for their owners, and brings its routes back.",
            "services": [GATE_SERVICE],
            "scopes": ["servers", "read:users:name", "read:users:activity", "proxy"],
        },
    ]


_ACCESS_GATE = f"access:services!service={GATE_SERVICE}"


def _login(c: Any, settings: Settings) -> None:
    check_address(settings.oidc_issuer, "The setting ENCLAVE_OIDC_ISSUER")
    c.JupyterHub.authenticator_class = EnclaveAuthenticator
    c.EnclaveAuthenticator.issuer = settings.oidc_issuer
    c.EnclaveAuthenticator.client_id = settings.oidc_client_id
    c.EnclaveAuthenticator.client_secret = (
        (settings.layout.secrets("hub") / "oidc_client_secret").read_text().strip()
    )
    c.EnclaveAuthenticator.groups_claim = settings.oidc_groups_claim
    c.EnclaveAuthenticator.require_mfa = settings.oidc_require_mfa
    c.EnclaveAuthenticator.desk_socket = str(settings.layout.desk_socket("hub"))
    c.EnclaveAuthenticator.home_url = settings.pages_url + "/"
    c.EnclaveAuthenticator.oauth_callback_url = f"{settings.pages_url}/hub/oauth_callback"
    c.EnclaveAuthenticator.login_service = "your institution's account"
    c.EnclaveAuthenticator.allow_all = True  # the desk decides, by name
    c.EnclaveAuthenticator.auto_login = True
    c.EnclaveAuthenticator.enable_auth_state = True
    c.EnclaveAuthenticator.auth_refresh_age = 300  # seconds
    c.EnclaveAuthenticator.auth_refresh_strict = True
    c.EnclaveAuthenticator.refresh_pre_spawn = True


def _workspaces(c: Any, layout: Layout) -> None:
    c.JupyterHub.allow_named_servers = True
    c.JupyterHub.spawner_class = WorkspaceSpawner
    c.WorkspaceSpawner.guard_socket = str(layout.guard_socket)
    c.WorkspaceSpawner.control_socket = str(layout.control_socket)
    c.WorkspaceSpawner.poll_interval = LOOK_SECONDS
    c.WorkspaceSpawner.start_timeout = 120  # seconds
    c.WorkspaceSpawner.http_timeout = 120  # at its restart the Hub stops what does not answer it in this time
    c.JupyterHub.concurrent_spawn_limit = 20
    c.JupyterHub.cleanup_servers = False  # a Hub that ends leaves workspaces running
    c.JupyterHub.shutdown_on_logout = False

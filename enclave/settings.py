"""What an institution sets, read once from the environment by each entry point. No secret is among them.

Secrets are files in `secrets/<service>/` (see `enclave.layout`). `HELP` is the one table from which the error
for a wrong value and `docs/operations.md` are made.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from enclave.errors import BadInput
from enclave.layout import Layout
from enclave.mail import Smtp, smtp_of
from enclave.names import project_slug

HELP: dict[str, str] = {
    "ENCLAVE_INSTANCE": "Name of this instance; every container, image and network of ours is labelled with it.",
    "ENCLAVE_ROOT": "Absolute folder on the host that holds everything of this instance.",
    "ENCLAVE_URL": "Address of our own pages, as the browser sees it, such as https://enclave.example.org",
    "ENCLAVE_WORKSPACES_URL": "Address of the workspaces: another origin of the same site (a port or sub-domain).",
    "ENCLAVE_DATABASE_URL": "SQLAlchemy URL of the enclave's database; empty for SQLite below ENCLAVE_ROOT.",
    "ENCLAVE_OIDC_ISSUER": "Issuer of the OpenID Connect identity provider.",
    "ENCLAVE_OIDC_CLIENT_ID": "Our client id there; the client's secret is secrets/hub/oidc_client_secret.",
    "ENCLAVE_OIDC_GROUPS_CLAIM": "Claim that lists a person's groups.",
    "ENCLAVE_OIDC_REQUIRE_MFA": "yes: refuse a login whose `amr` claim shows a single factor.",
    "ENCLAVE_GROUP_ADMIN": "Group of the identity provider whose members are admins.",
    "ENCLAVE_GROUP_OUTPUT_CHECKER": "Group whose members are output checkers.",
    "ENCLAVE_GROUP_DATA_CONTROLLER": "Group whose members are data controllers.",
    "ENCLAVE_GROUP_AUDITOR": "Group whose members are auditors.",
    "ENCLAVE_TLS_CERTIFICATE": "PEM file with certificate and chain; required unless both addresses are loopback.",
    "ENCLAVE_TLS_KEY": "PEM file with its private key.",
    "ENCLAVE_WORKSPACE_IMAGE": "Engine image id (sha256:...) that new workspaces start from.",
    "ENCLAVE_RUNTIME": "Engine runtime of workspaces and checks: runc, or runsc for gVisor.",
    "ENCLAVE_CHECK_IMAGE": "Engine image id (sha256:...) of the automatic checks, set by `make up`. Empty: files"
    " wait for them.",
    "ENCLAVE_CHECK_MEMORY": "Memory of the automatic checks, which index the granted data in it, such as 6GiB.",
    "ENCLAVE_DISK_RESERVE": "Free disk that is kept for the stack, such as 5GiB; below it the project that grows"
    " fastest is stopped and nothing starts. Empty: 5 GiB, or 5 % of the disk where that is less.",
    "ENCLAVE_SMTP_HOST": "Mail server for notices. Empty: no mails, and no service but the hub has a network.",
    "ENCLAVE_SMTP_PORT": "Its port: 587 for starttls, 465 for tls.",
    "ENCLAVE_SMTP_TLS": "starttls, tls, or none for a server on this machine; the certificate is verified.",
    "ENCLAVE_SMTP_USER": "Who logs in there; the password is secrets/courier/smtp_password. Empty: nobody does.",
    "ENCLAVE_SMTP_FROM": "Address that the mails come from.",
    "ENCLAVE_RELEASE_GRACE": "Seconds in which an output checker can take an approval back before it is released.",
}
DEFAULTS: dict[str, str] = {
    "ENCLAVE_INSTANCE": "enclave",
    "ENCLAVE_ROOT": "/srv/enclave",
    "ENCLAVE_URL": "http://localhost:8000",
    "ENCLAVE_WORKSPACES_URL": "http://localhost:8001",
    "ENCLAVE_DATABASE_URL": "",
    "ENCLAVE_OIDC_ISSUER": "",
    "ENCLAVE_OIDC_CLIENT_ID": "enclave",
    "ENCLAVE_OIDC_GROUPS_CLAIM": "groups",
    "ENCLAVE_OIDC_REQUIRE_MFA": "no",
    "ENCLAVE_GROUP_ADMIN": "enclave-admins",
    "ENCLAVE_GROUP_OUTPUT_CHECKER": "enclave-output-checkers",
    "ENCLAVE_GROUP_DATA_CONTROLLER": "enclave-data-controllers",
    "ENCLAVE_GROUP_AUDITOR": "enclave-auditors",
    "ENCLAVE_TLS_CERTIFICATE": "",
    "ENCLAVE_TLS_KEY": "",
    "ENCLAVE_WORKSPACE_IMAGE": "",
    "ENCLAVE_RUNTIME": "runc",
    "ENCLAVE_CHECK_IMAGE": "",
    "ENCLAVE_CHECK_MEMORY": "6GiB",
    "ENCLAVE_DISK_RESERVE": "",
    "ENCLAVE_SMTP_HOST": "",
    "ENCLAVE_SMTP_PORT": "587",
    "ENCLAVE_SMTP_TLS": "starttls",
    "ENCLAVE_SMTP_USER": "",
    "ENCLAVE_SMTP_FROM": "",
    "ENCLAVE_RELEASE_GRACE": "120",
}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Settings:
    """The settings of one instance; see `HELP` for what each means."""

    instance: str
    layout: Layout
    pages_url: str
    workspaces_url: str
    database_url: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_groups_claim: str
    oidc_require_mfa: bool
    group_admin: str
    group_output_checker: str
    group_data_controller: str
    group_auditor: str
    tls_certificate: str
    tls_key: str
    workspace_image: str
    runtime: str
    check_image: str
    check_memory_bytes: int
    disk_reserve_bytes: int | None
    release_grace_seconds: int
    smtp: Smtp | None

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; raise `BadInput` with a paragraph of help for a wrong one."""
        env = os.environ if environment is None else environment
        value = {name: env.get(name, "").strip() or default for name, default in DEFAULTS.items()}
        root = Path(value["ENCLAVE_ROOT"])
        if not root.is_absolute() or ".." in root.parts:
            raise _wrong("ENCLAVE_ROOT", value["ENCLAVE_ROOT"], "an absolute path without '..' is expected")
        pages, workspaces = (_origin(name, value[name]) for name in ("ENCLAVE_URL", "ENCLAVE_WORKSPACES_URL"))
        if pages == workspaces:
            raise _wrong("ENCLAVE_WORKSPACES_URL", workspaces, "it must not be the same origin as ENCLAVE_URL")
        _refuse_plain_http((pages, workspaces), bool(value["ENCLAVE_TLS_CERTIFICATE"]))
        if bool(value["ENCLAVE_TLS_CERTIFICATE"]) != bool(value["ENCLAVE_TLS_KEY"]):
            raise _wrong("ENCLAVE_TLS_KEY", value["ENCLAVE_TLS_KEY"], "certificate and key are given together")
        grace = value["ENCLAVE_RELEASE_GRACE"]
        if not (grace.isascii() and grace.isdigit()):
            raise _wrong("ENCLAVE_RELEASE_GRACE", grace, "a whole number of seconds is expected")
        if value["ENCLAVE_OIDC_REQUIRE_MFA"] not in ("yes", "no"):
            raise _wrong("ENCLAVE_OIDC_REQUIRE_MFA", value["ENCLAVE_OIDC_REQUIRE_MFA"], "yes or no is expected")
        if value["ENCLAVE_RUNTIME"] not in ("runc", "runsc"):
            raise _wrong("ENCLAVE_RUNTIME", value["ENCLAVE_RUNTIME"], "runc or runsc is expected")
        layout = Layout(root)
        return cls(
            instance=project_slug(value["ENCLAVE_INSTANCE"]),
            layout=layout,
            pages_url=pages,
            workspaces_url=workspaces,
            database_url=value["ENCLAVE_DATABASE_URL"] or f"sqlite:///{layout.database}",
            oidc_issuer=value["ENCLAVE_OIDC_ISSUER"],
            oidc_client_id=value["ENCLAVE_OIDC_CLIENT_ID"],
            oidc_groups_claim=value["ENCLAVE_OIDC_GROUPS_CLAIM"],
            oidc_require_mfa=value["ENCLAVE_OIDC_REQUIRE_MFA"] == "yes",
            group_admin=value["ENCLAVE_GROUP_ADMIN"],
            group_output_checker=value["ENCLAVE_GROUP_OUTPUT_CHECKER"],
            group_data_controller=value["ENCLAVE_GROUP_DATA_CONTROLLER"],
            group_auditor=value["ENCLAVE_GROUP_AUDITOR"],
            tls_certificate=value["ENCLAVE_TLS_CERTIFICATE"],
            tls_key=value["ENCLAVE_TLS_KEY"],
            workspace_image=value["ENCLAVE_WORKSPACE_IMAGE"],
            runtime=value["ENCLAVE_RUNTIME"],
            check_image=value["ENCLAVE_CHECK_IMAGE"],
            check_memory_bytes=_size("ENCLAVE_CHECK_MEMORY", value["ENCLAVE_CHECK_MEMORY"]) or 0,
            disk_reserve_bytes=_size("ENCLAVE_DISK_RESERVE", value["ENCLAVE_DISK_RESERVE"]),
            release_grace_seconds=int(grace),
            smtp=smtp_of(value, layout.secrets("courier")),
        )


def _wrong(name: str, value: str, expected: str) -> BadInput:
    return BadInput(f"The setting {name} is {value!r}: {expected}. {HELP[name]}")


def _size(name: str, value: str) -> int | None:
    """A number of bytes from `512MiB` or `5GiB`; None for nothing."""
    if not value:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,8})(MiB|GiB)", value, re.ASCII)
    if found is None:
        raise _wrong(name, value, "a size such as 5GiB or 512MiB is expected")
    return int(found[1]) << (30 if found[2] == "GiB" else 20)


def _origin(name: str, value: str) -> str:
    """`scheme://host[:port]` without a trailing slash; raise `BadInput` for anything else."""
    parts = urlsplit(value)
    try:
        port = parts.port
    except ValueError:
        port = 0
    bare = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or value.rstrip("/") != bare:
        raise _wrong(name, value, "an address such as https://enclave.example.org is expected, without a path")
    return bare


def _refuse_plain_http(origins: tuple[str, ...], certificate: bool) -> None:
    """Plain HTTP is for loopback only: a session cookie on the wire is a session given away."""
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise BadInput(
                f"{origin} is plain HTTP on an address that others can reach. Give it https:// and set"
                " ENCLAVE_TLS_CERTIFICATE and ENCLAVE_TLS_KEY; plain HTTP is accepted on localhost only."
            )
        if parts.scheme == "https" and not certificate:
            raise _wrong("ENCLAVE_TLS_CERTIFICATE", "", f"{origin} needs a certificate")

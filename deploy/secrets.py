"""The secrets of our own processes: made once, each a file that only the service's user can read."""

import base64
import os
import secrets
from collections.abc import Callable
from typing import NamedTuple

from enclave.layout import GATE_UID, HUB_UID, Layout


class Secret(NamedTuple):
    """A file below secrets/<service>/, the number that owns it, and how its text is made."""

    service: str
    name: str
    owner: int
    make: Callable[[], str]


def _hex() -> str:
    return secrets.token_hex(32)


def _fernet() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


SECRETS: tuple[Secret, ...] = (
    Secret("hub", "cookie_secret", HUB_UID, _hex),
    Secret("hub", "crypt_key", HUB_UID, _hex),
    Secret("hub", "gate_token", HUB_UID, _hex),
    Secret("hub", "oidc_client_secret", HUB_UID, _hex),
    Secret("gate", "session_key", GATE_UID, _fernet),
)


def ensure(layout: Layout) -> None:
    """Make the secrets that are missing; one that exists is never changed.

    The gate's token is in two files with one text, one for each of the two processes that know it. With a real
    identity provider the operator replaces hub/oidc_client_secret by the one the provider gave.
    """
    for secret in SECRETS:
        _write_once(layout, secret.service, secret.name, secret.owner, secret.make())
    token = (layout.secrets("hub") / "gate_token").read_text()
    _write_once(layout, "gate", "hub_token", GATE_UID, token)


def _write_once(layout: Layout, service: str, name: str, owner: int, text: str) -> None:
    """Write a file that appears complete, with its owner and mode, or not at all."""
    path = layout.secrets(service) / name
    if path.exists():
        return
    fresh = path.with_name(f".{name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        os.fchown(file.fileno(), owner, owner)
        os.fsync(file.fileno())
    fresh.rename(path)

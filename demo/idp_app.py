"""The demo's identity provider as an ASGI application: Canaille, plus what its settings cannot say.

- The signing key is made at the first start and kept in `signing_key.json`: a key that changes with each restart
  would make every open session of the Hub unverifiable.
- `email_verified` is true: the demo's institution gave its people their addresses, and nobody can change theirs
  (Canaille 0.3.6 knows no such attribute, and its mapping of claims can only give text).
- Access tokens are random: Canaille's own are a function of person and second, so that two logins of one person
  in the same second, or a refresh right after a login, end in a database error.
- An answer without a body (304, "not modified") starts with an empty piece of one: hypercorn sends a status only
  together with the first piece, so a browser that came back saw 500 in place of each style sheet.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from canaille.hypercorn.app import create_app
from canaille.oidc import provider
from joserfc.jwk import RSAKey

KEY_FILE = Path("signing_key.json")


def signing_key() -> dict[str, Any]:
    """The private RSA key as a JWK; made once."""
    if not KEY_FILE.exists():
        beside = KEY_FILE.with_suffix(".new")
        beside.write_text(json.dumps(RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)))
        beside.replace(KEY_FILE)
    key: dict[str, Any] = json.loads(KEY_FILE.read_text())
    return key


def claims_with_verified_email(user: Any, mapping: Any = None) -> dict[str, Any]:
    claims: dict[str, Any] = canaille_claims(user, mapping)
    return {**claims, "email_verified": True} if claims.get("email") else claims


def random_access_token(**_client_grant_user_scope: Any) -> str:
    return secrets.token_urlsafe(36)


class NeverSilent:
    """A WSGI application whose answers all have a first piece, if only an empty one."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        body = self.inner(environ, start_response)
        try:
            yield b""
            yield from body
        finally:
            if hasattr(body, "close"):
                body.close()


canaille_claims = provider.generate_user_claims
provider.generate_user_claims = claims_with_verified_email
provider.generate_access_token = random_access_token
application = NeverSilent(create_app(wrap_asgi=False, config={"CANAILLE_OIDC": {"ACTIVE_JWKS": [signing_key()]}}))

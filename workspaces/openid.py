"""What a login at the identity provider must prove. Pure: fetching is `workspaces.login`'s.

oauthenticator takes the provider's answers as they come. We ask for more (OpenID Connect Core 1.0, 3.1.3.7): an ID
token signed with a key that the provider publishes, by our issuer, for our client, not expired, answering the
very request that this browser sent (nonce); and user information about the same subject. `Forbidden` says which
proof is missing.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt

from enclave.errors import BadInput, Forbidden

# Signatures by a key pair only: with a shared secret anybody who can check a token can also make one.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_SECONDS = 60
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_PER_TOKEN = {
    "exp",
    "iat",
    "nbf",
    "aud",
    "azp",
    "nonce",
    "amr",
    "acr",
    "auth_time",
    "at_hash",
    "c_hash",
    "jti",
    "sid",
}
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


@dataclass(frozen=True)
class Provider:
    """What the provider's discovery document says. `end_session` is empty where it cannot log people out.

    `scopes` is what we ask for: `groups` is one of its own that only some providers know. `basic`: how our client
    proves itself, in a header (the standard's default) or, where that is not offered, in the form.
    """

    issuer: str
    authorization: str
    token: str
    userinfo: str
    jwks: str
    end_session: str
    scopes: tuple[str, ...]
    basic: bool


def check_address(url: str, what: str) -> str:
    """Return `url` if a password or token may travel to it: https, or plain http on this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise BadInput(f"{what} is {url!r}, which is not an address.") from None
    local = host in _LOOPBACK or host.endswith(".localhost")
    if host and (parts.scheme == "https" or (parts.scheme == "http" and local)):
        return url
    raise BadInput(f"{what} is {url!r}: an https:// address is expected; plain http is accepted on localhost only.")


def read_discovery(document: Any, issuer: str) -> Provider:
    """Read a discovery document; raise `BadInput` if it is another issuer's or names an unsafe address."""
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        found = document.get("issuer") if isinstance(document, dict) else None
        raise BadInput(f"The identity provider says that it is {found!r}; ENCLAVE_OIDC_ISSUER is {issuer!r}.")
    authorization, token, userinfo, jwks = (
        check_address(str(document.get(name, "")), f"The provider's {name}") for name in _ENDPOINTS
    )
    end = document.get("end_session_endpoint")
    end = check_address(str(end), "Its end_session_endpoint") if end else ""
    groups = "groups" in (document.get("scopes_supported") or [])
    scopes = ("openid", "profile", "email", *(("groups",) if groups else ()))
    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    basic = "client_secret_basic" in methods
    return Provider(issuer, authorization, token, userinfo, jwks, end, scopes, basic)


def nonce_for(code_verifier: str) -> str:
    """The nonce of a login attempt: made from its PKCE secret, which only this browser's cookie holds."""
    digest = hmac.digest(code_verifier.encode(), b"enclave nonce", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def verified_claims(token: str, keys: jwt.PyJWKSet, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that proves all that the module's docstring lists; raise `Forbidden`."""
    try:
        header = jwt.get_unverified_header(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(keys, header.get("kid")),
            algorithms=[header["alg"]] if header.get("alg") in ALGORITHMS else [],
            issuer=issuer,
            audience=client_id,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "sub", "exp", "iat", "nonce"]},
        )
    except jwt.PyJWTError as error:
        raise Forbidden(f"The identity provider's ID token does not verify: {error}.") from error
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client_id:
        raise Forbidden("The identity provider's ID token was made for another client.")
    if not isinstance(claims["nonce"], str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise Forbidden("The identity provider's ID token answers another login attempt. Log in once more.")
    return claims


def has_key(keys: jwt.PyJWKSet, token: str) -> bool:
    """Whether the key that a token names is among these; if not, the provider may have new ones."""
    try:
        _key(keys, jwt.get_unverified_header(token).get("kid"))
    except jwt.PyJWTError:
        return False
    return True


def _key(keys: jwt.PyJWKSet, kid: str | None) -> jwt.PyJWK:
    """The key of this id; a token may leave the id out where the provider has one key only."""
    signing = [key for key in keys.keys if key.public_key_use in (None, "sig")]
    if kid is None and len(signing) == 1:
        return signing[0]
    for key in signing:
        if kid is not None and key.key_id == kid:
            return key
    raise jwt.InvalidKeyError("the provider publishes no key of its id")


def check_factors(claims: Mapping[str, Any]) -> None:
    """Raise `Forbidden` unless the login used two factors: `amr` has `mfa`, or two methods (RFC 8176)."""
    methods = claims.get("amr")
    shown = set(methods) if isinstance(methods, list) else set()
    if "mfa" not in shown and len(shown) < 2:
        raise Forbidden(
            "This enclave requires a login with two factors, and the identity provider reports one only. Set up a"
            " second factor there, log out and log in again."
        )


def person_from(claims: Mapping[str, Any], userinfo: Any, groups_claim: str) -> dict[str, Any]:
    """What the desk is told of who logs in; raise `Forbidden` when the two answers are about two subjects."""
    if not isinstance(userinfo, dict) or userinfo.get("sub") != claims["sub"]:
        raise Forbidden("The identity provider answered about somebody else than who logged in. Log in once more.")
    said = {**claims, **userinfo}
    groups = said.get(groups_claim)
    return {
        "issuer": claims["iss"],
        "subject": claims["sub"],
        "username": str(said.get("preferred_username") or ""),
        "display_name": str(said.get("name") or ""),
        "email": str(said.get("email") or "") if said.get("email_verified") is True else "",
        "groups": [str(group) for group in groups] if isinstance(groups, list) else [],
    }


def claims_to_keep(claims: Mapping[str, Any], userinfo: Mapping[str, Any]) -> dict[str, Any]:
    """The ID token's claims that stand in when the provider is asked again: who, and what only the token said.

    What user information said at login is left out, so that a group that is missing there later is a group lost.
    """
    whose = {"iss": claims["iss"], "sub": claims["sub"]}
    return {key: value for key, value in claims.items() if key not in userinfo and key not in _PER_TOKEN} | whose

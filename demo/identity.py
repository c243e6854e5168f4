#!/usr/bin/env python3
"""Prepare the demo's identity provider: Canaille 0.3.6, a real OpenID Connect provider, set up from files.

    python3 demo/identity.py --root /srv/enclave

Reads `<root>/instance.env` and `<root>/secrets/hub/oidc_client_secret`. Writes
    <root>/demo/accounts.json           address and people with their passwords, made once, mode 600
    <root>/demo/idp/canaille.toml       configuration      } read by demo/idp-start.sh, owned by the provider's
    <root>/demo/idp/seed.json           people, groups, us } number, mode 600
Running it again changes nothing, unless an address or the client's secret has changed.

What the provider says of a person (each line tried with a real login, tests/demo/test_identity.py):
    id_token    RS256, `kid` in the JWKS; iss = ENCLAVE_OIDC_ISSUER, aud = [client id], sub, nonce, amr = ["pwd"],
                auth_time, and the claims of the scopes
    userinfo    sub, preferred_username (both the short name, such as `alice`), name, email, email_verified (true),
                groups (a list; absent for somebody in no group: alice, bob and erin have none)
    required    nonce and PKCE (S256); without either the provider refuses
    discovery   <issuer>/.well-known/openid-configuration; it answers on the issuer's host and port only, anything
                else is redirected there
    choosing    `prompt=select_account` asks who logs in although a session is open; `prompt=login` asks the same
                person for the password again
    addresses   idp.localhost is the container's alias on the bridge `identity`, and loopback in the browser. There
                getaddrinfo (Tornado, urllib) finds the alias; c-ares (aiohttp with aiodns) answers 127.0.0.1 for
                any name below localhost, so do not ask with that one
    logging out <issuer>/oauth/end_session?id_token_hint=...&post_logout_redirect_uri=<ENCLAVE_URL>/ ; ending the
                Hub's session alone leaves the provider's open, and the next login goes through without a question
    lifetime    session, access token and refresh token: 10 hours, whatever happens to the container
"""

import argparse
import json
import secrets
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from demo.files import make_folder, read_settings, write_private
from demo.people import GROUPS, PEOPLE

IDP_UID = 51004  # enclave/layout.py; this script runs before anything of ours is installed
TEN_HOURS = 36_000
_NAMESPACE = uuid.UUID("5a0c1d0e-53d5-4c8c-9a3e-6d0f6a2b7e11")


def main() -> None:
    parser = argparse.ArgumentParser(description="Prepare the demo's identity provider.")
    parser.add_argument("--root", type=Path, required=True, help="the instance's folder (ENCLAVE_ROOT)")
    prepare(parser.parse_args().root)


def prepare(root: Path) -> None:
    """Write the accounts and the provider's files; idempotent."""
    settings = read_settings(root / "instance.env")
    secret_file = root / "secrets" / "hub" / "oidc_client_secret"
    if not secret_file.is_file():
        raise SystemExit(f"{secret_file} is missing: `make up` writes it before the identity provider is prepared.")
    make_folder(root / "demo", 0, 0o755)
    idp = root / "demo" / "idp"
    make_folder(idp, IDP_UID, 0o700)
    accounts = accounts_for(settings, _passwords(root / "demo" / "accounts.json"))
    write_private(root / "demo" / "accounts.json", _json(accounts))
    key_file = idp / "session_key"
    if not key_file.is_file():
        write_private(key_file, secrets.token_urlsafe(48), IDP_UID)
    write_private(idp / "canaille.toml", configuration(settings, key_file.read_text()), IDP_UID)
    seed = seed_for(settings, accounts, secret_file.read_text().strip())
    write_private(idp / "seed.json", _json(seed), IDP_UID)


def accounts_for(settings: dict[str, str], passwords: dict[str, str]) -> dict[str, object]:
    """What accounts.json says; a person without a password gets a new one."""
    people = [
        {
            "name": person.name,
            "display_name": person.display_name,
            "email": person.email,
            "password": passwords.get(person.name) or _new_password(),
            "roles": [person.role] if person.role else [],
            "projects": list(person.projects),
        }
        for person in PEOPLE
    ]
    return {"address": settings["ENCLAVE_URL"], "people": people}


def _passwords(accounts: Path) -> dict[str, str]:
    if not accounts.is_file():
        return {}
    return {person["name"]: person["password"] for person in json.loads(accounts.read_text())["people"]}


def _new_password() -> str:
    """Four words that can be typed from a screen, 53 bits."""

    def word() -> str:
        return "".join(secrets.choice("bcdfghjklmnprstvwxyz") + secrets.choice("aeiou") for _ in range(2))

    return "-".join(word() for _ in range(4))


def configuration(settings: dict[str, str], session_key: str) -> str:
    """The provider's TOML. Nobody may rename themselves, make groups or manage anything: only change a password."""
    issuer = urlsplit(settings["ENCLAVE_OIDC_ISSUER"])
    if not issuer.port:
        raise SystemExit("ENCLAVE_OIDC_ISSUER must carry a port in the demo, such as http://idp.localhost:8002.")
    ours = urlsplit(settings["ENCLAVE_URL"]).hostname
    lines = {
        "": {
            "SECRET_KEY": session_key,
            "SERVER_NAME": issuer.netloc,
            "PREFERRED_URL_SCHEME": issuer.scheme,
            "PERMANENT_SESSION_LIFETIME": "PT10H",
            "SESSION_COOKIE_SAMESITE": "Lax",
        },
        "OAUTH2_TOKEN_EXPIRES_IN": {"authorization_code": TEN_HOURS, "refresh_token": TEN_HOURS},
        "CANAILLE": {
            "NAME": "Demo identity provider",
            "LANGUAGE": "en",
            "ENABLE_REGISTRATION": False,
            "ENABLE_PASSWORD_RECOVERY": False,
            "LOGIN_ATTRIBUTES": ["user_name", "emails"],
        },
        "CANAILLE.ACL.DEFAULT": {
            "PERMISSIONS": ["edit_self", "use_oidc"],
            "READ": ["user_name", "groups", "emails", "formatted_name"],
            "WRITE": ["password"],
        },
        "CANAILLE_SQL": {"DATABASE_URI": "sqlite:///canaille.sqlite", "AUTO_MIGRATE": False},
        # Our address is "trusted": it is not asked whether the person consents to log in to their own enclave.
        "CANAILLE_OIDC": {"REQUIRE_NONCE": True, "TRUSTED_DOMAINS": [ours]},
        "CANAILLE_OIDC.USERINFO_MAPPING": {"PREFERRED_USERNAME": "{{ user.user_name }}"},
        "CANAILLE_SCIM": {"ENABLE_SERVER": False},
    }
    text = ""
    for table, values in lines.items():
        text += f"\n[{table}]\n" if table else ""
        text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    return text


def seed_for(settings: dict[str, str], accounts: dict, client_secret: str) -> dict[str, list[dict]]:
    """The objects for `canaille restore`: people, groups, and us as the one client."""
    url, client = settings["ENCLAVE_URL"], settings["ENCLAVE_OIDC_CLIENT_ID"]
    passwords = {person["name"]: person["password"] for person in accounts["people"]}
    users = [
        {
            "id": _id("user", person.name),
            "user_name": person.name,
            "formatted_name": person.display_name,
            "given_name": person.display_name.split()[0],
            "family_name": person.display_name.split()[-1],
            "display_name": person.display_name,
            "emails": [person.email],
            "password": passwords[person.name],
        }
        for person in PEOPLE
    ]
    groups = [
        {
            "id": _id("group", group),
            "display_name": group,
            "members": [_id("user", person.name) for person in PEOPLE if person.role == role],
        }
        for role, group in GROUPS.items()
    ]
    us = {
        "id": _id("client", client),
        "client_id": client,
        "client_secret": client_secret,
        "client_name": "Analysis enclave",
        "client_uri": url,
        "redirect_uris": [f"{url}/hub/oauth_callback"],
        "post_logout_redirect_uris": [f"{url}/", f"{url}/hub/login"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": ["openid", "profile", "email", "groups"],
        "audience": [_id("client", client)],
        "id_token_signed_response_alg": "RS256",
    }
    return {"user": users, "group": groups, "client": [us]}


def _id(kind: str, name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{name}"))


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()

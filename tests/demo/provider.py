"""A real login at the demo's identity provider: Debian's chromium for the pages, plain HTTP for the rest."""

import base64
import hashlib
import json
import secrets
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from playwright.sync_api import Browser, Page


@dataclass(frozen=True)
class Provider:
    """`port` on 127.0.0.1 is asked as the issuer's host: names below localhost resolve in browsers only."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str

    def ask(self, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, Any]:
        """GET, or POST a form as our client; the status and the JSON answer."""
        netloc = urlsplit(self.issuer).netloc
        with closing(HTTPConnection("127.0.0.1", urlsplit(self.issuer).port or 80, timeout=20)) as connection:
            if form is None:
                connection.request("GET", path, headers={"Host": netloc, **headers})
            else:
                basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
                headers |= {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
                connection.request("POST", path, urlencode(form), {"Host": netloc, **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")


@dataclass(frozen=True)
class Login:
    nonce: str
    code: str
    verifier: str


def authorization_url(provider: Provider, nonce: str, verifier: str, **more: str) -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": provider.redirect_uri,
        "scope": "openid profile email groups",
        "state": secrets.token_urlsafe(8),
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    query = {key: value for key, value in (query | more).items() if value}
    return f"{provider.issuer}/oauth/authorize?{urlencode(query)}"


def fill_login_pages(page: Page, name: str, password: str) -> None:
    """The provider's two pages: name first, then password."""
    for field, text in {"login": name, "password": password}.items():
        page.fill(f"input[name={field}]", text)
        page.wait_for_load_state()  # its script takes over the form; a click before that goes nowhere
        page.press(f"input[name={field}]", "Enter")


def log_in(provider: Provider, browser: Browser, name: str, password: str) -> Login:
    """Authorization code with PKCE, through the real pages, up to our redirect address.

    The Hub that is there knows nothing of this login (it has no state for it) and leaves the code alone.
    """
    nonce, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(authorization_url(provider, nonce, verifier))
        with page.expect_request(lambda request: request.url.startswith(provider.redirect_uri)) as back:
            fill_login_pages(page, name, password)
        return Login(nonce, parse_qs(urlsplit(back.value.url).query)["code"][0], verifier)
    finally:
        context.close()


def tokens(provider: Provider, login: Login) -> dict[str, Any]:
    """Exchange the code."""
    form = {
        "grant_type": "authorization_code",
        "code": login.code,
        "redirect_uri": provider.redirect_uri,
        "code_verifier": login.verifier,
    }
    status, answer = provider.ask("/oauth/token", form)
    assert status == 200, answer
    return dict(answer)


def verified_claims(provider: Provider, id_token: str) -> dict[str, Any]:
    """The ID token's claims, its signature verified with the provider's published keys."""
    _, keys = provider.ask("/oauth/jwks.json")
    header = jwt.get_unverified_header(id_token)
    key = next(jwt.PyJWK(key, algorithm="RS256") for key in keys["keys"] if key["kid"] == header["kid"])
    return dict(jwt.decode(id_token, key, ["RS256"], audience=provider.client_id, issuer=provider.issuer))

"""An OpenID Connect provider that answers what a test wants it to, wrong answers too, with real RSA keys."""

import base64
import json
import time
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "enclave", "client-secret"
ALICE = {
    "sub": "subject-alice",
    "preferred_username": "alice",
    "name": "Alice Martin",
    "email": "alice@example.org",
    "email_verified": True,
    "groups": ["enclave-output-checkers"],
}


class Key:
    """A signing key and what the provider publishes of it."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key()))
        self.published = public | {"kid": kid, "use": "sig", "alg": "RS256"}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        headers = {"kid": self.kid} | header
        return jwt.encode(claims, self.private, "RS256", {name: value for name, value in headers.items() if value})


class Provider:
    """Its whole state is public: a test changes an attribute, the next answer follows."""

    def __init__(self) -> None:
        self.key = Key("one")
        self.published = [self.key.published]
        self.issuer = ""
        self.nonce = ""
        self.claims: dict[str, Any] = {}
        self.userinfo: Any = dict(ALICE)
        self.userinfo_status = 200
        self.token_status = 200
        self.discovery: dict[str, Any] = {}
        self.access_token = "access-1"
        self.requests: list[str] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/token", self._token)
        app.router.add_get("/userinfo", self._userinfo)
        return app

    def id_token(self) -> str:
        at = int(time.time())
        standard = {"iss": self.issuer, "aud": CLIENT, "sub": ALICE["sub"], "iat": at, "exp": at + 60}
        claims = standard | {"nonce": self.nonce, "amr": ["pwd"]} | self.claims
        return self.key.sign({name: value for name, value in claims.items() if value is not None})

    async def _discovery(self, _request: web.Request) -> web.Response:
        self.requests.append("discovery")
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end",
            "scopes_supported": ["openid", "groups"],
        }
        return web.json_response(document | self.discovery)

    async def _keys(self, _request: web.Request) -> web.Response:
        self.requests.append("keys")
        return web.json_response({"keys": self.published})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.requests.append(f"token {form['grant_type']}")
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proven = request.headers.get("Authorization") == basic or form.get("client_secret") == SECRET
        if self.token_status != 200 or not proven:
            status = 401 if not proven else self.token_status
            return web.json_response({"error": "invalid_client"}, status=status)
        if form["grant_type"] == "refresh_token":
            self.access_token = "access-2"
        body = {"access_token": self.access_token, "refresh_token": "refresh", "id_token": self.id_token()}
        return web.json_response(body)

    async def _userinfo(self, request: web.Request) -> web.Response:
        self.requests.append("userinfo")
        if request.headers.get("Authorization") != f"Bearer {self.access_token}":
            return web.json_response({"error": "invalid_token"}, status=401)
        return web.json_response(self.userinfo, status=self.userinfo_status)

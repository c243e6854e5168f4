"""Logging in: the gate is an OAuth client of the Hub (authorisation code, PKCE, state in a sealed cookie).

JupyterHub's own `HubOAuth` is tied to Tornado handlers and to settings from the environment, so the dance is here:
`begin` sends the browser to the Hub, `finish` takes the code back and gives the session its cookie.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from enclave.errors import Forbidden
from workspaces.gate.headers import cookie_values
from workspaces.gate.hub import CLIENT_ID, Hub
from workspaces.gate.sessions import Sealer, Session, Sessions

CALLBACK = "/oauth/callback"
LOGIN_SECONDS = 900
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", re.ASCII)
_TRY_AGAIN = "This login was not started here, or too long ago. Open the page again and log in once more."


@dataclass(frozen=True)
class Login:
    """Sessions of the pages' origin."""

    hub: Hub
    sealer: Sealer
    sessions: Sessions
    secure: bool

    @property
    def cookie(self) -> str:
        """The session's cookie. `__Host-`: no other host of the site can set it; browsers want https for it."""
        return "__Host-enclave-session" if self.secure else "enclave-session"

    def _state_cookie(self, state: str) -> str:
        # One for each attempt: two tabs may log in at once.
        return f"{'__Secure-' if self.secure else ''}enclave-login-{state[:12]}"

    def token(self, request: web.BaseRequest) -> str | None:
        """The Hub's token in this browser's session cookie, if we sealed it."""
        for value in cookie_values(request.headers, self.cookie):
            content = self.sealer.open("session", value)
            if content is not None:
                return str(content["token"])
        return None

    async def session(self, request: web.BaseRequest) -> Session | None:
        """The session of this request; raise `Unavailable` when the Hub has not confirmed it for too long."""
        token = self.token(request)
        return None if token is None else await self.sessions.session(token)

    def begin(self, target: str) -> web.Response:
        """Send the browser to the Hub; `target` is the path that it is to come back to."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        question = {
            "client_id": CLIENT_ID,
            "redirect_uri": self.hub.redirect_uri,
            "response_type": "code",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        response = _redirect("/hub/api/oauth2/authorize?" + urlencode(question))
        response.set_cookie(
            self._state_cookie(state),
            self.sealer.seal("login", state=state, verifier=verifier, target=_local(target)),
            max_age=LOGIN_SECONDS,
            path=CALLBACK,
            httponly=True,
            secure=self.secure,
            samesite="Lax",
        )
        return response

    async def finish(self, request: web.BaseRequest) -> web.Response:
        """The Hub sent the browser back; raise `Forbidden` unless this browser began here a short while ago."""
        state, code = request.query.get("state", ""), request.query.get("code", "")
        name = self._state_cookie(state)
        opened = [self.sealer.open("login", value, LOGIN_SECONDS) for value in cookie_values(request.headers, name)]
        begun = next((content for content in opened if content and content["state"] == state), None)
        if begun is None or not state or not code:
            raise Forbidden(_TRY_AGAIN)
        token = await self.hub.token_for(code, str(begun["verifier"]))
        if token is None or await self.sessions.session(token) is None:
            raise Forbidden("JupyterHub did not confirm this login. Open the page again and log in once more.")
        response = _redirect(_local(str(begun["target"])))
        response.set_cookie(
            self.cookie,
            self.sealer.seal("session", token=token),
            path="/",
            httponly=True,
            secure=self.secure,
            samesite="Lax",
        )
        response.del_cookie(name, path=CALLBACK, secure=self.secure, httponly=True)
        return response

    def end(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """Take the session's cookie back and ask the Hub again whatever it said before."""
        token = self.token(request)
        if token is not None:
            self.sessions.forget(token)
        response.del_cookie(self.cookie, path="/", secure=self.secure, httponly=True, samesite="Lax")


def _local(target: str) -> str:
    """A path of ours; anything else (another host, control characters) becomes the home page."""
    return target if _LOCAL.fullmatch(target) else "/home"


def _redirect(where: str) -> web.Response:
    return web.Response(status=302, headers={"Location": where, "Cache-Control": "no-store"})

"""Logging in: JupyterHub's OpenID Connect login, with the proofs of `workspaces.openid`, and the desk's word.

The identity provider says who somebody is; the desk says under which name, and whether at all. Every five minutes,
and before each start of a workspace, both are asked again. A provider that does not answer ends no session, for at
most `GRACE_SECONDS`: its groups give no data, the desk and the guard decide about that.
"""

import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import jwt
from jupyterhub.user import User
from oauthenticator.generic import GenericOAuthenticator
from oauthenticator.oauth2 import OAuthLoginHandler, OAuthLogoutHandler, _deserialize_state
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError
from traitlets import Bool, Unicode

from enclave.errors import Forbidden, Refused
from workspaces import openid
from workspaces.socket_client import session_over

GRACE_SECONDS = 3600.0
_KNOWN_SECONDS = 600.0  # a discovery document is asked for again after this
_AWAY = "The identity provider does not answer at the moment, so nobody can log in. Try again in a minute."
_DESK_AWAY = "The enclave's records cannot be reached at the moment, so nobody can log in. Try again in a minute."


class LoginHandler(OAuthLoginHandler):
    """Sends the browser to the provider, with a nonce."""

    async def get(self) -> None:
        await self.authenticator.provider()
        super().get()

    def authorize_redirect(self, *arguments: Any, **named: Any) -> None:
        named["extra_params"] = {**named["extra_params"], "nonce": openid.nonce_for(self._verifier)}
        super().authorize_redirect(*arguments, **named)

    def _generate_pkce_params(self) -> tuple[str, str]:
        self._verifier, challenge = super()._generate_pkce_params()
        return self._verifier, challenge


class LogoutHandler(OAuthLogoutHandler):
    """Ends the provider's session too: on a shared computer the next person must not be logged in as this one."""

    _end = ""

    async def handle_logout(self) -> None:
        await super().handle_logout()
        self._end = await self.authenticator.end_session_url(self.current_user)

    async def render_logout_page(self) -> None:
        if self._end:
            self.redirect(self._end)
        else:
            await super().render_logout_page()


class EnclaveAuthenticator(GenericOAuthenticator):
    """See the module's docstring. Addresses come from the issuer's discovery document, when somebody logs in."""

    login_handler = LoginHandler
    logout_handler = LogoutHandler

    issuer = Unicode(config=True, help="The provider's issuer, exactly as it writes it.")
    groups_claim = Unicode("groups", config=True, help="The claim that lists a person's groups.")
    require_mfa = Bool(False, config=True, help="Refuse a login with a single factor.")
    desk_socket = Unicode(config=True, help="The desk's socket for the Hub.")
    home_url = Unicode(config=True, help="Where a browser goes after logging out.")

    _provider: openid.Provider | None = None
    _provider_until = 0.0
    _keys: jwt.PyJWKSet | None = None

    async def provider(self) -> openid.Provider:
        """The provider's addresses; raise HTTP 503 when it does not answer, 500 when it is not the one set."""
        if self._provider is None or time.monotonic() > self._provider_until:
            found = await self._fetch(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            try:
                self._provider = openid.read_discovery(found, self.issuer)
            except Refused as refused:
                self.log.error("%s", refused)
                raise HTTPError(500, str(refused)) from refused
            self._provider_until = time.monotonic() + _KNOWN_SECONDS
            self.authorize_url = self._provider.authorization
            self.token_url = self._provider.token
            self.userdata_url = self._provider.userinfo
            self.scope = list(self._provider.scopes)
            self.basic_auth = self._provider.basic
        return self._provider

    async def authenticate(self, handler: Any, data: Any = None, **_kwargs: Any) -> dict[str, Any]:
        """Who logs in, proved; raise HTTP 403 with the reason."""
        await self.provider()
        question = self.build_access_tokens_request_params(handler, data)
        try:
            token_info = await self._token(handler, question)
            verifier = _deserialize_state(handler.get_state_cookie()).get("code_verifier", "")
            claims = await self._claims(str(token_info.get("id_token") or ""), openid.nonce_for(verifier))
            if self.require_mfa:
                openid.check_factors(claims)
            userinfo = await self._userinfo(token_info)
            return await self._model(token_info, claims, userinfo)
        except Refused as refused:
            self.log.warning("a login was refused: %s", refused)
            raise HTTPError(403, str(refused)) from refused

    async def refresh_user(self, user: User, handler: Any = None, **_kwargs: Any) -> dict[str, Any] | bool:
        """Ask provider and desk again; False when the person must log in anew."""
        state = await user.get_auth_state()
        if not state or "claims" not in state:
            return False
        try:
            await self.provider()
            token_info, userinfo = await self._renewed(state)
            model = await self._model(token_info, state["claims"], userinfo)
        except Refused as refused:
            self.log.warning("the session of %s ends: %s", user.name, refused)
            return False
        except HTTPError as error:
            fresh = time.time() - float(state.get("confirmed", 0)) < GRACE_SECONDS
            self.log.warning("%s cannot be confirmed now: %s", user.name, error)
            return fresh and error.status_code == 503
        return model if model["name"] == user.name else False

    async def end_session_url(self, user: User | None) -> str:
        """Where the provider ends its own session; empty when it cannot, or does not answer."""
        state = await user.get_auth_state() if user else None
        if not state or not state.get("id_token"):
            return ""
        try:
            end = (await self.provider()).end_session
        except HTTPError:
            return ""
        question = {"id_token_hint": state["id_token"], "post_logout_redirect_uri": self.home_url}
        return f"{end}?{urlencode(question | {'client_id': self.client_id})}" if end else ""

    async def _renewed(self, state: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """User information by the access token, or by a new one; raise `Forbidden` when the provider says no."""
        token_info = {key: state[key] for key in ("access_token", "refresh_token", "id_token") if state.get(key)}
        try:
            return token_info, await self._userinfo(token_info)
        except Refused:
            if not state.get("refresh_token"):
                raise
        fresh = await self._token(None, self.build_refresh_token_request_params(state["refresh_token"]))
        token_info |= {key: fresh[key] for key in ("access_token", "refresh_token") if fresh.get(key)}
        return token_info, await self._userinfo(token_info)

    async def _claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        keys = self._keys
        if keys is None or not openid.has_key(keys, id_token):
            keys = self._keys = await self._fetch_keys()
        return openid.verified_claims(id_token, keys, self.issuer, self.client_id, nonce)

    async def _fetch_keys(self) -> jwt.PyJWKSet:
        found = await self._fetch((await self.provider()).jwks)
        try:
            return jwt.PyJWKSet.from_dict(found)
        except (jwt.PyJWTError, AttributeError, TypeError) as error:
            raise HTTPError(503, "The identity provider publishes no keys that can be read.") from error

    async def _model(self, token_info: dict[str, Any], claims: dict[str, Any], userinfo: Any) -> dict[str, Any]:
        """JupyterHub's model of who logs in, under the name that the desk gives; never one of its admins."""
        person = openid.person_from(claims, userinfo, self.groups_claim)
        state = {
            "access_token": token_info["access_token"],
            "refresh_token": token_info.get("refresh_token"),
            "id_token": token_info.get("id_token"),
            "claims": openid.claims_to_keep(claims, userinfo),
            "confirmed": time.time(),
        }
        return {"name": await self._ask_desk(person), "admin": False, "auth_state": state}

    async def _ask_desk(self, person: dict[str, Any]) -> str:
        """The name under which the desk knows this person; raise `Forbidden` with the desk's own words."""
        try:
            async with (
                session_over(Path(self.desk_socket)) as session,
                session.post("/hub/people", json=person) as answer,
            ):
                status, said = answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise HTTPError(503, _DESK_AWAY) from error
        if 400 <= status < 500:
            raise Forbidden(str(said.get("error") or "The enclave does not know you. Ask an admin."))
        if status != 200 or not isinstance(said.get("name"), str):
            raise HTTPError(503, _DESK_AWAY)
        return str(said["name"])

    async def _fetch(self, url: str) -> Any:
        check = openid.check_address(url, "The setting ENCLAVE_OIDC_ISSUER")
        return await self._asking(self.httpfetch(check, validate_cert=self.validate_server_cert))

    async def _token(self, handler: Any, form: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = await self._asking(self.get_token_info(handler, form))
        return {"token_type": "Bearer", **found}

    async def _userinfo(self, token_info: dict[str, Any]) -> Any:
        return await self._asking(self.token_to_user({"token_type": "Bearer", **token_info}))

    @staticmethod
    async def _asking(call: Awaitable[Any]) -> Any:
        """The provider's answer; raise `Forbidden` when it says no, HTTP 503 when it gives none."""
        try:
            return await call
        except HTTPClientError as error:
            if 400 <= error.code < 500:
                raise Forbidden("The identity provider did not confirm this login. Log in once more.") from error
            raise HTTPError(503, _AWAY) from error
        except (OSError, ValueError) as error:
            raise HTTPError(503, _AWAY) from error

"""What the gate asks of the Hub, over the Hub's socket, with the token of the service `gate`.

Three answers are told apart everywhere: yes, no, and no answer (`Unavailable`): a restarting Hub has
not said no.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp

from enclave.errors import BadInput
from enclave.names import PersonName, person_name
from workspaces.gate.errors import Unavailable
from workspaces.gate.upstream import Place

log = logging.getLogger("enclave.gate")
SERVICE = "gate"
CLIENT_ID = "service-gate"
SECONDS = 4.0  # for a short question
START_SECONDS = 60.0  # the Hub answers a start after 10 s at the latest, usually
DOWN = "JupyterHub does not answer at the moment. Running workspaces are not disturbed; try again in a minute."
_BROKEN_OFF = (aiohttp.ClientError, TimeoutError, OSError, json.JSONDecodeError)


class Hub:
    """The Hub's API; every method raises `Unavailable` when the Hub does not answer."""

    def __init__(self, client: aiohttp.ClientSession, token: str, redirect_uri: str) -> None:
        self._client = client
        self._token = token
        self.redirect_uri = redirect_uri

    async def person_of(self, token: str) -> PersonName | None:
        """Whose token this is, if it may be used here; None when the Hub says no."""
        status, body = await self._ask("GET", "/user", token=token)
        if status in (401, 403, 404):
            return None
        if status != 200 or not isinstance(body, dict):
            raise Unavailable(DOWN)
        scopes = body.get("scopes", [])
        if body.get("kind") != "user" or not {f"access:services!service={SERVICE}", "access:services"} & {*scopes}:
            return None
        try:
            return person_name(str(body.get("name", "")))
        except BadInput:
            return None

    async def token_for(self, code: str, verifier: str) -> str | None:
        """The access token for an authorisation code; None when the Hub refuses it."""
        form = {
            "client_id": CLIENT_ID,
            "client_secret": self._token,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        status, body = await self._ask("POST", "/oauth2/token", form=form)
        if status >= 500:
            raise Unavailable(DOWN)
        token = body.get("access_token") if status == 200 and isinstance(body, dict) else None
        return token if isinstance(token, str) else None

    async def start(self, place: Place) -> tuple[int, str]:
        """Start a workspace; the Hub's status (201 running, 202 starting) and its message."""
        status, body = await self._ask("POST", _server(place), seconds=START_SECONDS)
        return status, _message(body)

    async def stop(self, place: Place) -> tuple[int, str]:
        """Stop a workspace; 204 stopped, 202 stopping, 404 there is none."""
        status, body = await self._ask("DELETE", _server(place), seconds=START_SECONDS)
        return status, _message(body)

    async def progress(self, place: Place) -> AsyncGenerator[dict[str, Any]]:
        """The Hub's events while a workspace starts; nothing when it is not starting."""
        try:
            async with self._client.get(
                f"http://localhost/hub/api{_server(place)}/progress", headers=self._authorization(self._token)
            ) as answer:
                if answer.status != 200:
                    return
                async for line in answer.content:
                    if line.startswith(b"data:"):
                        event = json.loads(line[5:])
                        if isinstance(event, dict):
                            yield event
        except _BROKEN_OFF as error:
            raise Unavailable(DOWN) from error

    async def check_routes(self) -> bool:
        """Ask the Hub to give us all its routes; whether it did."""
        try:
            status, _ = await self._ask("POST", "/proxy", seconds=30.0)
        except Unavailable:
            return False
        if status != 200:
            log.warning("the Hub answered %s when asked for its routes", status)
        return status == 200

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        form: dict[str, str] | None = None,
        seconds: float = SECONDS,
    ) -> tuple[int, Any]:
        headers = {} if form else self._authorization(token or self._token)
        where = "http://localhost/hub/api" + path
        try:
            async with (
                asyncio.timeout(seconds),
                self._client.request(method, where, headers=headers, data=form) as answer,
            ):
                text = await answer.text()
                is_json = answer.content_type == "application/json"
                # With words in it, 503 is the Hub's answer: a workspace that could not be started, and why.
                if answer.status in (502, 503, 504) and not is_json:
                    raise Unavailable(DOWN)
                return answer.status, json.loads(text) if text and is_json else None
        except _BROKEN_OFF as error:
            raise Unavailable(DOWN) from error

    @staticmethod
    def _authorization(token: str) -> dict[str, str]:
        return {"Authorization": f"token {token}", "Accept": "application/json"}


def _server(place: Place) -> str:
    return f"/users/{place[0]}/servers/{place[1]}"


def _message(body: Any) -> str:
    return str(body.get("message", "")) if isinstance(body, dict) else ""

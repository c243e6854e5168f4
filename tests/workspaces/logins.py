"""What the tests of logging in share: a provider, the desk's answer, and the authenticator between them."""

from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from oauthenticator.oauth2 import _serialize_state
from tornado.web import HTTPError

from tests.workspaces.provider import CLIENT, SECRET, Provider
from workspaces import openid
from workspaces.login import EnclaveAuthenticator

VERIFIER = "a-verifier-of-this-browser"


@pytest.fixture
async def provider():
    found = Provider()
    async with TestServer(found.app()) as server:
        found.issuer = str(server.make_url("")).rstrip("/")
        found.nonce = openid.nonce_for(VERIFIER)
        found.server = server
        yield found


class Desk:
    """The desk's answer to a login, and what it was asked."""

    def __init__(self) -> None:
        self.status, self.answer, self.asked = 200, {"name": "alice"}, []

    async def people(self, request):
        self.asked.append(await request.json())
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def login_desk(tmp_path):
    found = Desk()
    app = web.Application()
    app.router.add_post("/hub/people", found.people)
    runner = web.AppRunner(app)
    await runner.setup()
    found.path = tmp_path / "desk.sock"
    await web.UnixSite(runner, str(found.path)).start()
    found.close = runner.cleanup
    yield found
    await runner.cleanup()


@pytest.fixture
def authenticator(provider, login_desk):
    return EnclaveAuthenticator(
        issuer=provider.issuer,
        client_id=CLIENT,
        client_secret=SECRET,
        desk_socket=str(login_desk.path),
        home_url="http://localhost:8000/",
        oauth_callback_url="http://localhost:8000/hub/oauth_callback",
        enable_auth_state=True,
        allow_all=True,
    )


def back(verifier: str = VERIFIER, code: str = "the-code"):
    """The browser's return, as the callback handler gives it to the authenticator."""
    state = _serialize_state({"state_id": "x", "next_url": None, "code_verifier": verifier})
    return SimpleNamespace(get_argument=lambda *_: code, get_state_cookie=lambda: state)


def user(state, name="alice"):
    async def get_auth_state():
        return state

    return SimpleNamespace(name=name, get_auth_state=get_auth_state)


async def refused(authenticator, handler=None) -> HTTPError:
    with pytest.raises(HTTPError) as caught:
        await authenticator.authenticate(handler or back())
    return caught.value

"""A login must prove who it is; the desk has the last word; both are asked again while the session lasts."""

import time
from types import SimpleNamespace

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from oauthenticator.oauth2 import _serialize_state
from tornado.web import HTTPError

from enclave.errors import BadInput
from tests.workspaces.provider import ALICE, CLIENT, SECRET, Key, Provider
from workspaces import openid
from workspaces.login import GRACE_SECONDS, EnclaveAuthenticator

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
async def desk(tmp_path):
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
def authenticator(provider, desk):
    return EnclaveAuthenticator(
        issuer=provider.issuer,
        client_id=CLIENT,
        client_secret=SECRET,
        desk_socket=str(desk.path),
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


async def test_a_proved_login_has_the_name_that_the_desk_gives_and_no_hub_power(authenticator, desk, provider):
    desk.answer = {"name": "alice-martin"}
    model = await authenticator.authenticate(back())
    assert model["name"] == "alice-martin" and model["admin"] is False
    assert desk.asked == [
        {
            "issuer": provider.issuer,
            "subject": "subject-alice",
            "username": "alice",
            "display_name": "Alice Martin",
            "email": "alice@example.org",
            "groups": ["enclave-output-checkers"],
        }
    ]
    assert model["auth_state"]["claims"] == {"iss": provider.issuer, "sub": "subject-alice"}
    assert "groups" in authenticator.scope
    assert await authenticator.check_allowed("alice-martin", model)


async def test_an_address_that_is_not_verified_and_groups_that_are_no_list_are_not_passed_on(
    authenticator, desk, provider
):
    provider.userinfo |= {"email_verified": "true", "groups": "enclave-admins"}
    await authenticator.authenticate(back())
    assert desk.asked[0]["email"] == "" and desk.asked[0]["groups"] == []


@pytest.mark.parametrize(
    ("claims", "word"),
    [
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"aud": "another-client"}, "audience"),
        ({"aud": [CLIENT, "another"]}, "another client"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "exp"),
        ({"sub": None}, "sub"),
        ({"nonce": None}, "nonce"),
        ({"nonce": "of another browser"}, "another login attempt"),
        ({"nonce": 5}, "another login attempt"),
        ({"iat": int(time.time()) + 3600}, "not yet valid"),
    ],
)
async def test_a_token_that_proves_something_else_is_refused(authenticator, provider, desk, claims, word):
    provider.claims = claims
    error = await refused(authenticator)
    assert error.status_code == 403 and word in str(error.log_message).lower()
    assert desk.asked == []


async def test_several_audiences_need_us_as_the_authorized_party(authenticator, provider):
    provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert (await authenticator.authenticate(back()))["name"] == "alice"


async def test_a_token_of_another_browsers_attempt_is_refused(authenticator, provider):
    error = await refused(authenticator, back("another-verifier"))
    assert error.status_code == 403


async def test_a_signature_by_another_key_is_refused(authenticator, provider, desk):
    other = Key("one")
    provider.key = other
    assert (await refused(authenticator)).status_code == 403
    assert desk.asked == []


@pytest.mark.parametrize("how", ["none", "shared secret", "no token", "unreadable"])
async def test_a_token_without_a_signature_of_the_provider_is_refused(authenticator, provider, monkeypatch, how):
    claims = jwt.decode(provider.id_token(), options={"verify_signature": False})
    made = {
        "none": jwt.encode(claims, None, "none", {"kid": "one"}),
        "shared secret": jwt.encode(claims, SECRET * 4, "HS256", {"kid": "one"}),
        "no token": "",
        "unreadable": "a.b.c",
    }[how]
    monkeypatch.setattr(provider, "id_token", lambda: made)
    assert (await refused(authenticator)).status_code == 403


async def test_a_new_key_of_the_provider_is_fetched_when_it_is_needed(authenticator, provider):
    await authenticator.authenticate(back())
    await authenticator.authenticate(back())
    assert provider.requests.count("keys") == 1
    provider.key = Key("two")
    provider.published = [provider.key.published]
    await authenticator.authenticate(back())
    assert provider.requests.count("keys") == 2 and provider.requests.count("discovery") == 1


async def test_a_token_may_leave_the_key_out_only_where_there_is_one(provider):
    token = provider.key.sign({"a": 1}, kid=None)
    both = [provider.key.published, Key("two").published]
    assert openid.has_key(jwt.PyJWKSet.from_dict({"keys": both[:1]}), token)
    assert not openid.has_key(jwt.PyJWKSet.from_dict({"keys": both}), token)


async def test_keys_that_cannot_be_read_are_a_fault_of_the_provider(authenticator, provider):
    provider.published = []
    assert (await refused(authenticator)).status_code == 503


async def test_user_information_about_somebody_else_is_refused(authenticator, provider, desk):
    provider.userinfo["sub"] = "subject-bob"
    error = await refused(authenticator)
    assert error.status_code == 403 and "somebody else" in error.log_message
    assert desk.asked == []


@pytest.mark.parametrize(
    ("amr", "enough"), [(["pwd"], False), (None, False), ("mfa", False), (["mfa"], True), (["pwd", "otp"], True)]
)
async def test_two_factors_where_they_are_required(authenticator, provider, amr, enough):
    authenticator.require_mfa = True
    provider.claims = {"amr": amr}
    if enough:
        assert await authenticator.authenticate(back())
    else:
        assert "two factors" in (await refused(authenticator)).log_message


async def test_the_desks_refusal_is_shown_in_its_own_words(authenticator, desk):
    desk.status, desk.answer = 403, {"error": "The name alice already belongs to another person (100 %)."}
    error = await refused(authenticator)
    assert error.status_code == 403 and error.log_message.startswith("The name alice already belongs")


@pytest.mark.parametrize(("status", "answer"), [(500, {"error": "x"}), (200, {}), (200, {"name": 5})])
async def test_a_desk_that_gives_no_answer_lets_nobody_in(authenticator, desk, status, answer):
    desk.status, desk.answer = status, answer
    assert (await refused(authenticator)).status_code == 503


async def test_a_desk_that_is_away_lets_nobody_in(authenticator, desk):
    await desk.close()
    error = await refused(authenticator)
    assert error.status_code == 503 and "records" in error.log_message


async def test_a_provider_that_is_away_or_refuses_is_said_plainly(authenticator, provider):
    provider.token_status = 400
    assert (await refused(authenticator)).status_code == 403
    provider.token_status = 500
    assert (await refused(authenticator)).status_code == 503
    await provider.server.close()
    authenticator._provider = None
    error = await refused(authenticator)
    assert error.status_code == 503 and "does not answer" in error.log_message


async def test_a_discovery_document_of_another_issuer_is_refused(authenticator, provider):
    provider.discovery = {"issuer": "https://elsewhere.example"}
    error = await refused(authenticator)
    assert error.status_code == 500 and "ENCLAVE_OIDC_ISSUER" in error.log_message


async def test_our_client_proves_itself_as_the_provider_offers(authenticator, provider):
    provider.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert await authenticator.authenticate(back())
    assert authenticator.basic_auth is False


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://idp.example.org", True),
        ("http://localhost:8002", True),
        ("http://idp.localhost:8002", True),
        ("http://127.0.0.1/x", True),
        ("http://[::1]:1", True),
        ("http://idp.example.org", False),
        ("http://localhost.example.org", False),
        ("ftp://localhost", False),
        ("http://[", False),
        ("", False),
        ("None", False),
    ],
)
def test_passwords_travel_encrypted_or_not_at_all(url, good):
    if good:
        assert openid.check_address(url, "It") == url
    else:
        with pytest.raises(BadInput):
            openid.check_address(url, "It")


@pytest.mark.parametrize("document", [[], None, "x", {"issuer": "https://i.example"}])
def test_a_discovery_document_that_lacks_something_is_refused(document):
    with pytest.raises(BadInput):
        openid.read_discovery(document, "https://i.example")


async def test_a_session_is_confirmed_and_lost_groups_are_lost(authenticator, provider, desk):
    state = (await authenticator.authenticate(back()))["auth_state"]
    del provider.userinfo["groups"]
    model = await authenticator.refresh_user(user(state))
    assert model["name"] == "alice" and desk.asked[-1]["groups"] == []
    assert model["auth_state"]["confirmed"] >= state["confirmed"]


async def test_groups_that_only_the_token_tells_stay_until_the_next_login(authenticator, provider, desk):
    provider.claims = {"groups": ["enclave-auditors"]}
    del provider.userinfo["groups"]
    state = (await authenticator.authenticate(back()))["auth_state"]
    await authenticator.refresh_user(user(state))
    assert desk.asked[-1]["groups"] == ["enclave-auditors"]


async def test_an_access_token_that_ended_is_renewed(authenticator, provider):
    state = (await authenticator.authenticate(back()))["auth_state"]
    provider.access_token = "access-2"
    model = await authenticator.refresh_user(user(state))
    assert model["auth_state"]["access_token"] == "access-2"
    assert "token refresh_token" in provider.requests


async def test_a_session_ends_when_provider_or_desk_say_no(authenticator, provider, desk):
    state = (await authenticator.authenticate(back()))["auth_state"]
    desk.status, desk.answer = 403, {"error": "You are blocked."}
    assert await authenticator.refresh_user(user(state)) is False
    desk.status, desk.answer = 200, {"name": "somebody-else"}
    assert await authenticator.refresh_user(user(state)) is False
    desk.answer = {"name": "alice"}
    provider.userinfo_status = provider.token_status = 401
    assert await authenticator.refresh_user(user(state)) is False
    assert await authenticator.refresh_user(user(state | {"refresh_token": None})) is False
    assert await authenticator.refresh_user(user(None)) is False
    assert await authenticator.refresh_user(user({"access_token": "of an older version"})) is False


async def test_a_provider_that_is_away_ends_no_session_for_an_hour(authenticator, provider):
    state = (await authenticator.authenticate(back()))["auth_state"]
    provider.userinfo_status = 503
    assert await authenticator.refresh_user(user(state)) is True
    assert await authenticator.refresh_user(user(state | {"confirmed": time.time() - GRACE_SECONDS - 1})) is False
    provider.userinfo_status = 200
    provider.userinfo["sub"] = "subject-bob"
    assert await authenticator.refresh_user(user(state)) is False


async def test_logging_out_ends_the_providers_session_too(authenticator, provider):
    state = (await authenticator.authenticate(back()))["auth_state"]
    url = await authenticator.end_session_url(user(state))
    assert url.startswith(f"{provider.issuer}/end?id_token_hint=") and "post_logout_redirect_uri=http%3A" in url
    assert await authenticator.end_session_url(None) == ""
    assert await authenticator.end_session_url(user({})) == ""
    await provider.server.close()
    authenticator._provider = None
    assert await authenticator.end_session_url(user(state)) == ""


async def test_a_provider_that_cannot_log_out_is_left_alone(authenticator, provider):
    provider.discovery = {"end_session_endpoint": None}
    state = (await authenticator.authenticate(back()))["auth_state"]
    assert await authenticator.end_session_url(user(state)) == ""
    assert ALICE["sub"] == state["claims"]["sub"]

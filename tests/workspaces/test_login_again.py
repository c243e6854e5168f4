"""While a session lasts, provider and desk are asked again; logging out ends the provider's session too."""

import time

from tests.workspaces.logins import back, user
from tests.workspaces.provider import ALICE
from workspaces.login import GRACE_SECONDS


async def test_a_session_is_confirmed_and_lost_groups_are_lost(authenticator, provider, login_desk):
    state = (await authenticator.authenticate(back()))["auth_state"]
    del provider.userinfo["groups"]
    model = await authenticator.refresh_user(user(state))
    assert model["name"] == "alice" and login_desk.asked[-1]["groups"] == []
    assert model["auth_state"]["confirmed"] >= state["confirmed"]


async def test_groups_that_only_the_token_tells_stay_until_the_next_login(authenticator, provider, login_desk):
    provider.claims = {"groups": ["enclave-auditors"]}
    del provider.userinfo["groups"]
    state = (await authenticator.authenticate(back()))["auth_state"]
    await authenticator.refresh_user(user(state))
    assert login_desk.asked[-1]["groups"] == ["enclave-auditors"]


async def test_an_access_token_that_ended_is_renewed(authenticator, provider):
    state = (await authenticator.authenticate(back()))["auth_state"]
    provider.access_token = "access-2"
    model = await authenticator.refresh_user(user(state))
    assert model["auth_state"]["access_token"] == "access-2"
    assert "token refresh_token" in provider.requests


async def test_a_session_ends_when_provider_or_desk_say_no(authenticator, provider, login_desk):
    state = (await authenticator.authenticate(back()))["auth_state"]
    login_desk.status, login_desk.answer = 403, {"error": "You are blocked."}
    assert await authenticator.refresh_user(user(state)) is False
    login_desk.status, login_desk.answer = 200, {"name": "somebody-else"}
    assert await authenticator.refresh_user(user(state)) is False
    login_desk.answer = {"name": "alice"}
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

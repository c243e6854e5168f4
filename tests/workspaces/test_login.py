"""A login must prove who it is, and the desk has the last word."""

import time

import jwt
import pytest

from tests.workspaces.logins import back, refused
from tests.workspaces.provider import CLIENT, SECRET, Key


async def test_a_proved_login_has_the_name_that_the_desk_gives_and_no_hub_power(
    authenticator, login_desk, provider
):
    login_desk.answer = {"name": "alice-martin"}
    model = await authenticator.authenticate(back())
    assert model["name"] == "alice-martin" and model["admin"] is False
    assert login_desk.asked == [
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
    authenticator, login_desk, provider
):
    provider.userinfo |= {"email_verified": "true", "groups": "enclave-admins"}
    await authenticator.authenticate(back())
    assert login_desk.asked[0]["email"] == "" and login_desk.asked[0]["groups"] == []


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
async def test_a_token_that_proves_something_else_is_refused(authenticator, provider, login_desk, claims, word):
    provider.claims = claims
    error = await refused(authenticator)
    assert error.status_code == 403 and word in str(error.log_message).lower()
    assert login_desk.asked == []


async def test_several_audiences_need_us_as_the_authorized_party(authenticator, provider):
    provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert (await authenticator.authenticate(back()))["name"] == "alice"


async def test_a_token_of_another_browsers_attempt_is_refused(authenticator, provider):
    error = await refused(authenticator, back("another-verifier"))
    assert error.status_code == 403


async def test_a_signature_by_another_key_is_refused(authenticator, provider, login_desk):
    other = Key("one")
    provider.key = other
    assert (await refused(authenticator)).status_code == 403
    assert login_desk.asked == []


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


async def test_keys_that_cannot_be_read_are_a_fault_of_the_provider(authenticator, provider):
    provider.published = []
    assert (await refused(authenticator)).status_code == 503


async def test_user_information_about_somebody_else_is_refused(authenticator, provider, login_desk):
    provider.userinfo["sub"] = "subject-bob"
    error = await refused(authenticator)
    assert error.status_code == 403 and "somebody else" in error.log_message
    assert login_desk.asked == []


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


async def test_the_desks_refusal_is_shown_in_its_own_words(authenticator, login_desk):
    login_desk.status, login_desk.answer = (
        403,
        {"error": "The name alice already belongs to another person (100 %)."},
    )
    error = await refused(authenticator)
    assert error.status_code == 403 and error.log_message.startswith("The name alice already belongs")


@pytest.mark.parametrize(("status", "answer"), [(500, {"error": "x"}), (200, {}), (200, {"name": 5})])
async def test_a_desk_that_gives_no_answer_lets_nobody_in(authenticator, login_desk, status, answer):
    login_desk.status, login_desk.answer = status, answer
    assert (await refused(authenticator)).status_code == 503


async def test_a_desk_that_is_away_lets_nobody_in(authenticator, login_desk):
    await login_desk.close()
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

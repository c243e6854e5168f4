"""What the running identity provider tells the Hub, through its own pages in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from demo.files import read_settings
from tests.demo.provider import (
    Login,
    Provider,
    authorization_url,
    fill_login_pages,
    log_in,
    tokens,
    verified_claims,
)
from tests.running import Stack, stack

__all__ = ["stack"]
pytestmark = [pytest.mark.stack, pytest.mark.browser]


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def provider(stack: Stack) -> Provider:
    settings = read_settings(stack.layout.root / "instance.env")
    secret = (stack.layout.secrets("hub") / "oidc_client_secret").read_text().strip()
    callback = f"{settings['ENCLAVE_URL']}/hub/oauth_callback"
    return Provider(settings["ENCLAVE_OIDC_ISSUER"], settings["ENCLAVE_OIDC_CLIENT_ID"], secret, callback)


def password(stack: Stack, name: str) -> str:
    return str(stack.accounts[name]["password"])


def test_a_login_gives_a_signed_id_token_for_us_with_our_nonce(
    stack: Stack, provider: Provider, browser: Browser
) -> None:
    login = log_in(provider, browser, "carol", password(stack, "carol"))
    claims = verified_claims(provider, tokens(provider, login)["id_token"])
    assert claims["iss"] == provider.issuer
    assert claims["aud"] == [provider.client_id]
    assert claims["nonce"] == login.nonce
    assert claims["amr"] == ["pwd"]
    assert claims["sub"] == claims["preferred_username"] == "carol"


def test_userinfo_says_who_it_is_with_verified_address_and_groups(
    stack: Stack, provider: Provider, browser: Browser
) -> None:
    login = log_in(provider, browser, "carol", password(stack, "carol"))
    answer = tokens(provider, login)
    status, person = provider.ask("/oauth/userinfo", Authorization=f"Bearer {answer['access_token']}")
    assert status == 200
    assert person["sub"] == "carol"
    assert person["name"] == "Carol Bernard"
    assert person["email"] == "carol@example.org"
    assert person["email_verified"] is True
    assert person["groups"] == ["enclave-output-checkers"]
    assert answer["expires_in"] == 36_000


def test_two_refreshes_in_one_second_both_work(stack: Stack, provider: Provider, browser: Browser) -> None:
    login = log_in(provider, browser, "erin", password(stack, "erin"))
    refresh = str(tokens(provider, login)["refresh_token"])
    for _ in range(2):
        status, answer = provider.ask("/oauth/token", {"grant_type": "refresh_token", "refresh_token": refresh})
        assert status == 200
        refresh = answer["refresh_token"]


def test_a_code_is_worth_nothing_without_its_verifier(stack: Stack, provider: Provider, browser: Browser) -> None:
    login = log_in(provider, browser, "erin", password(stack, "erin"))
    with pytest.raises(AssertionError, match="invalid_grant"):
        tokens(provider, Login(login.nonce, login.code, "x" * 50))


def test_a_wrong_password_goes_nowhere(provider: Provider, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(authorization_url(provider, "nonce", "x" * 50))
    fill_login_pages(page, "alice", "wrong-wrong-wrong")
    assert page.get_by_text("Login failed").is_visible()
    page.close()


def test_nobody_can_rename_themselves_or_make_a_group(stack: Stack, provider: Provider, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{provider.issuer}/login")
    fill_login_pages(page, "erin", password(stack, "erin"))
    page.wait_for_url(lambda url: "/login" not in url and "/auth" not in url)
    profile = page.goto(f"{provider.issuer}/profile/erin")
    assert profile is not None and profile.status == 200
    assert not page.locator("input[name=user_name]:not([readonly])").count()
    groups = page.goto(f"{provider.issuer}/groups/add")
    assert groups is not None and groups.status in (403, 404)
    page.close()

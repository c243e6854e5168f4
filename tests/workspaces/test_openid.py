"""The proofs of a login by themselves."""

import jwt
import pytest

from enclave.errors import BadInput
from tests.workspaces.provider import Key
from workspaces import openid


def test_a_token_may_leave_the_key_out_only_where_there_is_one():
    key = Key("one")
    token = key.sign({"a": 1}, kid=None)
    both = [key.published, Key("two").published]
    assert openid.has_key(jwt.PyJWKSet.from_dict({"keys": both[:1]}), token)
    assert not openid.has_key(jwt.PyJWKSet.from_dict({"keys": both}), token)


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

"""The identity provider's files: made once, private, and narrow in what they let people do."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from demo import identity
from demo.files import read_settings, write_private
from demo.people import PEOPLE

INSTANCE = """# made by a test
ENCLAVE_INSTANCE=demo-test
ENCLAVE_URL=http://localhost:18000
ENCLAVE_OIDC_ISSUER=http://idp.localhost:18002
ENCLAVE_OIDC_CLIENT_ID=enclave
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "instance.env").write_text(INSTANCE)
    (tmp_path / "secrets" / "hub").mkdir(parents=True)
    (tmp_path / "secrets" / "hub" / "oidc_client_secret").write_text("not a secret\n")
    return tmp_path


def everything(root: Path) -> dict[str, tuple[bytes, int]]:
    files = [file for file in (root / "demo").rglob("*") if file.is_file()]
    return {str(file): (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


def accounts(root: Path) -> dict[str, Any]:
    return dict(json.loads((root / "demo" / "accounts.json").read_text()))


def seed(root: Path) -> dict[str, list[dict[str, Any]]]:
    return dict(json.loads((root / "demo" / "idp" / "seed.json").read_text()))


def test_preparing_twice_changes_nothing(root: Path) -> None:
    identity.prepare(root)
    before = everything(root)
    identity.prepare(root)
    assert everything(root) == before


def test_accounts_name_everybody_with_a_password_of_their_own(root: Path) -> None:
    identity.prepare(root)
    told = accounts(root)
    assert told["address"] == "http://localhost:18000"
    assert [person["name"] for person in told["people"]] == [person.name for person in PEOPLE]
    passwords = {person["password"] for person in told["people"]}
    assert len(passwords) == len(PEOPLE)
    assert all(len(password) >= 19 for password in passwords)


def test_files_with_passwords_can_be_read_by_their_owner_only(root: Path) -> None:
    identity.prepare(root)
    assert (root / "demo" / "accounts.json").stat().st_mode & 0o777 == 0o600
    assert (root / "demo" / "idp").stat().st_mode & 0o777 == 0o700
    for file in (root / "demo" / "idp").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file.name


def test_a_new_address_reaches_the_provider_and_keeps_the_passwords(root: Path) -> None:
    identity.prepare(root)
    before = accounts(root)["people"]
    (root / "instance.env").write_text(INSTANCE.replace("18000", "19000"))
    identity.prepare(root)
    assert accounts(root) == {"address": "http://localhost:19000", "people": before}
    assert seed(root)["client"][0]["redirect_uris"] == ["http://localhost:19000/hub/oauth_callback"]


def test_people_may_change_their_password_and_nothing_else(root: Path) -> None:
    identity.prepare(root)
    settings = tomllib.loads((root / "demo" / "idp" / "canaille.toml").read_text())
    rights = settings["CANAILLE"]["ACL"]
    assert list(rights) == ["DEFAULT"], "no group of the provider's own has more rights"
    assert rights["DEFAULT"]["WRITE"] == ["password"]
    assert not [right for right in rights["DEFAULT"]["PERMISSIONS"] if right.startswith(("manage", "impersonate"))]
    assert settings["CANAILLE"]["ENABLE_REGISTRATION"] is False
    assert settings["CANAILLE_SCIM"]["ENABLE_SERVER"] is False


def test_groups_hold_those_with_the_role_and_nobody_else(root: Path) -> None:
    identity.prepare(root)
    objects = seed(root)
    names = {user["id"]: user["user_name"] for user in objects["user"]}
    members = {group["display_name"]: [names[user] for user in group["members"]] for group in objects["group"]}
    assert members == {
        "enclave-admins": ["adam"],
        "enclave-output-checkers": ["carol", "chen"],
        "enclave-data-controllers": ["dana", "diego"],
        "enclave-auditors": ["audrey"],
    }


def test_without_the_clients_secret_nothing_is_prepared(root: Path) -> None:
    (root / "secrets" / "hub" / "oidc_client_secret").unlink()
    with pytest.raises(SystemExit, match="oidc_client_secret is missing"):
        identity.prepare(root)
    assert not (root / "demo").exists()


def test_a_link_left_in_a_services_folder_is_replaced_and_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / "seed.json").symlink_to(precious)
    (tmp_path / ".seed.json.new").symlink_to(precious)
    write_private(tmp_path / "seed.json", "new")
    assert precious.read_text() == "precious"
    assert (tmp_path / "seed.json").read_text() == "new"


def test_settings_keep_what_follows_the_first_equals_sign(tmp_path: Path) -> None:
    (tmp_path / "instance.env").write_text("# A=1\n\nURL=http://x/?a=b\n")
    assert read_settings(tmp_path / "instance.env") == {"URL": "http://x/?a=b"}

"""Least mounts and least rights for our own processes, asserted on what compose makes of docker-compose.yml."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import compose, engine, instance

# What each service mounts below the root, and whether it may write there. Nothing else, for anybody.
MOUNTS: dict[str, dict[str, bool]] = {
    "hub": {
        "hub": True,
        "secrets/hub": False,
        "sockets/hub": True,
        "sockets/control": False,
        "sockets/guard": False,
        "sockets/desk-hub": False,
    },
    "gate": {
        "gate": True,
        "secrets/gate": False,
        "tls": False,
        "sockets/hub": False,
        "sockets/control": True,
        "sockets/desk-gate": False,
        "sockets/workspaces": True,
    },
    "desk": {
        "database": True,
        "outputs": True,
        "sockets/desk-hub": True,
        "sockets/desk-gate": True,
        "sockets/desk-guard": True,
        "sockets/desk-courier": True,
        "sockets/postgres": False,
    },
    "guard": {
        "/var/run/docker.sock": True,
        "datasets": False,
        "outputs/objects": False,
        "projects": True,
        "homes": True,
        "logs": True,
        "sockets/guard": True,
        "sockets/desk-guard": False,
        "sockets/workspaces": True,
    },
    "courier": {"secrets/courier": False, "sockets/desk-courier": False},
    "librarian": {"datasets": True},
    "idp": {"demo/idp": True},
    "postgres": {"postgres": True, "sockets/postgres": True},
}
POWERS = {"guard": ["CHOWN", "DAC_OVERRIDE", "FOWNER"], "librarian": ["CHOWN", "DAC_OVERRIDE", "FOWNER"]}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("instance")


@pytest.fixture(scope="module")
def services(root: Path) -> dict[str, Any]:
    """The services as compose understands them."""
    ours = instance.load({"ENCLAVE_ROOT": str(root), "ENCLAVE_INSTANCE": "some-instance"})
    ours.remember(ENCLAVE_WORKSPACE_IMAGE="sha256:0")
    if not _runs(engine.compose()):
        pytest.fail("compose is not installed: `make test` installs it first")
    command = compose.command(ours, "config", profiles=["demo", "postgres", "mail", "tools"])
    text = subprocess.run(command, env=compose.environment(), capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = yaml.safe_load(text)["services"]
    return found


def _runs(command: list[str]) -> bool:
    return subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0


def mounts(service: dict[str, Any], root: Path) -> dict[str, bool]:
    found = {}
    for volume in service["volumes"]:
        if isinstance(volume, str):
            source, target, *mode = volume.split(":")
            write = mode != ["ro"]
        else:
            source, target, write = volume["source"], volume["target"], not volume.get("read_only", False)
        assert source == target, "a path is the same on the host and inside"
        found[os.path.relpath(source, root) if source.startswith(str(root)) else source] = write
    return found


def test_each_service_mounts_its_own_folders_and_no_other(services: dict[str, Any], root: Path) -> None:
    assert {name: mounts(service, root) for name, service in services.items()} == MOUNTS


def test_the_engines_socket_is_the_guards_alone(services: dict[str, Any]) -> None:
    holders = [name for name, service in services.items() if "docker.sock" in json.dumps(service)]
    assert holders == ["guard"]


@pytest.mark.parametrize("name", MOUNTS)
def test_every_service_is_confined(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert sorted(service.get("cap_add", [])) == POWERS.get(name, [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] <= 512
    assert service["labels"]["enclave"] == "some-instance"
    assert not service.get("privileged")
    assert service["logging"]["options"]["max-size"]
    if name not in POWERS:
        uid, gid = service["user"].split(":")
        assert uid == gid
        assert int(uid) > 50_000


def test_desk_guard_librarian_and_database_have_no_network(services: dict[str, Any]) -> None:
    isolated = {name for name, service in services.items() if service.get("network_mode") == "none"}
    assert isolated == {"desk", "guard", "librarian", "postgres"}


def test_the_courier_alone_shares_a_network_with_nobody(services: dict[str, Any]) -> None:
    networks = {name: set(service["networks"]) for name, service in services.items() if service.get("networks")}
    assert networks == {"gate": {"front"}, "hub": {"identity"}, "idp": {"identity"}, "courier": {"mail"}}


def test_only_gate_and_demo_provider_are_published_and_on_loopback(services: dict[str, Any]) -> None:
    published = {name: json.dumps(service["ports"]) for name, service in services.items() if service.get("ports")}
    assert set(published) == {"gate", "idp"}
    assert all("127.0.0.1" in ports and "0.0.0.0" not in ports for ports in published.values())


@pytest.mark.parametrize("name", sorted(set(MOUNTS) - {"librarian"}))
def test_every_standing_service_has_a_health_check(services: dict[str, Any], name: str) -> None:
    assert services[name]["healthcheck"]["test"][:2] == ["CMD", "answers"]
    assert services[name]["restart"] == "unless-stopped"


def test_no_secret_is_in_any_environment(services: dict[str, Any]) -> None:
    names = {name for service in services.values() for name in service.get("environment", {})}
    assert not [name for name in names if any(word in name for word in ("SECRET", "TOKEN", "PASSWORD"))]

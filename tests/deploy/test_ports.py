"""A port that another program has is named before anything is started."""

import socket
from pathlib import Path

import pytest

from deploy import instance, ports
from deploy.say import Stop


def test_a_port_in_use_is_named_with_the_setting_that_moves_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = {"ENCLAVE_ROOT": str(tmp_path), "ENCLAVE_INSTANCE": "never-started", "ENCLAVE_PORT": str(port)}
        with pytest.raises(Stop, match=f"Port {port} is in use .*ENCLAVE_PORT="):
            ports.ensure_free(instance.load(settings))


def test_free_ports_are_no_hindrance(tmp_path: Path) -> None:
    settings = {"ENCLAVE_ROOT": str(tmp_path), "ENCLAVE_INSTANCE": "never-started"}
    free = {}
    for name in ("ENCLAVE_PORT", "ENCLAVE_WORKSPACES_PORT", "ENCLAVE_IDP_PORT"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            free[name] = str(probe.getsockname()[1])
    ports.ensure_free(instance.load({**settings, **free}))

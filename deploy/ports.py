"""Are the ports free? Another program on 8000 is the commonest reason why a first start fails."""

import socket

from deploy import say, shell
from deploy.instance import Instance


def ensure_free(ours: Instance) -> None:
    """Raise `Stop` naming the setting for a port that somebody else listens on; our own running services may."""
    wanted = {"ENCLAVE_PORT": "gate", "ENCLAVE_WORKSPACES_PORT": "gate"}
    if ours.demo:
        wanted["ENCLAVE_IDP_PORT"] = "idp"
    for setting, service in wanted.items():
        port = int(ours.values[setting])
        if not _published_by(f"{ours.name}-{service}", port) and not _free(ours.values["ENCLAVE_BIND"], port):
            raise say.Stop(
                f"Port {port} is in use by another program (`ss -ltnp` names it). Stop that program, or give this"
                f" instance another port: {setting}={port + 1000} make up"
            )


def _published_by(container: str, port: int) -> bool:
    publishes = ["docker", "port", container, f"{port}/tcp"]
    return shell.answers(publishes)


def _free(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True

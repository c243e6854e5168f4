"""How the gate says that something happened which people should hear of."""

import logging
from typing import Protocol

from workspaces.gate.upstream import Place

log = logging.getLogger("enclave.gate")


class Tell(Protocol):
    """Takes note of an event in one workspace; returns at once and never fails."""

    def __call__(self, place: Place, event: str, **detail: object) -> None: ...


def to_log(place: Place, event: str, **detail: object) -> None:
    """Into the gate's own log."""
    log.info("%s in %s of %s: %s", event, place[1], place[0], detail)

"""How the gate says that something happened which people should hear of."""

from typing import Protocol

from workspaces.gate.upstream import Place


class Tell(Protocol):
    """Takes note of an event in one workspace; returns at once and never fails."""

    def __call__(self, place: Place, event: str, **detail: object) -> None: ...

"""One-time tickets: how a browser that is logged in on our pages' origin is let into the workspaces' origin.

A ticket is a random number in the frame's address. It is good for one use within 30 seconds, for one session, one
person and one project. Tickets live in memory: after a restart of the gate the page simply makes another.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from workspaces.gate.upstream import Place

SECONDS = 30.0


@dataclass(frozen=True)
class Ticket:
    """Whom it admits, and until when (monotonic seconds)."""

    token: str
    place: Place
    until: float


class Tickets:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._issued: dict[str, Ticket] = {}

    def issue(self, token: str, place: Place) -> str:
        """A ticket for the session that holds this Hub token."""
        now = self._clock()
        self._issued = {name: ticket for name, ticket in self._issued.items() if ticket.until > now}
        name = secrets.token_urlsafe(32)
        self._issued[name] = Ticket(token, place, now + SECONDS)
        return name

    def redeem(self, name: str, place: Place) -> str | None:
        """The session's Hub token, once; None for an unknown, used, expired or somebody else's ticket."""
        ticket = self._issued.pop(name, None)
        if ticket is None or ticket.until <= self._clock() or ticket.place != place:
            return None
        return ticket.token

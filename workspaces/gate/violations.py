"""What a browser says that the content security policy has stopped.

A report names addresses that hostile code chose, so nothing of it is kept but the directive, and that only if it is
one that we know.
"""

import json
import time
from collections.abc import Callable

from workspaces.gate.upstream import Place

LARGEST = 16 * 1024  # bytes of one report; browsers cut addresses and samples themselves
A_MINUTE = 120  # reports of one workspace; a page full of beacons makes many at once
OTHER = "other"
DIRECTIVES = frozenset(
    {
        "base-uri",
        "child-src",
        "connect-src",
        "default-src",
        "font-src",
        "form-action",
        "frame-ancestors",
        "frame-src",
        "img-src",
        "manifest-src",
        "media-src",
        "object-src",
        "prefetch-src",
        "require-trusted-types-for",
        "sandbox",
        "script-src",
        "script-src-attr",
        "script-src-elem",
        "style-src",
        "style-src-attr",
        "style-src-elem",
        "trusted-types",
        "worker-src",
    }
)


def directive(body: bytes) -> str | None:
    """The directive that a report names; `OTHER` for an unknown one, None for what is no report."""
    try:
        told = json.loads(body)["csp-report"]
        name = told.get("effective-directive") or told["violated-directive"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(name, str):
        return None
    name = name.partition(" ")[0]
    return name if name in DIRECTIVES else OTHER


class Limit:
    """At most `A_MINUTE` reports of each workspace are looked at."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._taken: dict[Place, tuple[float, int]] = {}

    def passes(self, place: Place) -> bool:
        now = self._clock()
        began, count = self._taken.get(place, (now, 0))
        if now - began >= 60.0:
            began, count = now, 0
        self._taken[place] = began, count + 1
        return count < A_MINUTE

    def forget(self, place: Place) -> None:
        self._taken.pop(place, None)

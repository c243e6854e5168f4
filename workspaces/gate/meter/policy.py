"""A project's limits on what its members' browsers are given, as the desk says them.

What the desk leaves out, or says wrongly, is as in `Policy()`: never without a limit. The numbers' meaning is the
desk's (`data_mounts/access.py`); here they are only read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

MB = 1 << 20
CONTROL_SHARE = 1.25  # of the hard limit: how far replies and messages that carry no content may go on
RELEASE_SHARE = 0.9  # of a limit: the level falls only below it, so that it does not flicker at the edge
WINDOW_SECONDS = 24 * 3600.0


class Level(StrEnum):
    """How near a person is to their budget; `HARD`: content is withheld. The desk has the same words."""

    OK = "ok"
    SOFT = "soft"
    HARD = "hard"

    @property
    def order(self) -> int:
        return list(Level).index(self)


@dataclass(frozen=True)
class Policy:
    """Bytes, except where it is yes or no."""

    budget_soft_bytes: int = 64 * MB
    budget_hard_bytes: int = 256 * MB
    message_bytes: int = 8 * MB
    uploads: bool = True
    upload_bytes: int = 1 * MB
    terminals: bool = False


@dataclass(frozen=True)
class Raised:
    """Bytes that an admin added to both limits, until a time (seconds since the epoch)."""

    bytes: int = 0
    until: float = 0.0


def parse_policy(said: object) -> Policy:
    """The desk's answer, line by line: a line that is no number or no yes/no is as if it were not there."""
    if not isinstance(said, Mapping):
        return Policy()
    found: dict[str, Any] = {}
    for field in fields(Policy):
        value: Any = said.get(field.name)
        wanted: Any = field.default
        if type(value) is type(wanted) and value >= 0:
            found[field.name] = value
    return Policy(**found)


def parse_raised(said: object) -> Raised:
    """An admin's raise; none where it cannot be read."""
    if not isinstance(said, Mapping):
        return Raised()
    amount, until = said.get("bytes"), said.get("until")
    if type(amount) is not int or amount < 0 or not isinstance(until, str):
        return Raised()
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        return Raised()
    if moment.tzinfo is None:
        return Raised()
    return Raised(amount, moment.timestamp())

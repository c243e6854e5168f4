"""What an unpacker could not read. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """Why, in words."""

    why: str

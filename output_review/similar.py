"""Which released files of a project a new one is like: what a checker wants beside it. Pure.

A name is like another when both are the same but for their numbers: `table_2026-11.csv` and `table_2026-10.csv`.
The same bytes are like themselves whatever their name. Nothing is decided by it.
"""

import re
from collections.abc import Iterable
from typing import Protocol, TypeVar

_F = TypeVar("_F", bound="Named")
_NUMBERS = re.compile(r"\d+")


class Named(Protocol):
    """A file, asked for or released."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...


def pattern(name: str) -> str:
    """The name without its case and its numbers."""
    return _NUMBERS.sub("#", name.casefold())


def similar(file: Named, released: Iterable[_F], most: int) -> tuple[_F, ...]:
    """The first `most` of these that are like the file, those of the same bytes first."""
    like = [one for one in released if one.sha256 == file.sha256 or pattern(one.name) == pattern(file.name)]
    return tuple(sorted(like, key=lambda one: one.sha256 != file.sha256)[:most])

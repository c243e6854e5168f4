"""Where in a file's preview a finding is shown: its place, as the preview of the file's kind counts. Pure.

A check looks deeper than a preview: into the table in a JSON value, the cache of a chart, the points of a figure.
What no preview shows as such is shown at the nearest thing that it does (a member of an archive, a notebook's
cell), or at the file as a whole; the place in words always says all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from output_review.evidence import FileChecks
from output_review.places import LONGEST_MEMBER, NUMBERS, Place

_CELL, _LINE, _MEMBER = ("sheet", "row", "column"), ("row",), ("member",)
_INNERMOST = ("row", "column")
# By the kind that a report names. A kind that is not here is shown as a whole.
_COUNTED: Mapping[str, tuple[str, ...]] = {
    "delimited": _CELL, "workbook": _CELL, "columnar": _CELL, "text": _LINE, "notebook": ("cell",),
    "pdf": ("page",), "archive": _MEMBER, "pickle": _MEMBER, "skops": _MEMBER, "onnx": _MEMBER,
}  # fmt: skip


@dataclass(frozen=True)
class Pin:
    """A finding with its number in the file, and where the preview shows it; no `place` is the file as a whole."""

    number: int
    finding: Mapping[str, Any]
    place: Place

    @property
    def blocks(self) -> bool:
        return bool(self.finding["severity"] == "block")

    @property
    def query(self) -> str:
        """The place as a preview's address takes it."""
        return urlencode(self.place)

    @property
    def words(self) -> str:
        """The whole place, from the outside in: `sheet 2, row 12`, `cell 3, text/plain, row 1`."""
        where = self.finding["place"]
        around = [f"{word} {where[word]}" for word in NUMBERS if word in where and word not in _INNERMOST]
        named = [str(value) for word, value in where.items() if word not in NUMBERS]
        return ", ".join([*around, *named, *(f"{word} {where[word]}" for word in _INNERMOST if word in where)])

    @property
    def measured(self) -> str:
        """What was compared with what, in words; empty if nothing was."""
        value, threshold = (_plain(self.finding[name]) for name in ("value", "threshold"))
        return f"measured {value}{', threshold ' + threshold if threshold else ''}" if value else ""


def _plain(value: float | int | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{int(value):,}" if value == int(value) else f"{value:,.4g}"


class Pins:
    """A file's findings by the place where its preview shows them."""

    def __init__(self, found: Iterable[Pin]) -> None:
        self.every = tuple(found)
        self._at: dict[frozenset[tuple[str, int | str]], list[Pin]] = {}
        for one in self.every:
            self._at.setdefault(frozenset(one.place.items()), []).append(one)

    @property
    def by_rule(self) -> list[tuple[Pin, ...]]:
        """Those of one rule and severity together, in the order of their numbers."""
        keyed = groupby(self.every, key=lambda one: (one.finding["rule"], one.finding["severity"]))
        return [tuple(some) for _, some in keyed]

    def at(self, **place: int | str) -> list[Pin]:
        """Those that are shown at exactly this place."""
        return self._at.get(frozenset(place.items()), [])


def pins(checks: FileChecks | None) -> Pins:
    """The findings of a file, numbered as they are listed."""
    if checks is None or checks.report is None:
        return Pins(())
    kind = str(checks.report["kind"])
    return Pins(Pin(n, one, _shown(kind, one["place"])) for n, one in enumerate(checks.findings, 1))


def _shown(kind: str, place: Place) -> dict[str, int | str]:
    words = _COUNTED.get(kind, ())
    if words == _CELL and "member" in place:  # a cache or a note that no sheet shows
        return {}
    if words == _CELL and place:
        place = {"sheet": 1} | dict(place)
    return {word: place[word] for word in words if word in place and (word in NUMBERS or _named(place[word]))}


def _named(member: int | str) -> bool:
    return isinstance(member, str) and 0 < len(member) <= LONGEST_MEMBER

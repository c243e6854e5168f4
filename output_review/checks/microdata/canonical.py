"""What a cell says, whatever it is written as: a number within its rounding, a span of time, or a text. Pure.

The same value is written in many ways: 1234.5, "1,234.50", "1 234,5"; 2021-03-04, "04/03/2021"; "Nord ", "nord".
A file that was written from data rounds too. So a number is a closed interval as wide as its last digit allows, a
date the span that it names (a day, a month, a year), a label such as "40-49" or "(40, 50]" the interval that it
means.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

Cell = None | bool | int | float | str | date | datetime | time

# What text counts as a number, here and in the data (`sources` uses the same expression).
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?"
COMMA = r"[+-]?\d+(,\d+)?"  # as a French or German program writes it
CODE = re.compile(r"\d+[A-Za-z][0-9A-Za-z]*|[A-Za-z]+\d[0-9A-Za-z]*")  # 2A, I10
ISO_DATE = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?"
_NUMBER = re.compile(NUMBER)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([,  \u202f'])\d{3}(\1\d{3})*(\.\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_ISO = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?)?(?:Z|\+00:?00)?")
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_N = r"\s*([+-]?\d+(?:\.\d+)?)\s*"
_BRACKETS = re.compile(rf"([\[(\]]){_N}[,;]{_N}([\])\[])")
_DASHED = re.compile(rf"{_N}(?:-|–|—|to|à|bis)\s*(\d+(?:\.\d+)?)\s*")
_BELOW = re.compile(rf"(<|<=|≤){_N}")
_ABOVE = re.compile(rf"(>|>=|≥){_N}|{_N}(\+)")
_DAY, _HUGE = 86_400.0, 1e300


@dataclass(frozen=True)
class Span:
    """All values from `low` to `high`; an end that is not `closed` does not belong to it."""

    low: float
    high: float
    low_closed: bool = True
    high_closed: bool = True


@dataclass(frozen=True)
class Reading:
    """What one cell may be read as; `decimals` is the place of the number's last digit (1.25 → 2, 1200 → 0)."""

    number: float | None = None
    decimals: int = 0
    moment: Span | None = None
    span: Span | None = None
    text: str = ""


NOTHING = Reading()


def read(cell: Cell) -> Reading:
    """The readings of a cell; `NOTHING` for an empty one."""
    if cell is None or cell != cell:  # not a number is not equal to itself
        return NOTHING
    if isinstance(cell, bool | int | float):
        return _number(str(int(cell)) if isinstance(cell, bool | int) else repr(cell))
    if isinstance(cell, datetime):
        return Reading(moment=_seconds(cell, 1.0), text=cell.isoformat())
    if isinstance(cell, date):
        return Reading(
            moment=_seconds(datetime(cell.year, cell.month, cell.day, tzinfo=UTC), _DAY), text=cell.isoformat()
        )
    return _text(str(cell))


def _number(written: str) -> Reading:
    value = float(written)
    if abs(value) > _HUGE:
        return Reading(text=written)
    exponent = Decimal(written).normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    return Reading(number=value + 0.0, decimals=decimals, text=canonical_text(written))


def canonical_text(text: str) -> str:
    """Texts that mean the same are the same: case and outer blanks do not count, "1.0" is "1"."""
    plain = text.strip().lower()
    return f"{float(plain):.10g}" if _NUMBER.fullmatch(plain) else plain


def _text(text: str) -> Reading:
    plain = text.strip().replace("\u2212", "-")
    if not plain or len(plain) > 1000:
        return Reading(text=canonical_text(plain)) if plain else NOTHING
    bare = plain.removesuffix("%").rstrip()
    if _NUMBER.fullmatch(bare):
        return _number(bare)
    if found := _THOUSANDS.fullmatch(bare):
        return _number(bare.replace(found[1], ""))
    if _COMMA.fullmatch(bare):
        return _number(bare.replace(",", "."))
    truth = {"true": 1.0, "false": 0.0}.get(plain.lower())
    return Reading(truth, 0, _moment(plain), _span(plain), canonical_text(plain))


def _moment(text: str) -> Span | None:
    if found := _ISO.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        length = _DAY if not found[4] else 60.0 if not found[6] else 1.0
        return _span_of(length, year, month, day, hour, minute, second) if day else _between(year, month)
    if found := _SLASHED.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        day, month = (second, first) if second > 12 else (first, second)  # day first, unless that cannot be
        return _span_of(_DAY, year, month, day)
    return None


def year_span(number: float) -> Span | None:
    """The year that a whole number names, as seconds."""
    return _between(int(number), None) if number == int(number) and 1800 <= number <= 2200 else None


def _between(year: int | None, month: int | None) -> Span | None:
    try:
        start = datetime(year or 0, month or 1, 1, tzinfo=UTC)
        end = datetime(
            start.year + (month in (None, 12)), 1 if month in (None, 12) else start.month + 1, 1, tzinfo=UTC
        )
    except ValueError:
        return None
    return Span(_stamp(start), _stamp(end), high_closed=False)


def _span_of(
    length: float, year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0
) -> Span | None:
    try:
        return _seconds(datetime(year, month, day, hour, minute, second, tzinfo=UTC), length)
    except ValueError:
        return None


def _seconds(when: datetime, length: float) -> Span:
    return Span(_stamp(when), _stamp(when) + length, high_closed=False)


def _stamp(when: datetime) -> float:
    return when.replace(tzinfo=when.tzinfo or UTC).timestamp()


def _span(text: str) -> Span | None:
    """The interval that a label names: "[40, 50)", "40-49", "<5", "80+"."""
    if found := _BRACKETS.fullmatch(text):
        return Span(float(found[2]), float(found[3]), found[1] == "[", found[4] == "]")
    if found := _DASHED.fullmatch(text):
        return Span(float(found[1]), float(found[2]))
    if found := _BELOW.fullmatch(text):
        return Span(-_HUGE, float(found[2]), high_closed=found[1] != "<")
    if found := _ABOVE.fullmatch(text):
        return Span(float(found[2] or found[3]), _HUGE, low_closed=found[1] != ">")
    return None

"""Days on which something happened to one person."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise

from output_review.checks.findings import Finding, Rule
from output_review.checks.measures import Meaning, meaning_of
from output_review.checks.parts import Cell, Form, Part, table
from output_review.checks.registry import Check, Context

DAYS = Rule(
    "exact-dates",
    "a column of dates to the day, at least 5, that is no calendar (regular steps) and has no count beside it",
    "HIPAA safe harbour, 45 CFR 164.514(b)(2)(i)(C): all elements of dates but the year; HandbookSDC §3",
    "Show months, quarters or years with counts, or the time since a common event.",
)
_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{1,2}:\d\d.*)?$")
_DAY_FIRST = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ]\d{1,2}:\d\d.*)?$")
_FEWEST = 5
_ROWS = 5000


class Dates(Check):
    name = "exact-dates"
    title = "Dates to the day"
    reads = frozenset({Form.TABLE})
    cannot_see = "dates written as numbers (days since), dates in free text, dates of birth as ages in days"
    rules = (DAYS,)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        sheet = part.sheet
        if sheet is None:
            return
        counted = any(meaning_of(name) is Meaning.COUNT for name in sheet.columns)
        rows = sheet.rows(0, _ROWS)
        for column, name in enumerate(sheet.columns):
            cells = [row[column] for row in rows if column < len(row)]
            days = [day for day in map(day_of, cells) if day is not None]
            if len(days) < _FEWEST or 2 * len(days) < len(cells):
                continue
            if not (counted or calendar(days)):
                message = f"“{name[:60]}” holds {len(days):,} dates to the day."
                yield DAYS.finding(part.at(row=1, column=column + 1), message, len(days), _FEWEST)

    def example(self) -> Part:
        days = ("2024-01-03", "2024-01-03", "2024-02-11", "2024-03-07", "2024-03-30", "2024-05-02")
        return table(("admitted", "cost"), [(day, 100.5 + k) for k, day in enumerate(days)])


def day_of(cell: Cell) -> date | None:
    """The day that a cell names."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if not isinstance(cell, str) or len(cell) > 40:
        return None
    iso, other = _ISO.match(cell.strip()), _DAY_FIRST.match(cell.strip())
    try:
        if iso:
            return date(*(int(one) for one in iso.groups()))
        if other:
            first, second, year = (int(one) for one in other.groups())
            return date(year, second, first) if second <= 12 else date(year, first, second)
    except ValueError:
        return None
    return None


def calendar(days: list[date]) -> bool:
    """Whether these are the steps of a calendar: beginnings or ends of months, or equally many days apart."""
    steps = sorted(set(days))
    if all(day.day == 1 for day in steps) or all(_month_end(day) for day in steps):
        return True
    if len(steps) < 3:
        return False
    gaps = {(later - earlier).days for earlier, later in pairwise(steps)}
    return len(gaps) == 1


def _month_end(day: date) -> bool:
    return (date.fromordinal(day.toordinal() + 1)).day == 1


CHECK = Dates()

"""What one cell says: a number in any of the ways of writing one, that its value is hidden, nothing. Pure."""

import math
import re
from datetime import date, datetime, time

from output_review.checks.measures import Meaning, meaning_of
from output_review.checks.parts import Cell

_NUMBER = re.compile(r"^(?=[+-]?[.,]?\d)[+-]?(\d+([  ,']\d{3})*|\d*)([.,]\d+)?([eE][+-]?\d+)?$")
_COMMA = re.compile(r"^[+-]?(\d+,(\d{1,2}|\d{4,})|0,\d+)( ?%)?$")
_POINT = re.compile(r"^[+-]?\d*\.\d+( ?%)?$")
_COUNT_AND_SHARE = re.compile(r"^(\d[\d  ,']*)\s*[(\[]\s*\d+([.,]\d+)?\s*%?\s*[)\]]$")
_SHARE_AND_COUNT = re.compile(r"^\d+(?:[.,]\d+)?\s*%\s*[(\[]\s*(?:n\s*=\s*)?(\d[\d  ,']*)\s*[)\]]$")
_OF = re.compile(r"^(\d{1,7})\s*(?:/|of|sur|von|out of)\s*(\d{1,7})$")
_ABOUT = re.compile(r"^[~≈]?\s*(\d[\d  .,']*?)\s*(?:\*{1,3}|†|‡|[^\W\d_]{3,20})?$")  # ~40, 4*, 4 patients
_HIDDEN = re.compile(
    r"^(([<≤]|<=|&lt;)\s*\d+|\d+\s*[-–]\s*\d+\s*\*|\*+|x+|c|s|n\.?\s?[dap]\.?|\[?\(?(suppressed|redacted|secret|hidden|"
    r"masked|confidential|small|low|masqu\w+|supprim\w+)[^\]]*\]?\)?|\.{1,3}|…|-{1,3}|–|—|:|#)$",
    re.IGNORECASE,
)


def number_of(cell: Cell, comma: bool = False) -> float:
    """The number in a cell, NaN if there is none. A percent sign is dropped: 12.5 % is 12.5. `comma`: the table has
    decimal commas, so that 1,234 is no thousand."""
    if isinstance(cell, bool) or cell is None or isinstance(cell, date | datetime | time):
        return math.nan
    if isinstance(cell, int | float):
        return float(cell) if abs(cell) < 1e300 else math.nan
    text = cell.strip().removesuffix("%").strip()
    both = _COUNT_AND_SHARE.match(cell.strip()) or _SHARE_AND_COUNT.match(cell.strip())
    text = both.group(1).strip() if both else _counted(text)
    if not text or len(text) > 40 or not _NUMBER.match(text) or not any(c.isdigit() for c in text):
        return math.nan
    return float(text.replace(",", ".") if comma and text.count(",") == 1 else _plain(text))


def _counted(text: str) -> str:
    """The number of “~40”, “4*”, “4 patients” and “3/12”, where that is what a short text says."""
    if len(text) > 40 or _NUMBER.match(text):
        return text
    part, about = _OF.match(text), _ABOUT.match(text)
    if part and int(part.group(1)) <= int(part.group(2)) and not 1900 <= int(part.group(2)) <= 2100:
        return part.group(1)
    if about is None:
        return text
    word = text[about.end(1) :].strip(" *†‡")
    return about.group(1) if not word or meaning_of(word) is Meaning.COUNT else text


def _plain(text: str) -> str:
    """Without separators of thousands, with a decimal point."""
    text = re.sub(r"[  ']", "", text)
    if re.match(r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$", text):
        return text.replace(",", "")
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text.replace(",", "")


def decimal_comma(rows: tuple[tuple[Cell, ...], ...]) -> bool:
    """Whether a cell has a comma that can only be decimal, and none a point between figures."""
    texts = [c.strip() for row in rows for c in row if isinstance(c, str) and len(c) < 40]
    return any(_COMMA.match(c) for c in texts) and not any(_POINT.match(c) for c in texts)


def is_hidden(cell: Cell) -> bool:
    """Whether a cell says that its value is not shown."""
    return isinstance(cell, str) and bool(_HIDDEN.match(cell.strip()))


def is_blank(cell: Cell) -> bool:
    return (
        cell is None
        or (isinstance(cell, float) and math.isnan(cell))
        or (isinstance(cell, str) and cell.strip().lower() in ("", "nan", "na", "n/a", "null", "none", "<na>"))
    )

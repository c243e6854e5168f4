"""What people type, parsed at the edge: titles, reasons, dates, sizes. Each returns a value or raises `BadInput`.

Text is shown to other people and stored for years: no control characters, no invisible ones, a length that fits.
"""

import re
import unicodedata
from datetime import UTC, datetime, time

from enclave.errors import BadInput
from enclave.sizes import UNITS

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?", re.ASCII)
_SIZE = re.compile(r"([1-9][0-9]{0,14})(?: ?([KMGT]?)(i?)B)?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def line(value: str, what: str, longest: int = 120) -> str:
    """One line of text, 1 to `longest` characters; `what` names it in the refusal, as in "the title"."""
    return _text(value, what, longest, breaks=False)


def paragraph(value: str, what: str, longest: int = 2000) -> str:
    """Text that may have line breaks, 1 to `longest` characters."""
    return _text(value.replace("\r\n", "\n"), what, longest, breaks=True)


def reason(value: str) -> str:
    """Why something was decided, 1 to 500 characters on one line: it is recorded and shown to those concerned."""
    return line(" ".join(value.splitlines()), "the reason", 500)


def _text(value: str, what: str, longest: int, breaks: bool) -> str:
    text = value.strip()
    if not text:
        raise BadInput(f"{_capital(what)} is empty: write a few words.")
    if len(text) > longest:
        raise BadInput(f"{_capital(what)} has {len(text)} characters: at most {longest} are kept. Shorten it.")
    if any(_unprintable(c) and not (breaks and c == "\n") for c in text):
        raise BadInput(f"{_capital(what)} holds a control or invisible character: use plain text.")
    return text


def _unprintable(character: str) -> bool:
    """Control, format (also what turns text right to left), surrogate, private and unassigned characters."""
    return unicodedata.category(character)[0] == "C" or character in "\u2028\u2029"


def _capital(what: str) -> str:
    return what[:1].upper() + what[1:]


def email(value: str) -> str:
    """An e-mail address in lower case, at most 254 characters."""
    address = value.strip().lower()
    if len(address) > 254 or not _EMAIL.fullmatch(address) or ".." in address:
        raise BadInput(f"{value[:80]!r} is not an e-mail address such as erin@example.org.")
    return address


def first_moment(value: str) -> datetime:
    """A start: `2026-03-01` means its first moment in UTC; `2026-03-01T12:00:00+01:00` the moment itself."""
    return _moment(value, time.min)


def last_moment(value: str) -> datetime:
    """An end: `2026-03-31` means its last second in UTC, so that the named day is still within."""
    return _moment(value, time(23, 59, 59))


def _moment(value: str, of_day: time) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if _DAY.fullmatch(value):
            moment = datetime.combine(moment.date(), of_day, UTC)
        if moment.tzinfo is None:
            raise ValueError
        moment = moment.astimezone(UTC)
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise ValueError
    except (ValueError, OverflowError):
        raise BadInput(
            f"{value[:40]!r} is not a date: write 2026-03-31, or a moment with its time zone such as"
            f" 2026-03-31T12:00:00Z, between the years {_FIRST_YEAR} and {_LAST_YEAR}."
        ) from None
    return moment


def byte_size(value: str) -> int:
    """A number of bytes from `64 MB`, `512 MiB`, `4GiB` or plain bytes; MB means MiB, as it does for the engine."""
    match = _SIZE.fullmatch(value.strip())
    if match is None or (match[3] and not match[2]):
        raise BadInput(f"{value[:40]!r} is not a size: write a whole number with MB or GB, such as 4GB.")
    return int(match[1]) * int(1024 ** UNITS.index(match[2] or ""))

"""What of a text no reader takes for a table: lines of numbers, and text in a code. Pure."""

import re
from collections.abc import Iterator, Set
from itertools import pairwise

from output_review.checks.unpack.gaps import Gap

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?(?![\w])")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?\S{0,12}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_CODED = re.compile(r"(?<![\w/.:-])[A-Za-z0-9+/=]{40,}(?![\w/.])")
_LISTED = re.compile(r"^\s{0,8}\d{1,3}[.)]\s")  # 1. of a list
_TREE = re.compile(r"^[|\s]*---|^[|\s]*\|--- ")  # read for its leaves
_FEWEST, _LONGEST, _MOST = 2, 2000, 200_000


def unread(text: str, left: Set[int]) -> Iterator[Gap]:
    """Why the lines `left` (by their numbers) are no pass: they say more numbers than words, or are no words."""
    lines = [line[:_LONGEST] for number, line in enumerate(text.split("\n")[:_MOST], start=1) if number in left]
    numbers = sum(map(_of_numbers, lines))
    if numbers >= _FEWEST:
        yield Gap(f"{numbers:,} lines of numbers in it are no table that can be read")
    coded = sum(len(one) for line in lines for one in _CODED.findall(line))
    if coded >= 3 * 64:  # more than a checksum or two
        yield Gap(f"{coded:,} characters of it are in a code (base64, hexadecimal), which is not read")


def _of_numbers(line: str) -> bool:
    if _TREE.match(line):
        return False
    found = [one.rstrip(".,").replace(",", ".") for one in _NUMBER.findall(_DATE.sub(" ", _LISTED.sub("", line)))]
    return len(found) > 1 and len(found) >= 2 * len(_WORD.findall(line)) and not _ticks(found)


def _ticks(found: list[str]) -> bool:
    """Equal steps, as along an axis."""
    try:
        values = [float(one) for one in found]
    except ValueError:
        return False
    steps = [b - a for a, b in pairwise(values)]
    return len(steps) > 1 and max(steps) - min(steps) <= 1e-9 + 1e-6 * abs(max(steps))

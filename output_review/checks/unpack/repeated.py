"""What lines of a text say again and again with other numbers, and lists of numbers in it. Pure.

Thirty lines of “aged 54, cost 1200.50” are thirty rows of two columns, called after the words before the numbers.
"""

import re
from collections.abc import Iterator, Sequence

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w]|\.\d)")
_STAMP = re.compile(r"^\W{0,2}\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?Z?\W{0,2}")  # of a line of a log
_WORD = re.compile(r"[A-Za-z_]\w*")
_LIST = re.compile(
    r"(?<![\w.])(?:([A-Za-z_]\w{0,40})\s{0,3}(?:<-|=>|[:=])\s{0,3})?(?:[\w.]{1,20})?[\[(]([-+\d.,eE\s]{9,400000})[\])]"
)
_FEWEST, _LONGEST, _MOST_LISTS = 5, 400, 500
Table = tuple[int, list[str], list[list[str]]]


def repeated(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[Table, set[int]]]:
    """The tables in lines, each with its number; and the numbers of the lines that are in it."""
    kinds: dict[str, list[tuple[int, list[str]]]] = {}
    for number, line in lines:
        said = _STAMP.sub("", line[:_LONGEST])
        values = _NUMBER.findall(said)
        if values:
            kinds.setdefault(_NUMBER.sub("#", said), []).append((number, values))
    for pattern, rows in kinds.items():
        if len(rows) >= _FEWEST and len({tuple(values) for _, values in rows}) > 1:
            before = pattern.split("#")[:-1]
            worded = any(map(_WORD.search, before))
            names = [
                _WORD.findall(one)[-1:] or ([f"number {j + 1}"] if worded else [""]) for j, one in enumerate(before)
            ]
            yield (
                (rows[0][0], [name for (name,) in names], [values for _, values in rows]),
                {number for number, _ in rows},
            )


def lists(text: str) -> Iterator[tuple[Table, set[int]]]:
    """Lists of at least five numbers, those of one length side by side; and the lines that they are in."""
    found: dict[int, list[tuple[int, str, list[str]]]] = {}
    for count, match in enumerate(_LIST.finditer(text)):
        if count == _MOST_LISTS:
            break
        values = [one.strip() for one in match.group(2).split(",") if one.strip()]
        if len(values) >= _FEWEST and all(map(_NUMBER.fullmatch, values)):
            line = text.count("\n", 0, match.start()) + 1
            found.setdefault(len(values), []).append((line, match.group(1) or "", values))
    for same in found.values():
        columns = [values for _, _, values in same]
        table = same[0][0], [name for _, name, _ in same], [list(row) for row in zip(*columns, strict=True)]
        yield table, {line for line, _, _ in same}

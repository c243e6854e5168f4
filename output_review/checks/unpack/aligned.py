"""A frame as pandas prints it: an index on the left, columns that end where their names end. Pure.

Read by position, so that an empty cell is one, and a name of several words too.
"""

import re
from itertools import pairwise

from output_review.checks.cells import number_of

_NUMBER = re.compile(r"^[<+-]?\d[\d.,eE+-]*%?(?: ?[(\[][^()\[\]]{1,30}[)\]])?$")  # 12.5 %, 31 (12.5 %)
_DECIMAL = re.compile(r"(?:^|\s)[+-]?\d*\.\d{2,}$")
_FEWEST = 2  # rows
_LOOKED_AT = 6  # lines by which columns are told


def aligned(lines: list[str]) -> tuple[list[str], list[list[str]]] | None:
    """(header, rows) if the first line is the header of such a frame and at least two rows follow; or None."""
    ends = _ends(lines)
    led = bool(lines[0]) and lines[0][0] != " "  # the index has a name
    if len(ends) < (2 if led else 1):
        return None
    rows = []
    for line in lines[1:]:
        row = _sliced(line.ljust(ends[-1]), ends[1 if led else 0 :])
        if row is None:
            break
        rows.append(row)
    names = [lines[0][start:end].strip() for start, end in pairwise((0, *ends))]
    decimals = [j for j, name in enumerate(names) if _DECIMAL.search(name)]
    if (decimals and not (led and _levels(names, rows, decimals))) or (led and all(map(_NUMBER.match, names))):
        return None  # a row of values: the header stands above it
    if any("  " in name for name in names[1:]):
        return None  # two names that no cell below parts: these are no columns
    if len(rows) < _FEWEST or not any(_NUMBER.match(cell) for row in rows for cell in row[1:]):
        return None
    return names if led else ["", *names], rows


def _levels(names: list[str], rows: list[list[str]], decimals: list[int]) -> bool:
    """Whether names with decimals are levels above counts: they rise, and whole numbers stand below."""
    told = [number_of(names[j]) for j in decimals]
    rising = len(told) > 1 and all(before < after for before, after in pairwise(told))
    return rising and all(row[j].strip().isdecimal() for row in rows for j in decimals)


def _ends(lines: list[str]) -> list[int]:
    """Where the columns end: ends of words in the header that no cell of the first rows crosses, and one ends at;
    between two names may be a single space, as there may be within one. The index ends where it likes."""
    header, first = lines[0], [line.ljust(len(lines[0])) for line in lines[1:_LOOKED_AT]]
    ends = [match.end() for match in re.finditer(r"\S+", header)]
    led = header[:1] not in ("", " ")
    kept = [
        end
        for number, end in enumerate(ends)
        if (number == 0 and led and not _crossed(first, end))
        or (any(line[end - 1] != " " for line in first) and not _crossed(first, end))
    ]
    return kept if kept and kept[-1] == len(header) else []


def _crossed(lines: list[str], end: int) -> bool:
    return any(line[end - 1] != " " and line[end : end + 1] not in ("", " ") for line in lines)


def _sliced(line: str, ends: list[int]) -> list[str] | None:
    """The index and the cells of a row; None if a cell does not end where its column does."""
    if len(line.rstrip()) > ends[-1]:
        return None
    index, _, first = line[: ends[0]].rpartition("  ")
    if not index.strip():
        return None
    cells = [index.strip(), first.strip()]
    for start, end in pairwise(ends):
        cell = line[start:end]
        if cell.strip() and (cell[-1] == " " or cell[0] != " "):
            return None
        cells.append(cell.strip())
    return cells

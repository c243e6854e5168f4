"""A frame as pandas prints it: an index on the left, columns that end where their names end. Pure.

Read by position, so that an empty cell is one, and a name of several words too.
"""

import re
from itertools import pairwise

_NAMES = re.compile(r"\S+(?: \S+)*")
_NUMBER = re.compile(r"^[<+-]?\d[\d.,eE+-]*%?$")
_FEWEST = 2  # rows


def aligned(lines: list[str]) -> tuple[list[str], list[list[str]]] | None:
    """(header, rows) if the first line is the header of such a frame and at least two rows follow; or None."""
    spans = [match.span() for match in _NAMES.finditer(lines[0])]
    led = bool(spans) and spans[0][0] == 0  # the index has a name
    ends = [end for _, end in spans[1 if led else 0 :]]
    if not ends:
        return None
    rows = []
    for line in lines[1:]:
        row = _sliced(line.ljust(ends[-1]), ends)
        if row is None:
            break
        rows.append(row)
    names = [lines[0][start:end] for start, end in spans]
    if len(rows) < _FEWEST or not any(_NUMBER.match(cell) for row in rows for cell in row[1:]):
        return None
    return names if led else ["", *names], rows


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

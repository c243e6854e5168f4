"""A sheet as a grid: cells as numbers, what is hidden, which columns are labels, what each cell measures. Pure.

Tables come as they were written: with a title above, two lines of header, thousands separators, a decimal comma,
"45 (12.3 %)", "<11" or an asterisk for what was suppressed, statistics as rows instead of columns.
"""

import math
import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from output_review.checks.cells import decimal_comma, is_blank, is_hidden, number_of
from output_review.checks.measures import STATISTICS, Meaning, is_margin, meaning_of
from output_review.checks.parts import Cell, Origin, Part, Skipped

MOST_CELLS = 400_000
_STATISTICS = 3
_HEADERS = 3  # lines of header below the first
_TITLES = 20  # lines of title, source, notes and blank ones, above a table
_SPREAD = re.compile(r"^\s*[+-]?\d[\d.,]*\s*[(\[±]")  # 58.1 (12.2)


@dataclass(frozen=True, eq=False)
class Grid:
    """`numbers` (rows × columns, float, NaN where there is none), `hidden` and `blank` alike; `skipped` rows of the
    sheet were a title or header; `labels` are the columns that say what a row is about."""

    part: Part
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    skipped: int
    numbers: npt.NDArray[np.float64]
    hidden: npt.NDArray[np.bool_]
    blank: npt.NDArray[np.bool_]
    labels: tuple[int, ...]

    @cached_property
    def values(self) -> tuple[int, ...]:
        """The columns of numbers that are no labels."""
        labels = frozenset(self.labels)
        numbered = np.flatnonzero(np.isfinite(self.numbers).any(axis=0))
        return tuple(j for j in numbered.tolist() if j not in labels)

    def label(self, row: int) -> str:
        """What a row is about, in words."""
        return ", ".join(str(self.cells[row][j]) for j in self.labels if not is_blank(self.cells[row][j]))

    def meaning(self, row: int, column: int) -> Meaning:
        """What a cell measures: its column's name says it, or else a label of its row."""
        by_column = meaning_of(self.columns[column])
        if by_column in STATISTICS and not self._statistics_as_rows:
            return by_column
        for j in self.labels:
            cell = self.cells[row][j]
            if isinstance(cell, str) and len(cell) <= 40 and meaning_of(cell) in STATISTICS:
                return meaning_of(cell)
        return by_column

    @cached_property
    def _statistics_as_rows(self) -> bool:
        """Whether labels name three statistics or more: then a column called “mean radius” is a variable."""
        columns = ([row[j] for row in self.cells] for j in self.labels)
        named = ({meaning_of(c) for c in column if isinstance(c, str)} for column in columns)
        return any(len(one & STATISTICS) >= _STATISTICS for one in named)

    def place(self, row: int, column: int) -> dict[str, int | str]:
        line = self.part.place.get("row", 1)  # of the text or the sheet that it stands in
        return dict(self.part.at(row=int(line) + row + self.skipped, column=column + 1))

    def name(self, row: int, column: int) -> str:
        """The cell in words: “n” of “North, F”."""
        label = self.label(row)
        return f"“{self.columns[column]}”" + (f" of “{label[:80]}”" if label else f" in row {row + 1}")

    def margin_row(self, row: int) -> bool:
        return any(is_margin(str(self.cells[row][j])) for j in self.labels)

    def integers(self, column: int) -> bool:
        """Whether all numbers of a column are whole and none is negative."""
        known = self.numbers[np.isfinite(self.numbers[:, column]), column]
        return bool(len(known)) and bool((known >= 0).all()) and bool((known == np.floor(known)).all())


def grid_of(part: Part) -> Grid:
    """The grid of a table; raise `Skipped` for one with more cells than can be looked at one by one."""
    return _grid_of(part)


@lru_cache(maxsize=64)
def _grid_of(part: Part) -> Grid:
    sheet = part.sheet
    if sheet is None:
        raise Skipped("there is no table in it")
    count = sheet.count()
    if count * max(1, len(sheet.columns)) > MOST_CELLS:
        raise Skipped(f"{count:,} rows of {len(sheet.columns):,} columns are too many to be looked at cell by cell")
    columns, cells, skipped = _headed(
        tuple(sheet.columns), [tuple(row) for row in sheet.rows(0, count)], part.origin
    )
    width = len(columns)
    body = tuple((*row, *(None,) * (width - len(row)))[:width] for row in cells)
    shape = (len(body), width)
    comma = decimal_comma(body)
    numbers = np.array([[number_of(c, comma) for c in row] for row in body], dtype=np.float64).reshape(shape)
    hidden = np.array([[is_hidden(c) for c in row] for row in body], dtype=bool).reshape(shape)
    blank = np.array([[is_blank(c) for c in row] for row in body], dtype=bool).reshape(shape)
    grid = Grid(part, columns, body, skipped, numbers, hidden, blank, ())
    return replace(grid, labels=_labels(grid))


def _headed(
    columns: tuple[str, ...], cells: list[tuple[Cell, ...]], origin: Origin
) -> tuple[tuple[str, ...], list[tuple[Cell, ...]], int]:
    """The names of the columns, the rows below, and how many rows were a title or more lines of header."""
    names, skipped = list(columns), 0
    below = _below_title(names, cells)
    if below is not None:
        names, cells, skipped = [_text(c) for c in cells[below]], cells[below + 1 :], below + 1
    if origin in (Origin.SHEET, Origin.BLOCK) and names and _is_row(names, cells):
        return tuple(f"[{j + 1}]" for j in range(len(names))), [tuple(names), *cells], skipped - 1
    width = max([len(names), *(len(row) for row in cells[:1000])], default=0)
    names += [""] * (width - len(names))
    for _ in range(_HEADERS):
        if len(cells) < 2 or not _goes_on(cells):
            break
        names = [f"{name} {_text(c)}".strip() for name, c in zip(names, _wide(cells[0], width), strict=True)]
        cells, skipped = cells[1:], skipped + 1
    return tuple(names), cells, skipped


def _is_row(names: list[str], cells: list[tuple[Cell, ...]]) -> bool:
    """Whether the first line has values as the others have: numbers only, or numbers wherever they have some and no
    rising ones, as years and codes above a crosstab are."""
    if all(map(_is_number, names)):
        return True
    numeric = [j for j in range(len(names)) if _mostly_numbers([row[j] for row in cells[:50] if j < len(row)])]
    told = [number_of(names[j]) for j in numeric]
    if not told or any(map(math.isnan, told)) or not all(names):
        return False
    return told != sorted(set(told)) or (len(told) == 1 and told[0] > 1)


def _below_title(names: list[str], cells: list[tuple[Cell, ...]]) -> int | None:
    """The row with the names of the columns, if the first line was a title: below blank rows, lines of words."""
    if sum(1 for name in names if name.strip()) > 1:
        return None
    for at, row in enumerate(cells[:_TITLES]):
        if sum(not is_blank(c) for c in row) > 1:  # a nameless column of numbers is still a table's first line
            return at if len(names) <= 1 or _words_only(row) else None
        if any(map(_shows, row)):
            return None
    return None


def _goes_on(cells: list[tuple[Cell, ...]]) -> bool:
    """Whether the first row is one more line of header: words or nothing above columns of numbers."""
    first, rest = cells[0], cells[1:50]
    above = [c for j, c in enumerate(first) if _mostly_numbers([row[j] for row in rest if j < len(row)])]
    return bool(above) and all(is_blank(c) or not _shows(c) for c in above) and _words_only(first)


def _shows(cell: Cell) -> bool:
    return not math.isnan(number_of(cell)) or is_hidden(cell) or bool(isinstance(cell, str) and _SPREAD.match(cell))


def _mostly_numbers(cells: list[Cell]) -> bool:
    filled = [c for c in cells if not is_blank(c)]
    return bool(filled) and sum(not math.isnan(number_of(c)) for c in filled) >= 0.8 * len(filled)


def _words_only(row: tuple[Cell, ...]) -> bool:
    return any(isinstance(c, str) and c.strip() for c in row) and all(math.isnan(number_of(c)) for c in row)


def _wide(row: tuple[Cell, ...], width: int) -> tuple[Cell, ...]:
    return (*row, *(None,) * (width - len(row)))[:width]


def _text(cell: Cell) -> str:
    return "" if is_blank(cell) else str(cell)


def _is_number(name: str) -> bool:
    return not math.isnan(number_of(name))


def _labels(grid: Grid) -> tuple[int, ...]:
    """Columns of words; those that number the rows; keys by their names; what stands before the first measure."""
    width = len(grid.columns)
    numeric = [_holds_numbers(grid, j) for j in range(width)]
    meanings = [meaning_of(name) for name in grid.columns]
    numbering = {j for j in range(width) if _numbers_rows(grid, j)}
    labels = {j for j in range(width) if not numeric[j]} | numbering
    statistics = any(isinstance(c, str) and meaning_of(c[:40]) in STATISTICS for row in grid.cells for c in row)
    if not statistics:  # where the rows are statistics, “age” is what they are of
        labels |= {j for j in range(width) if meanings[j] is Meaning.KEY and grid.integers(j)}
    first = next((j for j in range(width) if numeric[j] and meanings[j] in STATISTICS), None)
    if first is not None:
        before = [j for j in range(first) if grid.integers(j) and meanings[j] is Meaning.OTHER]
        labels |= {
            j for j in before if j == 0 or not _distinct(grid, j)
        }  # of crossed keys the inner ones come again
    if labels and not grid.columns[0].strip() and _distinct(grid, 0) and grid.integers(0):
        labels |= {0}  # a frame's own index beside words
    named = {j for j in labels if j not in numbering or grid.columns[j].strip()}
    told = {j for j in named if not grid.blank[:, j].all()}
    rest = [j for j in range(width) if j not in labels and meanings[j] is Meaning.OTHER]
    beside = len(rest) > 1 and (not told or (told <= numbering and _levels_begin(grid, rest)))
    if beside and _distinct(grid, rest[0]):
        labels |= {rest[0]}  # the index of a frame, levels of a category written as numbers
    return tuple(sorted(labels))


def _levels_begin(grid: Grid, columns: list[int]) -> bool:
    """Whether a variable comes first, then only levels of another: a crosstab beside the frame's own index."""
    first, *others = (_is_number(grid.columns[j]) for j in columns)
    return not first and all(others)


def _numbers_rows(grid: Grid, column: int) -> bool:
    """Whether a column without a name counts the rows, as a frame's own index does; printed, it may have one, and
    the levels beside it may be the same numbers."""
    counting = (grid.numbers[:, : column + 1] == np.arange(len(grid.cells))[:, None]).all(axis=0)
    if not grid.columns[column].strip():
        return bool(counting[column])
    return column < 2 and grid.part.origin is Origin.BLOCK and bool(counting.all())


def _distinct(grid: Grid, column: int) -> bool:
    """Whether every row has a number of its own, in rising order or all whole."""
    known = grid.numbers[np.isfinite(grid.numbers[:, column]), column]
    rising = bool((np.diff(known) > 0).all())
    return len(set(known.tolist())) == len(known) and (rising or grid.integers(column))


def _holds_numbers(grid: Grid, column: int) -> bool:
    filled = ~grid.blank[:, column]
    known = np.isfinite(grid.numbers[:, column]) | grid.hidden[:, column]
    texts = (cell for row in grid.cells if isinstance(cell := row[column], str))
    if not filled.any() or any(map(is_margin, texts)):
        return False
    if grid.hidden[filled, column].all():  # nothing is shown of it: "<11", "*"
        return any(str(row[column]).startswith(("<", "≤", "*")) for row in grid.cells)
    return bool(np.isfinite(grid.numbers[:, column]).any() and known.sum() >= 0.6 * filled.sum())

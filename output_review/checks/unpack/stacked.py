"""Several tables in one sheet, one below the other, each under a title and the names of its columns. Pure."""

from collections.abc import Iterator, Sequence

from output_review.checks.cells import is_blank, is_hidden, number_of
from output_review.checks.parts import Cell, Part, Rows, Sheet

_MOST_ROWS, _MOST_TABLES = 20_000, 50
_FEWEST = 2  # rows of numbers above the names of the next table
Row = Sequence[Cell]


def apart(part: Part) -> Iterator[Part]:
    """The tables of a part with a sheet; the part itself if it is one, or if it is too long to be told."""
    sheet = part.sheet
    if sheet is None or not 2 * _FEWEST < sheet.count() <= _MOST_ROWS:
        yield part
        return
    rows: list[Row] = [tuple(sheet.columns), *sheet.rows(0, sheet.count())]
    starts = [0, *_starts(rows)]
    if len(starts) == 1 or len(starts) > _MOST_TABLES:
        yield part
        return
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        yield _one(part, sheet, rows[start:end], start)


def _one(part: Part, sheet: Sheet, rows: Sequence[Row], start: int) -> Part:
    names = tuple("" if is_blank(c) else str(c) for c in rows[0])
    while len(names) > 1 and not names[-1] and all(len(row) < len(names) or is_blank(row[-1]) for row in rows):
        names, rows = names[:-1], [row[: len(names) - 1] for row in rows]
    place = {**part.place, "row": start + 1} if start else part.place
    kept = Rows(names, [tuple(row) for row in rows[1:]], sheet.name, sheet.notes)
    return Part(part.form, part.name, place, sheet=kept, origin=part.origin, facts=part.facts)


def _starts(rows: Sequence[Row]) -> Iterator[int]:
    """The rows at which a table after the first begins: its title, or the names of its columns."""
    numbers = 0  # rows of numbers since the last table began
    numeric: set[int] = set()  # the columns that have one
    title: int | None = None  # where the lines above the names began
    for at, row in enumerate(rows):
        filled = [j for j, c in enumerate(row) if not is_blank(c)]
        here = {j for j in filled if number_of(row[j]) == number_of(row[j]) or is_hidden(row[j])}
        if here:
            numbers, numeric, title = numbers + 1, numeric | here, None
        elif len(filled) <= 1:
            title = at if title is None and filled else title
        elif numbers >= _FEWEST and set(filled[1:]) & numeric and _numbers_follow(rows, at):
            yield at if title is None else title
            numbers, numeric, title = 0, set(), None


def _numbers_follow(rows: Sequence[Row], at: int) -> bool:
    """Whether a row of numbers comes next, or after one more line of names."""
    return any(number_of(c) == number_of(c) for row in rows[at + 1 : at + 3] for c in row)

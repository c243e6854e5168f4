"""A table of a file traced to the people of the data: asked once for each table, whichever checks want to
know.
"""

from collections.abc import Sequence
from functools import lru_cache

from output_review.checks.grids import grid_of
from output_review.checks.microdata import held
from output_review.checks.microdata.contributions import person_column
from output_review.checks.microdata.derive import Derivation, derive, derive_filtered
from output_review.checks.microdata.index import Column, Table
from output_review.checks.microdata.joint import Overlapping
from output_review.checks.microdata.layout import Groups, Layout, gather, layouts
from output_review.checks.parts import Origin, Part

_PUBLISHED = (Origin.SHEET, Origin.BLOCK, Origin.DATA, Origin.CACHE)  # what may be a table of groups
_MOST_COLUMNS, _FEWEST_ROWS = 60, 2
_TRIED_WITH_FILTERS = 2


def is_table(part: Part) -> bool:
    """Whether a part may be a table of groups: its points, arrays and levels are not."""
    if part.origin not in _PUBLISHED or part.sheet is None:
        return False
    grid = grid_of(part)
    return len(grid.cells) >= _FEWEST_ROWS and len(grid.columns) <= _MOST_COLUMNS


@lru_cache(maxsize=32)
def read_as(part: Part, tables: tuple[Table, ...]) -> tuple[tuple[Layout, Groups], ...]:
    """The ways to read a table as groups of people of the data, and who they are."""
    grid, found = grid_of(part), []
    for one in tables:
        for layout in layouts(grid, one, held.digests):
            try:
                found.append((layout, gather(layout)))
            except Overlapping:
                continue
    return tuple(found)


@lru_cache(maxsize=32)
def derived(part: Part, tables: tuple[Table, ...]) -> Derivation | None:
    """How a table comes from the data: without a filter, or else with one."""
    ways = read_as(part, tables)
    for layout, groups in ways:
        if (found := derive(layout, groups)) is not None:
            return found
    for layout, groups in ways[:_TRIED_WITH_FILTERS]:
        if (found := derive_filtered(layout, groups)) is not None:
            return found
    return None


def unit_of(found: Table, tables: Sequence[Table]) -> Column | None:
    """Whose a row of a table is; None if every row is a person."""
    others = tuple(one.columns for one in tables if one.dataset == found.dataset and one is not found)
    return person_column(found.columns, others, found.rows)

"""How many people stand behind each cell, and how much of it is one person's, of a table that need not say so."""

from collections.abc import Iterator, Sequence

import numpy as np

from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.grids import Grid, grid_of
from output_review.checks.microdata import held
from output_review.checks.microdata.contributions import Contributions, contributions, dominated, estimable
from output_review.checks.microdata.derive import Derivation
from output_review.checks.microdata.index import Table
from output_review.checks.microdata.layout import Groups, Layout
from output_review.checks.microdata.traced import derived, is_table, read_as, unit_of
from output_review.checks.parts import Form, Part, table
from output_review.checks.registry import Check, Context, Need

MOST_LEVELS = 20  # the largest of so few values is many people's

FEW = Rule(
    "few-people-behind-cell",
    "f(key) < t, f = people of the data with all values of the cell's key (and of the filter, if one was found)",
    "SNDS practice: « aucune case ne doit concerner moins de 11 unités »; ACRO, UK LLC, ADRF, ABS: 10",
    "Join categories until each holds enough people, or leave the cell out together with a second one of its row"
    " and of its column.",
    Severity.BLOCK,
)
DOMINANCE = Rule(
    "dominance",
    "x1 + … + xn ≥ k % of X, n and k of the strictest dataset",
    "ACRO (2, 90 %); INSEE (1, 85 %); sdcTable (2, 85 %); Handbook on SDC §4",
    "Join the cell with others, or give a median or a mean of logarithms, which one person cannot dominate.",
    Severity.BLOCK,
)
ONE = Rule(
    "one-person-holds-most",
    "x1 > 50 % of X, where the dominance rule of the datasets is kept",
    "ABS (1, 50)",
    "Look whether that person can be known from the sum; joining the cell with others helps.",
)
P_PERCENT = Rule(
    "p-percent",
    "X − x1 − x2 < p % of x1",
    "ACRO p = 10 %; Handbook on SDC §4 prefers it to dominance",
    "Join the cell with others: its second largest contributor can tell the largest too well.",
    Severity.BLOCK,
)


END = Rule(
    "endpoint-of-group",
    "the column is the smallest or the largest value of each cell's people",
    "OpenSAFELY, ADRF, CBS: minimum and maximum are the values of one person, and are not released by default",
    "Leave it out, or show the 5th and the 95th percentile of groups that are large enough.",
)
_MOST = 50  # per cent: ONE


class PeopleBehindCells(Check):
    name = "people-behind-cells"
    title = "People behind each cell"
    reads = frozenset({Form.TABLE})
    needs = frozenset({Need.MICRODATA})
    cannot_see = (
        "people left out by two conditions at once, or by one on a derived column; cells whose labels are in no"
        " column of the data; whose a row is, where no other table of the dataset has each person once"
    )
    rules = (FEW, DOMINANCE, ONE, P_PERCENT, END)

    def prepare(self, context: Context) -> None:
        held.prepare(context)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        tables = held.tables(context)
        if not is_table(part):
            return
        grid = grid_of(part)
        derivation = derived(part, tables)
        if derivation is not None:
            yield from _behind(grid, derivation, tables, context)
            return
        for layout, groups in read_as(part, tables):
            if layout.sure:
                yield from _few(grid, layout, groups, groups.sizes, "", context)
                return

    def example(self) -> Part:
        return table(("region", "mean cost"), [("North", 412.5), ("South", 377.1)])


def _behind(grid: Grid, found: Derivation, tables: Sequence[Table], context: Context) -> Iterator[Finding]:
    limits = context.thresholds
    unit = unit_of(found.layout.table, tables)
    largest = max(2, limits.dominance_largest)
    told: set[int] = set()
    for at, how, column in found.found:
        of = contributions(held.connection(), found.groups, column, unit, largest)
        small = {int(cell) for cell in _cells(found.layout, found.groups, of.people, limits.min_count)}
        if small - told:
            chosen = np.array(sorted(small - told))
            yield from _said(grid, found.layout, found.groups, of.people, chosen, at, found.words(), context)
        told |= small
        if how in ("minimum", "maximum") and column is not None and column.distinct > MOST_LEVELS:
            name = grid.columns[int(found.layout.columns[0, at])]
            said = f"“{name[:60]}” is the {how} of {column.name} in each row."
            yield END.finding(grid.part.place, said, name[:60])
        if how in ("sum", "mean") and column is not None and column.distinct > 2:
            yield from _held_by_few(grid, found, at, of, told, context)


def _held_by_few(
    grid: Grid, found: Derivation, at: int, of: Contributions, told: set[int], context: Context
) -> Iterator[Finding]:
    """What the largest contributors hold of a sum or a mean, of cells of which nothing was said yet."""
    limits = context.thresholds
    share, one, rest = dominated(of, limits.dominance_largest), dominated(of, 1), estimable(of)
    for cell, group in enumerate(found.groups.group):
        if group < 0 or cell in told:
            continue
        where, name = _place(grid, found.layout, cell, at), _name(grid, found.layout, cell, at)
        people = f"of {of.people[group]} people"
        if share[group] >= limits.dominance_percent:
            text = f"{name}: {limits.dominance_largest} {people} hold {share[group]:.0f} %."
            yield DOMINANCE.finding(where, text, round(float(share[group]), 1), limits.dominance_percent)
        elif one[group] > _MOST:
            text = f"{name}: one {people} holds {one[group]:.0f} %."
            yield ONE.finding(where, text, round(float(one[group]), 1), _MOST)
        if rest[group] < limits.p_percent:
            text = f"{name}: the largest contribution can be told to within {rest[group]:.1f} %."
            yield P_PERCENT.finding(where, text, round(float(rest[group]), 2), limits.p_percent)


def _cells(layout: Layout, groups: Groups, people: np.ndarray, least: int) -> np.ndarray:
    inside = groups.group >= 0
    return np.flatnonzero(inside & (people[groups.group] > 0) & (people[groups.group] < least))


def _few(
    grid: Grid, layout: Layout, groups: Groups, people: np.ndarray, how: str, context: Context
) -> Iterator[Finding]:
    cells = _cells(layout, groups, people, context.thresholds.min_count)
    yield from _said(grid, layout, groups, people, cells, 0, how, context)


def _said(
    grid: Grid,
    layout: Layout,
    groups: Groups,
    people: np.ndarray,
    cells: np.ndarray,
    at: int,
    how: str,
    context: Context,
) -> Iterator[Finding]:
    of = f"{layout.table.dataset} ({layout.table.name})"
    keys = ", ".join(pick.column.name for pick in layout.picks)
    for cell in cells:
        if np.isnan(layout.values[cell, at]):
            continue  # suppressed, or left empty
        number = int(people[groups.group[cell]])
        exact = f"{number} people of {of} are behind it: the table is the {how}." if how else ""
        atmost = f"at most {number} people of {of} have these values of {keys}."
        message = f"{_name(grid, layout, cell, at)}: {exact or atmost}"
        yield FEW.finding(_place(grid, layout, cell, at), message, number, context.thresholds.min_count)


def _place(grid: Grid, layout: Layout, cell: int, at: int) -> dict[str, int | str]:
    return grid.place(int(layout.rows[cell]), int(layout.columns[cell, at]))


def _name(grid: Grid, layout: Layout, cell: int, at: int) -> str:
    return grid.name(int(layout.rows[cell]), int(layout.columns[cell, at]))


CHECK = PeopleBehindCells()

"""A new table beside what was released before: cells that differ by a few people give those people away."""

from collections.abc import Iterator

from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.grids import grid_of
from output_review.checks.microdata import held, ledger, released
from output_review.checks.microdata.traced import is_table, read_as
from output_review.checks.parts import Form, Part, Skipped, table
from output_review.checks.registry import Check, Context, Need
from output_review.places import Place

DIFFERENCE = Rule(
    "differencing",
    "1 ≤ |A∖B| + |B∖A| < t, A and B the people behind a new and a released cell, or behind sums of them",
    "Handbook on SDC §5.2 (linked tables); CMS: no cell of 1-10 may be derivable; ACRO lists it as an open risk",
    "Use the same people as in the earlier release, or change groups so that each cell differs by enough people or"
    " by none.",
    Severity.BLOCK,
)


class Differencing(Check):
    name = "differencing"
    title = "Few people between two releases"
    reads = frozenset({Form.TABLE})
    needs = frozenset({Need.MICRODATA, Need.EARLIER})
    cannot_see = (
        "tables that could not be traced to the people of the data; differences of more than two cells, other than"
        " the sums over a key; what was released by another project"
    )
    rules = (DIFFERENCE,)

    def prepare(self, context: Context) -> None:
        released.prepare(context)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        if not is_table(part):
            return
        granted, grid = held.tables(context), grid_of(part)
        new = released.entry(part.name, part, granted)
        if new is None:
            if read_as(part, granted):
                raise Skipped("its cells could not be traced to people, so only labels and numbers were compared")
            return
        least = context.thresholds.min_count
        for old in released.entries(context):
            if (old.dataset, old.table) != (new.dataset, new.table):
                continue
            for pair in ledger.alike(new.cells, old.cells, least):
                place = part.place if pair.new.row < 0 else grid.place(pair.new.row, pair.new.column)
                yield _finding(pair, old, place, least)

    def example(self) -> Part:
        return table(("region", "n"), [("North", 412), ("South", 377)])


def _finding(pair: ledger.Alike, old: ledger.Entry, place: Place, least: int) -> Finding:
    where = f" (row {pair.old.row + 1})" if pair.old.row >= 0 else ""
    other = f"{pair.old.words}{where} of the released {old.file}"
    if not pair.more + pair.fewer:
        message = f"{pair.new.words}: its number is not that of the same people as {other}, though their keys are."
        return DIFFERENCE.finding(place, message, None, least, Severity.REVIEW)
    told = [f"{pair.more} more"] * bool(pair.more) + [f"{pair.fewer} fewer"] * bool(pair.fewer)
    message = f"{pair.new.words}: {' and '.join(told)} people than {other}."
    return DIFFERENCE.finding(place, message, pair.more + pair.fewer, least)


CHECK = Differencing()

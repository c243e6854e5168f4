"""Counts that were meant to be rounded, and some that were not."""

from collections.abc import Iterator

import numpy as np

from output_review.checks.counts import counts
from output_review.checks.findings import Finding, Rule
from output_review.checks.grids import grid_of
from output_review.checks.parts import Form, Part, table
from output_review.checks.registry import Check, Context

UNROUNDED = Rule(
    "unrounded-among-rounded",
    "at least 90 % of the counts ≡ 0 mod b (b = 10, 5), the chance of that below 10⁻⁶, and one that is not",
    "OpenSAFELY: round to 5, totals are sums of rounded cells; the chance of a false verdict on c cells is b⁻ᶜ",
    "Round every count to the same base; make totals from the rounded cells, never from the true ones.",
)
_BASES = (10, 5)
_MOSTLY = 0.9
_CHANCE = 1e-6


class Rounding(Check):
    name = "rounding"
    title = "Rounded counts with unrounded ones among them"
    reads = frozenset({Form.TABLE})
    cannot_see = "other ways of rounding (midpoints, random rounding), and whether rounding was asked for"
    rules = (UNROUNDED,)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        grid = grid_of(part)
        found = [one for one in counts(grid) if one.value]
        for base in _BASES:
            odd = [one for one in found if one.value % base]
            even = len(found) - len(odd)
            if not odd or even < _MOSTLY * len(found) or not _too_good(len(found), even, base):
                continue
            for one in odd:
                message = f"{grid.name(one.row, one.column)} is not rounded to {base} as the other counts are."
                yield UNROUNDED.finding(grid.place(one.row, one.column), message, one.value, base)
            return

    def example(self) -> Part:
        return table(("region", "n"), [*((f"R{k}", 5 * k + 15) for k in range(20)), ("Total", 1249)])


def _too_good(cells: int, even: int, base: int) -> bool:
    """Whether so many multiples of the base are no chance: Chernoff's bound on a binomial tail."""
    share, chance = even / cells, 1 / base
    if share <= chance:
        return False
    odds = share * np.log(share / chance) + (1 - share) * np.log(max(1 - share, 1e-12) / (1 - chance))
    return bool(np.exp(-cells * odds) < _CHANCE)


CHECK = Rounding()

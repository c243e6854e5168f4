"""Survival tables and curves whose steps are single people."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from output_review.checks.counts import PUBLISHED
from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.grids import Grid, grid_of
from output_review.checks.measures import words_of
from output_review.checks.parts import Form, Part, table
from output_review.checks.registry import Check, Context

RISK = Rule(
    "at-risk-step",
    "0 < |Y(i) − Y(i+1)| < t, or 0 < Y(i) < t, for the numbers at risk Y of one group",
    "ACRO pools survival tables to cells of 10; OpenSAFELY: midpoint 6 rounding of Kaplan-Meier counts",
    "Show fewer times, so that at least the threshold of people leaves between two of them and remains at the end.",
    Severity.BLOCK,
)
STEPS = Rule(
    "survival-steps",
    "1 / (1 − S(i)/S(i−1)) is a whole number at half of the steps or more: each is d = 1 event among n",
    "Kaplan and Meier 1958: S(i) = S(i−1)·(1 − d/n); OpenSAFELY: curves are made from rounded counts",
    "Pool times until each step stands for enough events, or draw the curve from rounded counts.",
)
_AT_RISK = ("at risk", "n risk", "nrisk", "nb risk", "risk set", "a risque", "atrisk")
_SURVIVAL = {"survival", "surv", "km", "kaplan", "survie", "survivor"}
_TOLERANCE = 1e-4  # of 1/h to a whole number; chance of one step 2·10⁻⁴
_FEWEST = 3


class Survival(Check):
    name = "survival"
    title = "Survival tables and curves"
    reads = frozenset({Form.TABLE})
    cannot_see = "curves drawn as pixels; survival rounded to two decimals"
    rules = (RISK, STEPS)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        grid = grid_of(part)
        if part.origin not in PUBLISHED and not _named(grid):
            return
        for column in range(len(grid.columns)):
            words = words_of(grid.columns[column])
            said = " ".join(words)
            if any(name in said for name in _AT_RISK):
                for rows in _groups(grid, column):
                    yield from _risk(grid, rows, column, context.thresholds.min_count)
            elif _SURVIVAL & set(words) and not {"n", "lower", "upper", "median", "ci"} & set(words):
                for rows in _groups(grid, column):
                    yield from _steps(grid, rows, column)

    def example(self) -> Part:
        return table(("time", "at_risk", "survival"), [(0, 40, 1.0), (12, 39, 0.975), (30, 12, 0.95)])


def _named(grid: Grid) -> bool:
    return any(_SURVIVAL & set(words_of(name)) for name in grid.columns)


def _groups(grid: Grid, column: int) -> Iterator[list[int]]:
    """The rows of each group: those under the same words."""
    words = [j for j in grid.labels if not np.isfinite(grid.numbers[:, j]).any()]
    groups: dict[tuple[str, ...], list[int]] = {}
    for row in range(len(grid.cells)):
        if np.isfinite(grid.numbers[row, column]):
            groups.setdefault(tuple(str(grid.cells[row][j]) for j in words), []).append(row)
    yield from groups.values()


def _risk(grid: Grid, rows: list[int], column: int, threshold: int) -> Iterator[Finding]:
    known: npt.NDArray[np.float64] = grid.numbers[rows, column]
    for i, row in enumerate(rows):
        left = abs(known[i] - known[i + 1]) if i + 1 < len(rows) else 0.0
        if 0 < known[i] < threshold:
            message = f"{grid.name(row, column)}: {known[i]:g} people are at risk."
            yield RISK.finding(grid.place(row, column), message, float(known[i]), threshold)
        elif 0 < left < threshold:
            message = f"{grid.name(row, column)}: {left:g} people leave before the next time."
            yield RISK.finding(grid.place(row, column), message, float(left), threshold)


def _steps(grid: Grid, rows: list[int], column: int) -> Iterator[Finding]:
    curve = grid.numbers[rows, column]
    curve = curve / 100 if curve.max(initial=0) > 1 else curve
    before, after = curve[:-1], curve[1:]
    falls = (after < before) & (after > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ones = 1 / (1 - after[falls] / before[falls])
    if len(ones) < _FEWEST or not ((curve >= 0) & (curve <= 1)).all() or (after > before).any():
        return
    near = np.abs(ones - np.round(ones)) < _TOLERANCE * np.maximum(1, ones)
    single = near & (ones < 0.02 / _TOLERANCE)
    if 2 * single.sum() >= len(ones):
        message = f"{int(single.sum())} of {len(ones)} steps of {grid.columns[column]!r} are one person each."
        yield STEPS.finding(grid.place(rows[0], column), message, int(single.sum()), 0)


CHECK = Survival()

"""Suppressed cells that totals give back: bounds by linear programming.

A hidden cell is a variable; every total shown, along rows, columns and any further key, is an equation. The least
and the largest value that each variable can take is what a reader knows (HandbookSDC §4.3; sdcTable's `attack`).
HiGHS through SciPy, imported where there is something to bound, because it takes half a second.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from output_review.checks.counts import PUBLISHED, counts, crosstab, rounding
from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.grids import Grid, grid_of
from output_review.checks.measures import Meaning, is_margin, meaning_of
from output_review.checks.parts import Cell, Form, Part, Skipped, table
from output_review.checks.registry import Check, Context

GIVEN_BACK = Rule(
    "suppressed-cell-given-back",
    "max x − min x < 1 over all x ≥ 0 that fit the totals, and 0 < x < t",
    "HandbookSDC §4.3, secondary suppression; CMS: none may be derivable; ACRO issue #198",
    "Suppress a second cell in the same row and in the same column, or leave the totals out.",
    Severity.BLOCK,
)
KNOWN = Rule(
    "suppressed-cell-known",
    "max x − min x < 1 over all x ≥ 0 that fit the totals, and x ≥ t",
    "HandbookSDC §4.3: a cell that is hidden to protect another, and is known all the same, protects nothing",
    "Suppress a further cell of the same row and of the same column, or show this one if it hides nobody.",
)
NARROW = Rule(
    "suppressed-cell-narrowed",
    "max x < t and max x − min x ≤ (t − 1)/2 over all x ≥ 0 that fit the totals",
    "HandbookSDC §4.3: protection intervals; OpenSAFELY cohort-extractor hides on until the hidden sum to t",
    "Suppress a further, larger cell, so that the hidden ones together are at least the threshold.",
)
_MOST = 300  # hidden cells; two programmes each
_UNBOUNDED = 3  # SciPy's word for it
Matrix = npt.NDArray[np.float64]
_BELOW = re.compile(r"^(?:<|≤|<=)\s*(\d+)$")


@dataclass(frozen=True)
class Cells:
    """Counts by their keys: what is known, and what is hidden with the most that its mark allows (or infinity)."""

    known: Mapping[tuple[str, ...], float]
    hidden: Mapping[tuple[str, ...], float]
    places: Mapping[tuple[str, ...], tuple[int, int]]


class Totals(Check):
    name = "totals"
    title = "Suppressed cells that totals give back"
    reads = frozenset({Form.TABLE})
    cannot_see = (
        "totals shown in another file; a table with more than 300 suppressed cells is said to be not checked"
    )
    rules = (GIVEN_BACK, NARROW, KNOWN)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        grid = grid_of(part)
        cells = _cells(grid)
        if not cells.hidden or part.origin not in PUBLISHED:
            return
        threshold = context.thresholds.min_count
        base = rounding([int(one.value) for one in counts(grid)])
        for key, (least, most) in bounds(cells, slack=0 if base == 1 else base).items():
            place, name = grid.place(*cells.places[key]), grid.name(*cells.places[key])
            if most - least < 1 and round(most) > 0:
                rule = GIVEN_BACK if round(most) < threshold else KNOWN
                message = f"{name} is hidden, but can only be {round(most):,}."
                yield rule.finding(place, message, round(most), threshold)
            elif 1 <= most - least <= (threshold - 1) / 2 and most < threshold:
                message = f"{name} is hidden, but lies between {least:.0f} and {most:.0f}."
                yield NARROW.finding(place, message, f"{least:.0f} to {most:.0f}", threshold)

    def example(self) -> Part:
        rows: list[tuple[Cell, ...]] = [("North", 40, "*", 44), ("South", 35, 52, 87), ("Total", 75, 56, 131)]
        return table(("region", "smoker", "non-smoker", "Total"), rows)


def _cells(grid: Grid) -> Cells:
    """The counts of a grid under (labels of the row, name of the column)."""
    crossed = set(crosstab(grid))
    columns = [
        j for j in range(len(grid.columns))
        if j not in grid.labels and (j in crossed or meaning_of(grid.columns[j]) is Meaning.COUNT)
    ]  # fmt: skip
    known, hidden, places = {}, {}, {}
    for row, cells in enumerate(grid.cells):
        labels = tuple(str(cells[j]).strip() for j in grid.labels)
        filled = any(np.isfinite(grid.numbers[row, j]) for j in columns) or len(columns) == 1
        for j in columns:
            key = (*labels, grid.columns[j])
            if key in places:
                return Cells({}, {}, {})  # two rows of one name: no table of cells
            places[key] = (row, j)
            if np.isfinite(grid.numbers[row, j]):
                known[key] = float(grid.numbers[row, j])
            elif filled and any(labels):
                below = _BELOW.match(str(cells[j]).strip())
                hidden[key] = float(below.group(1)) - 1 if below else np.inf
    return Cells(known, hidden, places)


def equations(cells: Cells) -> list[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """(total, its parts) for every total along every key, where the totals that can be verified hold."""
    keys = list(cells.places)
    found = []
    for axis in range(len(keys[0]) if keys else 0):
        lines: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for key in keys:
            lines.setdefault(key[:axis] + key[axis + 1 :], []).append(key)
        here = [
            (total, parts)
            for line in lines.values()
            for total in [key for key in line if is_margin(key[axis])][:1]
            if len(parts := [key for key in line if not is_margin(key[axis])]) > 1
        ]
        shown = [one for one in here if all(key in cells.known for key in (one[0], *one[1]))]
        wrong = [
            one
            for one in shown
            if abs(cells.known[one[0]] - sum(cells.known[k] for k in one[1])) > 0.5 * len(one[1])
        ]
        if len(wrong) <= len(shown) // 2:
            found += [one for one in here if one not in wrong]
    return found


def bounds(cells: Cells, slack: float = 0) -> dict[tuple[str, ...], tuple[float, float]]:
    """Least and largest value of each hidden cell; `slack` is the base that counts were rounded to. Raise `Skipped`
    for too many."""
    variables = list(cells.hidden)
    if len(variables) > _MOST:
        raise Skipped(f"{len(variables):,} suppressed cells are too many to bound")
    sums = [one for one in equations(cells) if any(key in cells.hidden for key in (one[0], *one[1]))]
    if not sums:
        return {}
    matrix, right, loose = _system(cells, variables, sums, slack)
    marked: list[tuple[float, float | None]] = [
        (0.0, None if np.isinf(cells.hidden[key]) else cells.hidden[key]) for key in variables
    ]
    touched = np.flatnonzero(np.abs(matrix).sum(axis=0)).tolist()
    bare: list[tuple[float, float | None]] = [(0.0, None)] * len(variables)
    for limits in (marked, bare):  # totals tell the value whatever its mark says
        ranges = [(variables[j], _range(j, matrix, right, loose, limits)) for j in touched]
        known = {key: found for key, found in ranges if found is not None}
        if known:
            return known
    return {}


def _system(
    cells: Cells,
    variables: list[tuple[str, ...]],
    sums: Sequence[tuple[tuple[str, ...], list[tuple[str, ...]]]],
    slack: float,
) -> tuple[Matrix, Matrix, Matrix]:
    """Σ parts − total = 0 (lines × variables), the known on the right, how far each may be off after rounding."""
    at = {key: j for j, key in enumerate(variables)}
    matrix = np.zeros((len(sums), len(variables)))
    right, loose = np.zeros(len(sums)), np.zeros(len(sums))
    for i, (total, parts) in enumerate(sums):
        for key, sign in ((total, -1.0), *((key, 1.0) for key in parts)):
            if key in at:
                matrix[i, at[key]] = sign
            else:
                right[i] -= sign * cells.known.get(key, 0.0)
        loose[i] = slack * (len(parts) + 1) / 2
    return matrix, right, loose


def _range(
    column: int, matrix: Matrix, right: Matrix, loose: Matrix, limits: list[tuple[float, float | None]]
) -> tuple[float, float] | None:
    """The range of one variable; None if the totals contradict each other."""
    from scipy.optimize import linprog

    lines: dict[str, Any] = {"A_eq": matrix, "b_eq": right}
    if loose.any():
        lines = {"A_ub": np.vstack([matrix, -matrix]), "b_ub": np.concatenate([right + loose, loose - right])}
    ends = []
    for sign in (1.0, -1.0):
        cost = np.zeros(len(limits))
        cost[column] = sign
        solved = linprog(cost, bounds=limits, method="highs", **lines)
        if solved.status not in (0, _UNBOUNDED):
            return None
        ends.append(sign * (float(solved.fun) if solved.status == 0 else -np.inf))
    return ends[0], ends[1]


CHECK = Totals()

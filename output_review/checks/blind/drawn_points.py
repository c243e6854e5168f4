"""Figures that carry the points they were drawn from."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from output_review.checks.cells import number_of
from output_review.checks.findings import Finding, Rule, Severity
from output_review.checks.measures import STATISTICS, meaning_of
from output_review.checks.parts import Form, Origin, Part, Rows
from output_review.checks.registry import Check, Context
from output_review.checks.regular import regular

POINTS = Rule(
    "raw-points",
    "more than 50 marks, or values behind a figure, that lie on no regular grid",
    "A scatter is rows: 500 of 500 values of a matplotlib scatter were read back from its SVG to the cent; ACRO"
    " blocks .svg for this",
    "Draw counts, densities or means of groups; save the figure as PNG, which keeps no points.",
    Severity.BLOCK,
)
SOME = Rule(
    "single-points",
    "at least 3 marks on no regular grid: a small scatter, outliers of a box plot, a curve with a step a person",
    "DISCLOSURE: box-plot fliers are single people; a ROC or survival curve steps at each of them",
    "Draw box plots without outliers (showfliers=False), curves from rounded or pooled counts.",
)
_MANY = 50
_FEW = 3
_SOME = 10  # values behind a figure that are not called a measure of groups
_ROWS = 20_000


class DrawnPoints(Check):
    name = "drawn-points"
    title = "Points in a figure"
    reads = frozenset({Form.TABLE})
    cannot_see = "points drawn as pixels; whether regular points stand for people or for groups"
    rules = (POINTS, SOME)

    def look(self, part: Part, context: Context) -> Iterator[Finding]:
        if part.sheet is None or part.origin not in (Origin.MARKS, Origin.DATA):
            return
        cells = part.sheet.rows(0, _ROWS)
        numbers = np.array([[number_of(c) for c in row] for row in cells], dtype=np.float64).reshape(len(cells), -1)
        if part.origin is Origin.MARKS:
            yield from _marks(part, numbers)
        else:
            yield from _values(part, numbers)

    def example(self) -> Part:
        points = [(97 * (0.6180339887 * k % 1), 89 * (0.7548776662 * k % 1)) for k in range(60)]
        return Part(Form.TABLE, "figure.svg, uses", sheet=Rows(("x", "y"), points), origin=Origin.MARKS)


def _marks(part: Part, numbers: npt.NDArray[np.float64]) -> Iterator[Finding]:
    """Bars stand on a line, cells of a heat map on a grid, ticks and smooth curves have equal steps."""
    name = part.sheet.name if part.sheet else ""
    count, line = len(numbers), name.startswith("line")
    few = 8 if name.startswith("path") else _FEW  # three tiles of a heat map in one colour are no points
    across, up = (not regular(numbers[:, j]) for j in (0, 1))
    columns = min(len(np.unique(numbers[:, j])) for j in (0, 1))
    striped = columns == 1 or columns <= count / 3  # the outliers above each box
    if line:
        if across and count > _MANY:
            message = f"{part.name}: a line of {count:,} points at irregular steps."
            yield SOME.finding(part.place, message, count, _MANY)
    elif count > _MANY and ((across and up) or (name.startswith("stamp") and _sparse(numbers))):
        yield POINTS.finding(part.place, f"{part.name}: {count:,} points can be read back.", count, _MANY)
    elif (count > _MANY and name.startswith("stamp") and (across or up)) or (
        count >= few and ((across and up) or (striped and (across or up)))
    ):  # one of the axes counts years, or levels
        yield SOME.finding(part.place, f"{part.name}: {count:,} single points can be read back.", count, _FEW)


def _measure(name: str) -> bool:
    return meaning_of(name) in STATISTICS


def _sparse(numbers: npt.NDArray[np.float64]) -> bool:
    """Whether points lie here and there on a lattice, as people do whose values are whole numbers: neither one for
    each place, as the cells of a heat map, nor one above each step, as a series."""
    across, up = (len(np.unique(numbers[:, j])) for j in (0, 1))
    points = len(np.unique(numbers, axis=0))
    return points < 0.5 * across * up and across < points and min(across, up) > 2


def _values(part: Part, numbers: npt.NDArray[np.float64]) -> Iterator[Finding]:
    """The data behind a figure: long, and not evenly spaced in any column as the axis of a curve would be."""
    count = len(numbers)
    if count <= _SOME or (count <= _MANY and part.sheet and any(map(_measure, part.sheet.columns))):
        return
    known = [numbers[:, j] for j in range(numbers.shape[1]) if np.isfinite(numbers[:, j]).mean() > 0.5]
    curve = any(regular(one) and len(np.unique(one)) == len(one) for one in known)
    if curve or count <= _MANY:
        if count > _MANY or not curve:
            yield SOME.finding(part.place, f"{part.name} holds {count:,} values.", count, _MANY if curve else _SOME)
    else:
        yield POINTS.finding(part.place, f"{part.name} holds {count:,} values behind a figure.", count, _MANY)


CHECK = DrawnPoints()

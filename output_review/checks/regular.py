"""Whether numbers are spaced as an axis, a grid or a calendar is, or as people are. Pure."""

import numpy as np
import numpy.typing as npt

_TOLERANCE, _GROWING = 0.03, 0.005  # of the least step, and more for each step between two values
_SHARE = 0.8
_MOST = 100  # steps between two neighbours: a grid has no wider gaps


def regular(values: npt.NDArray[np.float64]) -> bool:
    """Whether the distinct values lie on a grid, with gaps in it perhaps; two or fewer always do."""
    distinct = np.unique(values[np.isfinite(values)])
    if len(distinct) <= 2:
        return True
    steps = np.diff(distinct)
    steps = steps[steps > 1e-9 * max(1.0, float(np.abs(distinct).max()))]
    if not len(steps):
        return True
    multiples = steps / steps.min()
    near = np.abs(multiples - np.round(multiples)) <= _TOLERANCE + _GROWING * multiples
    return bool(near.mean() >= _SHARE and multiples.max() <= _MOST)

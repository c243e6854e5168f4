"""Whether numbers are spaced as an axis, a grid or a calendar is, or as people are. Pure."""

import numpy as np
import numpy.typing as npt

_TOLERANCE = 0.02  # of the commonest step
_SHARE = 0.8


def regular(values: npt.NDArray[np.float64]) -> bool:
    """Whether the distinct values lie equally far apart, nearly all of them; two or fewer always do."""
    distinct = np.unique(values[np.isfinite(values)])
    if len(distinct) <= 2:
        return True
    steps = np.diff(distinct)
    steps = steps[steps > 1e-9 * max(1.0, float(np.abs(distinct).max()))]
    if not len(steps):
        return True
    step = float(np.median(steps))
    multiples = steps / step
    near = np.abs(multiples - np.round(multiples)) <= _TOLERANCE * np.maximum(1, multiples)
    return bool(near.mean() >= _SHARE and multiples.max() <= 20)

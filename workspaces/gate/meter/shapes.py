"""Replies that JupyterLab asks for again and again: only what has changed in them counts. Pure.

A reply on one of the listed paths is read as JSON and written anew by the gate (sorted keys, no spaces), so that
nothing passes but names and values. A value that was in the same place of the last reply at this address is free;
any other counts with its name and its length. So a list of idle kernels costs nothing, and a server that puts data
into kernel names, into new names or into numbers pays for every byte of it.
"""

import json
import re
from dataclasses import dataclass

LARGEST = 32 * 1024  # bytes; a longer reply counts whole
DEEPEST = 8

POLLED: tuple[tuple[str, str], ...] = (
    (r"api/kernels(/[^/]+)?", "which kernels run: asked every 10 s; times and states change"),
    (r"api/sessions(/[^/]+)?", "which notebook uses which kernel: asked every 10 s; the same inside"),
    (r"api/status", "when the server was last used"),
    (r"api/terminals(/[^/]+)?", "which terminals run, where a project allows them"),
)
_POLLED = re.compile("|".join(pattern for pattern, _ in POLLED), re.ASCII)


@dataclass(frozen=True)
class Shaped:
    """A reply written anew, and its values by their place."""

    body: bytes
    values: dict[str, str]

    def news(self, before: dict[str, str]) -> int:
        """Bytes that were not given before."""
        return sum(
            len(place) + len(value) if place not in before else len(value)
            for place, value in self.values.items()
            if before.get(place) != value
        )


def polled(path: str) -> bool:
    """Whether replies at this path (below the workspace's base) are read for what is new in them."""
    return _POLLED.fullmatch(path) is not None


def shape(body: bytes) -> Shaped | None:
    """The reply written anew; None for one that is too long, too deep or no JSON, which counts whole as it is."""
    if len(body) > LARGEST:
        return None
    values: dict[str, str] = {}
    try:
        whole = json.loads(body)
        _spread(whole, "", values, DEEPEST)
        written = json.dumps(whole, separators=(",", ":"), sort_keys=True, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return Shaped(written.encode(), values)


def _spread(value: object, place: str, values: dict[str, str], left: int) -> None:
    if left == 0:
        raise ValueError("too deep")
    if isinstance(value, dict):
        values[place + "{"] = ""
        for name, inner in value.items():
            _spread(inner, f"{place}/{json.dumps(name)}", values, left - 1)
    elif isinstance(value, list):
        values[place + "["] = ""
        for number, inner in enumerate(value):
            _spread(inner, f"{place}/{number}", values, left - 1)
    else:
        values[place] = json.dumps(value, allow_nan=False)

"""The numbers to measure by: of the policies of several datasets the strictest. Pure but for `read`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from enclave.errors import BadInput
from output_review.policy import Policy, Thresholds, changed

DEFAULTS = Thresholds()
_NAMES = {one.name for one in fields(Thresholds)}
# With a higher share of the largest contributors more is allowed; with every other number, less.
_LOWER_IS_STRICTER = {"dominance_percent"}


def strictest(all_of_them: Iterable[Thresholds]) -> Thresholds:
    """Number by number the strictest; raise `BadInput` if there is none to choose from."""
    given = tuple(all_of_them)
    if not given:
        raise BadInput("There are no thresholds to choose the strictest of.")
    chosen = {
        name: (min if name in _LOWER_IS_STRICTER else max)(getattr(one, name) for one in given) for name in _NAMES
    }
    return Thresholds(**chosen)


def read(file: Path) -> Thresholds:
    """A policy file: JSON, thresholds by name, or {"datasets": {NAME: thresholds, ...}}, whose strictest hold.

    What is not named is as in `output_review.policy.Thresholds`. Raise `BadInput` for anything else.
    """
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"The policy {file.name!r} cannot be read: {error}.") from error
    if isinstance(value, dict) and set(value) == {"datasets"} and isinstance(value["datasets"], dict):
        return strictest(_parsed(one) for one in value["datasets"].values())
    return _parsed(value)


def _parsed(value: Any) -> Thresholds:
    if not isinstance(value, Mapping) or not set(value) <= _NAMES:
        raise BadInput(f"A policy file names thresholds and nothing else: {', '.join(sorted(_NAMES))}.")
    return changed(Policy(thresholds=DEFAULTS), value).thresholds

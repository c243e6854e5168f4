"""What an admin may say of a project, and the bounds within which they may say it. Pure.

`checked` looks at each value alone, `agreeing` at the values that must fit each other; both raise `BadInput` with
one sentence. A bound is where a workspace could not work or a value must be a typing error, not what is wise.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from data_mounts.access import Limits
from data_mounts.inputs import line, paragraph
from enclave.errors import BadInput
from enclave.sizes import exact

KB, MB, GB, TB = 1024, 1024**2, 1024**3, 1024**4
# What a workspace may be given: with less JupyterLab does not start, more is a typing error.
LEAST = Limits(memory_bytes=256 * MB, cpus=0.1, pids=64, tmp_bytes=16 * MB)
MOST = Limits(memory_bytes=4 * TB, cpus=512.0, pids=32768, tmp_bytes=TB)
IDLE_STOP_MINUTES, LONGEST_IDLE = 60, 7 * 24 * 60
# With less than these a notebook cannot be opened and no picture seen. A message is held in the gate's memory.
SIZES: Mapping[str, tuple[str, int, int]] = {
    "budget_soft_bytes": ("the budget until a person is told", MB, 64 * GB),
    "budget_hard_bytes": ("the budget until content pauses", MB, 64 * GB),
    "message_bytes": ("the largest single output", 64 * KB, 64 * MB),
    "upload_bytes": ("the largest file brought in", KB, GB),
    "disk_bytes": ("the project's disk limit", 256 * MB, 1024 * TB),
}


@dataclass(frozen=True)
class Changes:
    """What an admin may change; `None` leaves it as it is."""

    title: str | None = None
    purpose: str | None = None
    authorisation: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    memory_bytes: int | None = None
    cpus: float | None = None
    pids: int | None = None
    tmp_bytes: int | None = None
    idle_stop_minutes: int | None = None
    budget_soft_bytes: int | None = None
    budget_hard_bytes: int | None = None
    message_bytes: int | None = None
    uploads: bool | None = None
    upload_bytes: int | None = None
    terminals: bool | None = None
    disk_bytes: int | None = None


def missing(given: Changes) -> list[str]:
    """What a new project needs and `given` lacks."""
    needed = ("title", "purpose", "authorisation", "start", "end")
    return [what for what in needed if getattr(given, what) is None]


def checked(given: Changes) -> dict[str, Any]:
    """The given values, each within its bounds; raise `BadInput`."""
    values = {key: value for key, value in asdict(given).items() if value is not None}
    for key, longest in (("title", 120), ("authorisation", 120)):
        if key in values:
            values[key] = line(values[key], f"the {key}", longest)
    if "purpose" in values:
        values["purpose"] = paragraph(values["purpose"], "the purpose")
    for key, least in asdict(LEAST).items():
        _bounded(values, key, least, getattr(MOST, key))
    _bounded(values, "idle_stop_minutes", 1, LONGEST_IDLE)
    for key, (words, smallest, largest) in SIZES.items():
        if key in values and not smallest <= values[key] <= largest:
            told = exact(values[key]) if values[key] >= 0 else str(values[key])
            expected = f"{exact(smallest)} to {exact(largest)}"
            raise BadInput(f"{told} is not possible for {words}: {expected} is expected.")
    return values


def agreeing(values: dict[str, Any]) -> dict[str, Any]:
    """All values of a project, in agreement with each other; raise `BadInput`."""
    start, end = values["start"], values["end"]
    if start >= end:
        raise BadInput(f"The project would end ({end:%Y-%m-%d %H:%M}) before it starts ({start:%Y-%m-%d %H:%M}).")
    hard = values["budget_hard_bytes"]
    for key in ("budget_soft_bytes", "message_bytes"):
        if values[key] > hard:
            words = SIZES[key][0]
            raise BadInput(
                f"{words[0].upper()}{words[1:]} would be {exact(values[key])}, more than the budget until"
                f" content pauses ({exact(hard)}): at most as much is expected."
            )
    return values


def _bounded(values: Mapping[str, Any], key: str, least: float, most: float) -> None:
    if key in values and not least <= values[key] <= most:
        raise BadInput(f"{values[key]} is not possible for {key}: {least} to {most} is expected.")

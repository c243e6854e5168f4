"""What a person may be shown of a project in a rolling 24 hours, and who may raise it. Pure.

The gate counts and pauses; the desk keeps the policy, the raises and what the gate tells. A raise is added to both
limits until it ends, 7 days at most: only an admin gives one, never to themselves, with a reason, and one is in
force at a time. `objection` is the one rule of who; the page that offers the form asks it too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from data_mounts.access import Policy
from data_mounts.inputs import line
from enclave.errors import BadInput
from enclave.names import PersonName, ProjectSlug
from enclave.people import Person, Role
from enclave.sizes import exact

WINDOW = timedelta(hours=24)
LEAST_RAISE, MOST_RAISE = 1024**2, 4 * 1024**3  # bytes; the most is sixteen times the default hard limit
SHORTEST_HOURS, LONGEST_HOURS = 1, 7 * 24
SHORTEST_REASON, LONGEST_REASON = 3, 300
SAME = timedelta(minutes=5)  # said twice within this (a double click, a repeated command) it is the same raise


class Level(StrEnum):
    """How near a person is to their budget; `HARD`: content is paused."""

    OK = "ok"
    SOFT = "soft"
    HARD = "hard"


class ExposureEvent(StrEnum):
    """What the gate notices, and what admins do about it; about `workspace:<person>/<project>`."""

    BUDGET_SOFT = "workspace.budget-soft"
    BUDGET_HARD = "workspace.budget-hard"
    BUDGET_AGAIN = "workspace.budget-again"
    UPLOAD = "workspace.upload"
    UPLOAD_REFUSED = "workspace.upload-refused"
    VIOLATION = "workspace.violation"
    REFUSED = "workspace.refused"
    BUDGET_RAISED = "workspace.budget-raised"
    RAISE_ENDED = "workspace.budget-raise-ended"


@dataclass(frozen=True)
class Shown:
    """What the gate counted: bytes in the rolling window and in all, and the level that follows."""

    person: PersonName
    project: ProjectSlug
    window_bytes: int
    total_bytes: int
    level: Level


@dataclass(frozen=True)
class Exposure(Shown):
    """The same with the moment at which the gate told it."""

    told: datetime

    def now(self, moment: datetime) -> int:
        """Bytes in the window, at most: what was told a window ago has left it."""
        return self.window_bytes if moment - self.told < WINDOW else 0


@dataclass(frozen=True)
class Raise:
    """`bytes` more until `until`, or until somebody ended it. `by` is a person or `operator:<login>`."""

    id: int
    person: PersonName
    project: ProjectSlug
    bytes: int
    until: datetime
    reason: str
    by: str
    time: datetime
    ended: datetime | None
    ended_by: str

    def live(self, moment: datetime) -> bool:
        return self.ended is None and self.time <= moment < self.until


@dataclass(frozen=True)
class Asked:
    """A raise as it is asked for, parsed; make it with `asked`."""

    bytes: int
    until: datetime
    reason: str

    def same(self, other: Raise) -> bool:
        return (self.bytes, self.reason) == (other.bytes, other.reason) and abs(self.until - other.until) < SAME


def asked(more: int, hours: int, reason: str, now: datetime) -> Asked:
    """`more` bytes for `hours` hours from now; raise `BadInput` for one that is out of bounds."""
    if not LEAST_RAISE <= more <= MOST_RAISE:
        expected = f"{exact(LEAST_RAISE)} to {exact(MOST_RAISE)}"
        raise BadInput(f"A budget is raised by {expected}, not by {exact(max(0, more))}.")
    if not SHORTEST_HOURS <= hours <= LONGEST_HOURS:
        raise BadInput(f"A budget is raised for {SHORTEST_HOURS} to {LONGEST_HOURS} hours, not for {hours}.")
    text = line(" ".join(reason.splitlines()), "the reason", LONGEST_REASON)
    if len(text) < SHORTEST_REASON:
        raise BadInput("The reason is too short: say in a few words what for.")
    return Asked(more, now + timedelta(hours=hours), text)


def objection(actor: Person, person: str) -> str | None:
    """Why `actor` may not raise this person's budget; None if they may. Operators of the host may, as in all."""
    if not actor.has(Role.ADMIN):
        return "Only an admin raises a budget. Ask one, and say what for."
    if actor.name == person:
        return "Nobody raises their own budget. Ask another admin."
    return None


def limits(policy: Policy, live: Raise | None) -> tuple[int, int]:
    """(soft, hard) in bytes with the raise that is in force."""
    more = live.bytes if live else 0
    return policy.budget_soft_bytes + more, policy.budget_hard_bytes + more

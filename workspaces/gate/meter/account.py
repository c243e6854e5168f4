"""One person's account in one project: what was shown, what may be, and in which words it is refused."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite

from enclave.errors import Refused
from enclave.sizes import about
from enclave.web.render import moment
from workspaces.gate.meter.frames import Shelf
from workspaces.gate.meter.memory import Memory
from workspaces.gate.meter.pace import Pace
from workspaces.gate.meter.policy import CONTROL_SHARE, RELEASE_SHARE, Level, Policy, Raised
from workspaces.gate.meter.window import Window

SHELF_BYTES = 96 << 20  # of all unfinished messages of one workspace together
Said = Callable[[str, int, int], None]  # an event, bytes in the window, the limit that it is about


class Withheld(Refused):
    """The budget is spent, or the reply is too large for it."""

    status = 429


class Account:
    """Bytes shown, against the limits in force. `said` is told when the level changes."""

    def __init__(
        self,
        window: Window,
        total: int,
        level: Level,
        said: Said,
        clock: Callable[[], float] = time.time,
        policy: Policy | None = None,
    ):
        self.window = window
        self.total = total
        self.level = level
        self.policy = policy or Policy()
        self.raised = Raised()
        self.pace = Pace()
        self.shelf = Shelf(SHELF_BYTES)
        self.memory = Memory()
        self.changed = True  # not on disk yet
        self._said = said
        self._clock = clock
        self._presumed = False
        self._limits = self.soft, self.hard  # in force when the level was decided

    @property
    def soft(self) -> int:
        return self.policy.budget_soft_bytes + self._more()

    @property
    def hard(self) -> int:
        return self.policy.budget_hard_bytes + self._more()

    def _more(self) -> int:
        return self.raised.bytes if self.raised.until > self._clock() else 0

    def add(self, size: int) -> Level:
        """Count bytes that are shown; the level after them."""
        self.window.add(self._clock(), size)
        self.total += size
        self.changed = True
        level, policy = self.level, self.policy
        edge = policy.budget_soft_bytes if level is Level.OK else policy.budget_hard_bytes
        if level is not Level.HARD and self.window.bytes >= edge:  # a raise is looked at there
            self.settle()
        return self.level

    def give_back(self, size: int) -> None:
        """Not count what turned out to be nothing new."""
        self.window.give_back(size)
        self.total -= size
        self.changed = True

    def settle(self) -> Level:
        """The level as it is now; it falls only well below a limit, so that it does not flicker at the edge."""
        self.window.move(self._clock())
        shown, before, limits = self.window.bytes, self.level, (self.soft, self.hard)
        now = _level(shown, *limits)
        moved, self._limits = limits != self._limits, limits
        if now.order < before.order and not moved:  # an admin's raise counts at once, to the byte
            now = max(now, _level(round(shown / RELEASE_SHARE), self.soft, self.hard), key=lambda one: one.order)
            now = min(now, before, key=lambda one: one.order)
        if now is not before:
            self.level, self.changed = now, True
            event = "budget-again" if now.order < before.order else f"budget-{now}"
            self._said(event, shown, self.hard if now is Level.HARD or before is Level.HARD else self.soft)
        return now

    def presume(self) -> None:
        """What was shown before is lost: the hard limit counts as spent, also the one that the desk will name."""
        self._presumed = True
        self.window.add(self._clock(), max(0, self.policy.budget_hard_bytes - self.window.bytes))
        self.changed = True

    def over(self) -> bool:
        """Whether even messages without content are too many."""
        return self.level is Level.HARD and self.window.bytes >= CONTROL_SHARE * self.hard

    def learn(self, policy: Policy, raised: Raised) -> None:
        """What the desk says now."""
        if (policy, raised) != (self.policy, self.raised):
            self.policy, self.raised, self.changed = policy, raised, True
        if self._presumed:
            self.presume()
            self._presumed = False
        self.settle()

    def again(self) -> datetime | None:
        """When content goes on by itself, UTC; None where it goes on now, or nobody can say."""
        if self.level is not Level.HARD:
            return None
        when = self.window.below(RELEASE_SHARE * self.hard)
        return datetime.fromtimestamp(when, UTC) if isfinite(when) and when else None

    def why(self) -> str:
        """Why nothing more is shown, until when, and whom to ask."""
        again = self.again()
        until = f" until {moment(again)}" if again else ""
        return (
            f"Not shown: you were shown {about(self.window.bytes)} of this project in 24 hours, all that its"
            f" budget of {about(self.hard)} allows{until}. Kernels go on, files are kept. An admin can raise it."
        )

    def too_large(self, size: int) -> str:
        """Why one output is not shown."""
        most = about(self.policy.message_bytes)
        return f"This output is {about(size)}, more than the {most} that may be shown. Ask for its release instead."

    def shown(self) -> dict[str, object]:
        """For the page around the workspace, and for the desk."""
        again, limit = self.again(), self.soft if self.level is Level.OK else self.hard
        value, unit = about(limit).split()
        used = about(self.window.bytes)
        same = used.removesuffix(f" {unit}") if used.endswith(f" {unit}") else used
        return {
            "window_bytes": self.window.bytes,
            "soft_bytes": self.soft,
            "hard_bytes": self.hard,
            "level": str(self.level),
            "text": f"{same} of {value} {unit} shown today",
            "again": again.isoformat() if again else None,
        }


def _level(shown: int, soft: int, hard: int) -> Level:
    return Level.HARD if shown >= hard else Level.SOFT if shown >= soft else Level.OK

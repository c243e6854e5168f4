"""A rolling window of 24 hours in buckets of five minutes.

A byte counts for at least 24 hours and at most one bucket longer. A clock that is set back changes no age: what is
there is dated back with it. Pure: the caller says what time it is.
"""

from collections.abc import Iterable
from math import inf

from workspaces.gate.meter.policy import WINDOW_SECONDS

BUCKET_SECONDS = 300.0
BUCKETS = int(WINDOW_SECONDS / BUCKET_SECONDS)


class Window:
    """Bytes by bucket; `buckets` are pairs (number of the bucket since the epoch, bytes)."""

    def __init__(self, buckets: Iterable[tuple[int, int]] = ()) -> None:
        self.buckets: dict[int, int] = dict(sorted(buckets))
        self.bytes = sum(self.buckets.values())
        self._newest = max(self.buckets, default=0)

    def add(self, now: float, count: int) -> None:
        """Count bytes now (seconds since the epoch)."""
        self.move(now)
        here = int(now // BUCKET_SECONDS)
        self.buckets[here] = self.buckets.get(here, 0) + count
        self.bytes += count
        self._newest = here

    def give_back(self, count: int) -> None:
        """Take bytes out again, the newest first."""
        for slot in sorted(self.buckets, reverse=True):
            taken = min(count, self.buckets[slot])
            self.buckets[slot] -= taken
            self.bytes -= taken
            count -= taken
            if not count:
                return

    def move(self, now: float) -> None:
        """Forget what is old."""
        here = int(now // BUCKET_SECONDS)
        back = self._newest - here
        if back > 0:
            self.buckets = {slot - back: count for slot, count in self.buckets.items()}
            self._newest = here
        while self.buckets:
            oldest = next(iter(self.buckets))
            if oldest >= here - BUCKETS:
                break
            self.bytes -= self.buckets.pop(oldest)

    def below(self, limit: float) -> float:
        """When, with nothing added, the window will hold at most `limit` bytes; 0 for already, inf for never."""
        left = self.bytes
        if left <= limit:
            return 0.0
        for slot, count in self.buckets.items():
            left -= count
            if left <= limit:
                return (slot + BUCKETS + 1) * BUCKET_SECONDS
        return inf

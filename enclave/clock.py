"""The time, in one place so that tests can set it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment in UTC, to the microsecond."""
    return datetime.now(UTC)

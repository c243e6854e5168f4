"""How fast one workspace may talk: a bucket of tokens that may go into debt. Pure: the caller waits.

2 000 messages a second are ten times what the busiest progress bars and widgets send, and cost the gate about 3 %
of a processor; what is faster waits in the workspace's own buffers, and its neighbours notice nothing.
"""

MESSAGES = 2_000.0  # a second
BYTES = 64.0 * 1024 * 1024  # a second
BURST_SECONDS = 0.25
REST_SECONDS = 0.05  # beyond what is owed: then many messages go at once, for a pause costs more than a message
LONGEST_WAIT = 2.0  # seconds; a single message cannot silence a workspace for longer


class Pace:
    """One direction of one workspace."""

    def __init__(self, messages: float = MESSAGES, size: float = BYTES) -> None:
        self._messages, self._bytes = messages, size
        self._room_messages, self._room_bytes = messages * BURST_SECONDS, size * BURST_SECONDS
        self._at = 0.0

    def take(self, now: float, messages: int, size: int) -> float:
        """Count these at a moment (any clock that only goes forward); the seconds to wait before going on."""
        passed, self._at = max(0.0, now - self._at), now
        room_messages = (
            min(self._messages * BURST_SECONDS, self._room_messages + passed * self._messages) - messages
        )
        room_bytes = min(self._bytes * BURST_SECONDS, self._room_bytes + passed * self._bytes) - size
        self._room_messages = max(room_messages, -LONGEST_WAIT * self._messages)
        self._room_bytes = max(room_bytes, -LONGEST_WAIT * self._bytes)
        wait = max(-self._room_messages / self._messages, -self._room_bytes / self._bytes)
        return wait + REST_SECONDS if wait > 0 else 0.0

"""The attackers and their victims, logged in over HTTP."""

from tests.stack.people import people

__all__ = ["people"]

"""The stack tests' people, logged in over HTTP."""

from tests.stack.people import people

__all__ = ["people"]

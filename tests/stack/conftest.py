"""The stack tests' people, logged in over HTTP; erin with a workspace of her own."""

import pytest

from tests.stack.people import People, Person, people

__all__ = ["erin", "people"]


@pytest.fixture(scope="module")
def erin(people: People) -> Person:
    """Erin with a fresh workspace in diabetes-care, and her browser inside it."""
    found = people("erin")
    found.start_anew("diabetes-care")
    found.enter("diabetes-care")
    return found

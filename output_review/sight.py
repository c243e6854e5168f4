"""Who sees what of a request. Pure.

An author, like every member of the project, sees no file content on the desk: it is in the workspace, behind the
meter. Evidence is for those who judge and those who audit, and never for an admin.
"""

from enum import IntEnum

from output_review.vocabulary import Actor, Request


class Sight(IntEnum):
    """How much a person sees, in this order."""

    NOTHING = 0
    STATE = 1
    EVIDENCE = 2


def sight(actor: Actor, request: Request) -> Sight:
    """How much of this request this person sees."""
    if actor.name == request.author or actor.member:
        return Sight.STATE
    if not (actor.checker or actor.auditor):
        return Sight.NOTHING
    return Sight.STATE if actor.admin else Sight.EVIDENCE

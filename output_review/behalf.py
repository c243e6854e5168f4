"""What an operator may do for somebody from the host's command line, and how it is signed. Pure."""

from typing import Any

from output_review.vocabulary import Action, Actor

# It stops something or hands it on. Nothing leaves by it, and no word on an output is given.
FOR_SOMEBODY = frozenset(
    {Action.CLAIM, Action.UNCLAIM, Action.RETURN, Action.WITHDRAW, Action.TAKE_BACK, Action.RECALL}
)
_LONGEST_OPERATOR = 45  # with a person's name it fits the column of 80 characters; the audit log has it whole


def signature(actor: Actor) -> str:
    """The name that stands under what they do."""
    return f"{actor.operator[:_LONGEST_OPERATOR]} for {actor.name}" if actor.operator else actor.name


def told(actor: Actor) -> tuple[str, dict[str, Any]]:
    """The actor of the audit event, and what its details say of for whom and why."""
    if not actor.operator:
        return actor.name, {}
    return actor.operator, {"on_behalf_of": actor.name, "reason": actor.reason}

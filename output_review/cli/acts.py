"""What an operator does to a request for a person who cannot, and what nobody does for another.

A checker is ill and holds a place in the queue, a release has to be recalled at night: an operator may do it for
them, by name and with a reason, and the audit log says who did. It is allowed by the rules that hold for the person
on the desk. Only what stops something or hands it on can be done so (`FOR_SOMEBODY`): words on files are checkers'
own, and nothing leaves by anybody else's hand.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
from sqlalchemy.engine import Connection

from enclave.cli import Context, parsed, pass_context
from enclave.clock import now
from enclave.errors import Refused
from enclave.names import person_name
from output_review import records, store, voting
from output_review.cli.look import number_argument
from output_review.limits import LIMITS, text
from output_review.reading import get_request, present_actor
from output_review.vocabulary import Actor, Request

Step = Callable[[Connection, Actor, Request, str], Request]
_LONGEST_REASON = 500


def _reason(value: str) -> str:
    return text(value, "why you do it", _LONGEST_REASON)


def _comment(value: str) -> str:
    return text(value, "what its author should know", LIMITS.max_text)


def _for_somebody(name: str, told: str, step: Step, speaks: bool = False) -> click.Command:
    """The verb that does this step for a person; with `speaks` it has words for the author."""

    def work(context: Context, number: int, on_behalf_of: str, reason: str, comment: str = "") -> None:
        with context.database.write() as connection:
            person = present_actor(connection, on_behalf_of, number)
            actor = replace(person, operator=context.actor, reason=reason)
            done = step(connection, actor, get_request(connection, number), comment)
        click.echo(f"Request {number} is {done.status}. The audit log names {context.actor} for {on_behalf_of}.")

    work.__doc__ = f"{told} For a person who may do it and cannot at present."
    command: Any = pass_context(work)
    for option in (
        click.option("--comment", required=True, callback=parsed(_comment), help="The author reads it."),
        click.option("--reason", required=True, callback=parsed(_reason), help="Why you do it; recorded."),
        click.option("--on-behalf-of", required=True, callback=parsed(person_name), help="The person's name."),
    )[0 if speaks else 1 :]:
        command = option(command)
    return click.command(name)(number_argument(command))


def _never(name: str, told: str, instead: str) -> click.Command:
    """A verb of the API that is a person's own."""

    def work(words: tuple[str, ...]) -> None:
        raise Refused(f"{told} {instead}")

    work.__doc__ = f"Refused, always: {told[0].lower()}{told[1:]}"
    settings = {"ignore_unknown_options": True}
    return click.command(name, context_settings=settings)(click.argument("words", nargs=-1, metavar="...")(work))


_WORD = "A word on an output is a checker's own, who has looked at it."
_AWAY = "Nothing leaves by the hand of whoever operates the host."
_THERE = "They do it on the desk, under their own name."
VERBS = (
    _for_somebody("claim", "Handle it.", lambda c, who, r, _: voting.claim(c, who, r.id, now())),
    _for_somebody(
        "unclaim", "Give it back to the queue.", lambda c, who, r, _: voting.unclaim(c, who, r.id, now())
    ),
    _for_somebody(
        "return",
        "Return it to its author.",
        lambda c, who, r, said: voting.send_back(c, who, r.id, r.version, said, [], now()),
        speaks=True,
    ),
    _for_somebody(
        "withdraw", "Take it back for good.", lambda c, who, r, _: store.withdraw(c, who, r.id, r.version, now())
    ),
    _for_somebody(
        "take-back",
        "Take an approval back before it is released.",
        lambda c, who, r, _: voting.take_back(c, who, r.id, r.version, now()),
    ),
    _for_somebody(
        "recall",
        "Recall what was released.",
        lambda c, who, r, said: records.recall(c, who, r.id, r.version, said, now()),
        speaks=True,
    ),
    _never("vote", _WORD, _THERE),
    _never("reject", _WORD, _THERE),
    _never("comment", "What is said in a review is said by those who said it.", _THERE),
    _never("release", _AWAY, "The desk releases what was approved, or a checker where the policy says so."),
    _never("withdraw-file", "Which single file is not asked for any more is its author's own word.", _THERE),
    _never("notices", "What somebody is told is theirs to read.", _THERE),
    _never("read-notices", "What somebody has read is theirs to say.", _THERE),
    _never("bundle", _AWAY, "What was released is downloaded by a member of its project, on the desk."),
    _never("return-many", "Who returns several has looked at each.", "Return them one by one."),
    _never("download", _AWAY, "A released file is downloaded by a member of its project, on the desk."),
)

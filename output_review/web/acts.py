"""What people do to a request: one core for pages and programs, so that both are refused alike.

Typed text is checked here, and who acts is looked up again in the transaction that acts. Each raises `Refused` and
has then changed nothing, or returns the request as it is now.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy.engine import Connection

from enclave.clock import now
from enclave.errors import Refused
from enclave.web.rooms import Desk
from output_review import records, store, voting, withdrawing
from output_review.causes import Cause
from output_review.limits import LIMITS, text
from output_review.places import Place
from output_review.reading import get_request, present_actor
from output_review.release import release_one
from output_review.vocabulary import Actor, Audience, FileDecision, Request

Step = Callable[[Connection, Actor], Request]


async def _act(desk: Desk, person: str, number: int, step: Step) -> Request:
    def work(connection: Connection) -> Request:
        return step(connection, present_actor(connection, person, number))

    return await desk.write(work)


def plain(value: str, what: str) -> str:
    """Short plain text, perhaps none; raise `BadInput`."""
    return text(value, what, LIMITS.max_text, required=False)


def _worded(comment: str, judged: Sequence[FileDecision]) -> tuple[str, list[FileDecision]]:
    return plain(comment, "why"), [
        FileDecision(one.number, one.verdict, plain(one.reason, "why this file")) for one in judged
    ]


async def vote(
    desk: Desk, person: str, number: int, round_: int, comment: str, judged: Sequence[FileDecision]
) -> Request:
    """A checker's word on every file of the round that they have looked at."""
    said, words = _worded(comment, judged)
    grace = timedelta(seconds=desk.settings.release_grace_seconds)
    return await _act(
        desk, person, number, lambda c, actor: voting.vote(c, actor, number, round_, said, words, grace, now())
    )


async def send_back(
    desk: Desk,
    person: str,
    number: int,
    version: int,
    comment: str,
    judged: Sequence[FileDecision],
    cause: Cause = Cause.UNSAID,
) -> Request:
    """A checker returns it to its author."""
    return await _end(desk, person, number, version, comment, judged, cause, voting.send_back)


async def reject(
    desk: Desk,
    person: str,
    number: int,
    version: int,
    comment: str,
    judged: Sequence[FileDecision],
    cause: Cause = Cause.UNSAID,
) -> Request:
    """A checker closes it for good."""
    return await _end(desk, person, number, version, comment, judged, cause, voting.reject)


async def send_back_many(
    desk: Desk, person: str, chosen: Sequence[tuple[int, int]], comment: str, cause: Cause
) -> dict[int, str]:
    """A checker returns several, (number, version) each, with one comment; why not, of those that stay as they are.

    Each is a step of its own: what one refuses hinders no other.
    """
    refused = {}
    for number, version in chosen:
        try:
            await send_back(desk, person, number, version, comment, (), cause)
        except Refused as reason:
            refused[number] = str(reason)
    return refused


async def _end(
    desk: Desk,
    person: str,
    number: int,
    version: int,
    comment: str,
    judged: Sequence[FileDecision],
    cause: Cause,
    step: Callable[..., Request],
) -> Request:
    said, words = _worded(comment, judged)
    return await _act(
        desk, person, number, lambda c, actor: step(c, actor, number, version, said, words, now(), cause)
    )


async def claim(desk: Desk, person: str, number: int) -> Request:
    """A checker says that they handle it."""
    return await _act(desk, person, number, lambda c, actor: voting.claim(c, actor, number, now()))


async def unclaim(desk: Desk, person: str, number: int) -> Request:
    """A checker gives it back to the queue."""
    return await _act(desk, person, number, lambda c, actor: voting.unclaim(c, actor, number, now()))


async def comment_on(
    desk: Desk,
    person: str,
    number: int,
    round_: int,
    file: int | None,
    audience: Audience,
    said: str,
    place: Place | None = None,
) -> Request:
    """A checker or the author says something about a place in a file, or without a file about the request."""
    words = text(said, "what you want to say", LIMITS.max_text)
    return await _act(
        desk,
        person,
        number,
        lambda c, actor: voting.comment_on(c, actor, number, round_, file, audience, words, now(), place),
    )


async def withdraw(desk: Desk, person: str, number: int, version: int) -> Request:
    """The author takes it back for good."""
    return await _act(desk, person, number, lambda c, actor: store.withdraw(c, actor, number, version, now()))


async def withdraw_file(desk: Desk, person: str, number: int, version: int | None, file: int) -> Request:
    """The author takes one file of a round under way out of it; without a version, whatever stands now."""
    grace = timedelta(seconds=desk.settings.release_grace_seconds)
    return await _act(
        desk,
        person,
        number,
        lambda c, actor: withdrawing.withdraw_file(c, actor, number, version, file, grace, now()),
    )


async def take_back(desk: Desk, person: str, number: int, version: int) -> Request:
    """A checker takes an approval back before it is released."""
    return await _act(desk, person, number, lambda c, actor: voting.take_back(c, actor, number, version, now()))


async def recall(desk: Desk, person: str, number: int, version: int, comment: str) -> Request:
    """A checker recalls what was released, with a reason."""
    why = plain(comment, "why")
    return await _act(desk, person, number, lambda c, actor: records.recall(c, actor, number, version, why, now()))


async def release(desk: Desk, person: str, number: int, version: int) -> Request:
    """A checker releases what was approved, where the policy says so."""
    await release_one(desk, number, person, version)
    return await desk.read(get_request, number)

"""What people do to a request on its page. A decision is confirmed once, in words that name file and consequence.

The confirmation is bound to exactly what was filled in: change it, and it has to be confirmed anew. Who acts is
looked up again in the transaction that acts.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from enclave.clock import now
from enclave.errors import BadInput, Refused
from enclave.web.rooms import Desk
from output_review import records, store, voting
from output_review.lifecycle import objection
from output_review.limits import LIMITS, text
from output_review.reading import present_actor
from output_review.release import release_one
from output_review.vocabulary import Action, Audience
from output_review.web import form
from output_review.web.request import show
from output_review.web.subject import Subject, subject_of


async def decide(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Vote, return or reject: first asked back, then done."""
    subject = await subject_of(desk, request)
    filled = form.read(await request.post(), subject.request)
    if filled.action is None:
        return await show(desk, subject, form.again(filled))
    may = objection(subject.actor, filled.action, subject.request, now()) is None
    if may and _is_present(filled, subject):
        wrong = form.wrong(filled, subject.request)
        if wrong:
            return await show(desk, subject, form.again(filled, wrong), BadInput.status)
        if filled.confirmed != filled.fingerprint():
            asked = form.confirmation(filled, filled.action, subject.request, subject.person.name)
            return await show(desk, subject, form.again(filled, confirm=asked))
    grace = timedelta(seconds=desk.settings.release_grace_seconds)
    return await _do(desk, request, subject, lambda connection: _decide(connection, subject, filled, grace), filled)


def _is_present(filled: form.Filled, subject: Subject) -> bool:
    if filled.action is Action.VOTE:
        return filled.round == subject.request.round
    return filled.version == subject.request.version


def _decide(connection: Connection, subject: Subject, filled: form.Filled, grace: timedelta) -> None:
    number, comment, judged = subject.request.id, filled.comment, filled.judged
    actor = present_actor(connection, subject.person.name, number)
    if filled.action is Action.VOTE:
        voting.vote(connection, actor, number, filled.round, comment, judged, grace, now())
    elif filled.action is Action.RETURN:
        voting.send_back(connection, actor, number, filled.version, comment, judged, now())
    else:
        voting.reject(connection, actor, number, filled.version, comment, judged, now())


async def withdraw(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The author takes the request back for good."""
    return await _with_version(desk, request, store.withdraw)


async def take_back(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker takes an approval back before it is released."""
    return await _with_version(desk, request, voting.take_back)


async def recall(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker recalls what was released, with a reason."""
    subject = await subject_of(desk, request)
    posted = await request.post()
    version, why = form.number(posted, "version"), form.plain(form.typed(posted, "comment"), "why")

    def work(connection: Connection) -> None:
        actor = present_actor(connection, subject.person.name, subject.request.id)
        records.recall(connection, actor, subject.request.id, version, why, now())

    return await _do(desk, request, subject, work)


async def claim(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker says that they handle it."""
    return await _plainly(desk, request, voting.claim)


async def unclaim(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker gives it back to the queue."""
    return await _plainly(desk, request, voting.unclaim)


async def comment(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker or the author says something about a file or the request."""
    subject = await subject_of(desk, request)
    posted = await request.post()
    round_, file = form.number(posted, "round"), form.number(posted, "file")
    audience = Audience.EVERYBODY if form.typed(posted, "audience") == Audience.EVERYBODY else Audience.CHECKERS

    def work(connection: Connection) -> None:
        said = text(form.typed(posted, "text"), "what you want to say", LIMITS.max_text)
        actor = present_actor(connection, subject.person.name, subject.request.id)
        voting.comment_on(connection, actor, subject.request.id, round_, file or None, audience, said, now())

    return await _do(desk, request, subject, work)


async def release(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker releases what was approved, where the policy says so."""
    subject = await subject_of(desk, request)
    version = form.number(await request.post(), "version")
    try:
        await release_one(desk, subject.request.id, subject.person.name, version)
    except Refused as refused:
        return await show(desk, await subject_of(desk, request), form.Form(error=str(refused)), refused.status)
    raise web.HTTPSeeOther(f"/desk/requests/{subject.request.id}")


async def _with_version(desk: Desk, request: web.Request, step: Callable[..., Any]) -> web.StreamResponse:
    subject = await subject_of(desk, request)
    version = form.number(await request.post(), "version")

    def work(connection: Connection) -> None:
        actor = present_actor(connection, subject.person.name, subject.request.id)
        step(connection, actor, subject.request.id, version, now())

    return await _do(desk, request, subject, work)


async def _plainly(desk: Desk, request: web.Request, step: Callable[..., Any]) -> web.StreamResponse:
    subject = await subject_of(desk, request)

    def work(connection: Connection) -> None:
        step(
            connection,
            present_actor(connection, subject.person.name, subject.request.id),
            subject.request.id,
            now(),
        )

    return await _do(desk, request, subject, work)


async def _do(
    desk: Desk,
    request: web.Request,
    subject: Subject,
    work: Callable[[Connection], None],
    filled: form.Filled | None = None,
) -> web.StreamResponse:
    """Do it in one transaction, and show the page again: as it is now, with the reason if it was refused."""
    try:
        await desk.write(work)
    except Refused as refused:
        again = form.again(filled, str(refused)) if filled else form.Form(error=str(refused))
        return await show(desk, await subject_of(desk, request), again, refused.status)
    raise web.HTTPSeeOther(f"/desk/requests/{subject.request.id}")

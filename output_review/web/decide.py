"""What people do to a request on its page. A decision is confirmed once, in words that name file and consequence.

The confirmation is bound to exactly what was filled in: change it, and it has to be confirmed anew. What is then
done is in `acts`, for pages and programs alike.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from enclave.clock import now
from enclave.errors import BadInput, Refused
from enclave.web.rooms import Desk
from output_review import places
from output_review.checked import checks_of
from output_review.lifecycle import objection
from output_review.vocabulary import Action, Audience
from output_review.web import acts, form
from output_review.web.request import show
from output_review.web.subject import Subject, subject_of

_ASKED_ANEW = "Since you were asked, your words or what the checks say of a file have changed. Read it again."


async def decide(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Vote, return or reject: first asked back, then done."""
    subject = await subject_of(desk, request)
    filled = form.read(await request.post(), subject.request)
    if filled.action is None:
        return await show(desk, subject, form.again(filled))
    may = objection(subject.actor, filled.action, subject.request, now()) is None
    if may and _is_present(filled, subject):
        checks = await desk.read(checks_of, subject.request.id)
        wrong = form.wrong(filled, subject.request, checks)
        if wrong:
            return await show(desk, subject, form.again(filled, wrong), BadInput.status)
        asked = form.confirmation(filled, filled.action, subject.request, subject.person.name, checks)
        if filled.confirmed != asked.fingerprint:
            return await show(desk, subject, form.again(filled, _ASKED_ANEW if filled.confirmed else "", asked))
    return await _do(desk, request, subject, _decision(desk, subject, filled), filled)


def _is_present(filled: form.Filled, subject: Subject) -> bool:
    if filled.action is Action.VOTE:
        return filled.round == subject.request.round
    return filled.version == subject.request.version


def _decision(desk: Desk, subject: Subject, filled: form.Filled) -> Awaitable[Any]:
    name, number, comment, judged = subject.person.name, subject.request.id, filled.comment, filled.judged
    if filled.action is Action.VOTE:
        return acts.vote(desk, name, number, filled.round, comment, judged)
    end = acts.send_back if filled.action is Action.RETURN else acts.reject
    return end(desk, name, number, filled.version, comment, judged, filled.cause)


async def withdraw(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The author takes the request back for good."""
    return await _with_version(desk, request, acts.withdraw)


async def withdraw_file(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The author takes one file out of the round."""
    subject = await subject_of(desk, request)
    version, file = form.number(await request.post(), "version"), int(request.match_info["number"])
    done = acts.withdraw_file(desk, subject.person.name, subject.request.id, version, file)
    return await _do(desk, request, subject, done)


async def take_back(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker takes an approval back before it is released."""
    return await _with_version(desk, request, acts.take_back)


async def release(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker releases what was approved, where the policy says so."""
    return await _with_version(desk, request, acts.release)


async def recall(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker recalls what was released, with a reason."""
    subject = await subject_of(desk, request)
    posted = await request.post()
    version, why = form.number(posted, "version"), form.typed(posted, "comment")
    done = acts.recall(desk, subject.person.name, subject.request.id, version, why)
    return await _do(desk, request, subject, done)


async def claim(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker says that they handle it."""
    subject = await subject_of(desk, request)
    return await _do(desk, request, subject, acts.claim(desk, subject.person.name, subject.request.id))


async def unclaim(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker gives it back to the queue."""
    subject = await subject_of(desk, request)
    return await _do(desk, request, subject, acts.unclaim(desk, subject.person.name, subject.request.id))


async def comment(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker or the author says something about a file or the request."""
    subject = await subject_of(desk, request)
    posted = await request.post()
    round_, file = form.number(posted, "round"), form.number(posted, "file")
    audience = Audience.EVERYBODY if form.typed(posted, "audience") == Audience.EVERYBODY else Audience.CHECKERS
    said = form.typed(posted, "text")

    async def say() -> None:
        place = places.typed(form.typed(posted, "where"))
        await acts.comment_on(
            desk, subject.person.name, subject.request.id, round_, file or None, audience, said, place
        )

    done = say()
    return await _do(desk, request, subject, done)


async def _with_version(desk: Desk, request: web.Request, act: Callable[..., Awaitable[Any]]) -> web.StreamResponse:
    subject = await subject_of(desk, request)
    version = form.number(await request.post(), "version")
    return await _do(desk, request, subject, act(desk, subject.person.name, subject.request.id, version))


async def _do(
    desk: Desk,
    request: web.Request,
    subject: Subject,
    done: Awaitable[Any],
    filled: form.Filled | None = None,
) -> web.StreamResponse:
    """Do it, and show the page again: as it is now, with the reason if it was refused."""
    try:
        await done
    except Refused as refused:
        again = form.again(filled, str(refused)) if filled else form.Form(error=str(refused))
        return await show(desk, await subject_of(desk, request), again, refused.status)
    raise web.HTTPSeeOther(f"/desk/requests/{subject.request.id}")

"""What people do to a request on its page. A decision is confirmed once, in words that name file and consequence.

The confirmation is bound to exactly what was filled in: change it, and it has to be confirmed anew. Who acts is
looked up again in the transaction that acts.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from enclave.clock import now
from enclave.errors import BadInput, Refused
from enclave.people import Person, person_named
from enclave.web.rooms import Desk
from output_review import store
from output_review.lifecycle import flaw, objection
from output_review.limits import LIMITS, text
from output_review.queries import actor_for, get_request
from output_review.vocabulary import Action, Actor, File, FileDecision, FileVerdict, Request
from output_review.web.request import Form, show
from output_review.web.subject import subject_of

_DECISIONS = (Action.APPROVE, Action.RETURN, Action.REJECT)


@dataclass(frozen=True)
class Filled:
    """A decision form as it arrived; `action` is None when the checker goes back to change something."""

    action: Action | None
    version: int
    comment: str
    judged: tuple[FileDecision, ...]
    confirmed: str

    def fingerprint(self) -> str:
        """What exactly is being confirmed."""
        judged = [(one.number, one.verdict, one.reason) for one in self.judged]
        told = json.dumps([self.action, self.version, self.comment, judged])
        return hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Confirmation:
    """What the checker is asked before it happens."""

    action: Action
    fingerprint: str
    leaving: tuple[File, ...]
    staying: tuple[File, ...]


async def decide(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Approve, return or reject: first asked back, then done."""
    subject = await subject_of(desk, request)
    filled = _read(await request.post(), subject.request)
    if filled.action is None:
        return await show(desk, subject, _form(filled))
    may = objection(subject.actor, filled.action, subject.request, now()) is None
    if may and filled.version == subject.request.version:
        wrong = _wrong(filled, subject.request)
        if wrong:
            return await show(desk, subject, _form(filled, wrong), BadInput.status)
        if filled.confirmed != filled.fingerprint():
            asked = _confirmation(filled, filled.action, subject.request)
            return await show(desk, subject, _form(filled, confirm=asked))
    try:
        grace = desk.settings.release_grace_seconds
        await desk.write(_decide, subject.person, subject.request.id, filled.action, filled, grace)
    except Refused as refused:
        return await show(desk, await subject_of(desk, request), _form(filled, str(refused)), refused.status)
    raise web.HTTPSeeOther(f"/desk/requests/{subject.request.id}")


async def withdraw(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The author takes the request back for good."""
    return await _act(desk, request, store.withdraw)


async def take_back(desk: Desk, request: web.Request) -> web.StreamResponse:
    """A checker takes an approval back before it is released."""
    return await _act(desk, request, store.take_back)


async def _act(desk: Desk, request: web.Request, step: Any) -> web.StreamResponse:
    subject = await subject_of(desk, request)
    version = _number(await request.post(), "version")

    def work(connection: Connection) -> None:
        actor = _present(connection, subject.person, subject.request.id)
        step(connection, actor, subject.request.id, version, now())

    try:
        await desk.write(work)
    except Refused as refused:
        return await show(desk, await subject_of(desk, request), Form(error=str(refused)), refused.status)
    raise web.HTTPSeeOther(f"/desk/requests/{subject.request.id}")


def _present(connection: Connection, person: Person, number: int) -> Actor:
    """Who this person is in this very transaction."""
    project = get_request(connection, number).project
    return actor_for(connection, person_named(connection, person.name), project)


def _decide(
    connection: Connection, person: Person, number: int, action: Action, filled: Filled, grace: int
) -> None:
    store.decide(
        connection,
        _present(connection, person, number),
        action,
        number,
        filled.version,
        filled.comment,
        filled.judged,
        timedelta(seconds=grace),
        now(),
    )


def _wrong(filled: Filled, request: Request) -> str:
    """What is missing or unreadable in the form, in words; empty if nothing is."""
    try:
        text(filled.comment, "why", LIMITS.max_text, required=False)
        for one in filled.judged:
            text(one.reason, "why this file", LIMITS.max_text, required=False)
    except BadInput as wrong:
        return str(wrong)
    missing = flaw(filled.action, filled.comment, filled.judged, request.files) if filled.action else None
    return "" if missing is None else missing.text


def _confirmation(filled: Filled, action: Action, request: Request) -> Confirmation:
    approved = {one.number for one in filled.judged if one.verdict is FileVerdict.APPROVED}
    leaving = tuple(f for f in request.files if action is Action.APPROVE and f.number in approved)
    staying = tuple(f for f in request.files if f not in leaving)
    return Confirmation(action, filled.fingerprint(), leaving, staying)


def _form(filled: Filled, error: str = "", confirm: Confirmation | None = None) -> Form:
    """The form again, as it was filled in."""
    return Form(
        comment=filled.comment,
        verdicts={one.number: str(one.verdict) for one in filled.judged},
        reasons={one.number: one.reason for one in filled.judged},
        error=error,
        confirm=confirm,
    )


def _read(form: Mapping[str, Any], request: Request) -> Filled:
    judged = []
    for file in request.files:
        verdict = _text(form, f"verdict-{file.number}")
        if verdict in set(FileVerdict):
            reason = _text(form, f"reason-{file.number}")
            judged.append(FileDecision(file.number, FileVerdict(verdict), reason))
    wanted = _text(form, "action")
    if wanted not in (*_DECISIONS, "edit"):
        raise BadInput("A decision is one of approve, return and reject.")
    return Filled(
        action=None if wanted == "edit" else Action(wanted),
        version=_number(form, "version"),
        comment=_text(form, "comment"),
        judged=tuple(judged),
        confirmed=_text(form, "confirmed"),
    )


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def _number(form: Mapping[str, Any], name: str) -> int:
    value = _text(form, name)
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise BadInput("The page that you used is incomplete: open the request again.")
    return int(value)

"""The inward door: what a workspace may ask. Person and project come from its socket, as the gate says."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.answers import is_member, project_card
from enclave.clock import now
from enclave.errors import Forbidden
from enclave.names import PersonName, ProjectSlug, project_slug
from enclave.web.rooms import PROJECT_HEADER, Desk
from output_review import places, shown, store
from output_review.checked import checks_of
from output_review.evidence import FileChecks
from output_review.intake import receive
from output_review.lifecycle import objection
from output_review.limits import LIMITS
from output_review.policies import in_force
from output_review.queries import mine
from output_review.reading import comments_of, get_request, no_such_request
from output_review.steps import allowed
from output_review.telling import FileTold, Told, told
from output_review.vocabulary import Action, Actor, Comment, Request, Status, Submission
from output_review.web import acts
from output_review.web.subject import number_of
from output_review.words import in_words, state_in_words


async def _workspace(desk: Desk, request: web.Request) -> tuple[PersonName, ProjectSlug]:
    """Whose workspace asks; raise `Forbidden` for one whose person is no member of its project any more."""
    person = await desk.visitor(request)
    project = project_slug(request.headers.get(PROJECT_HEADER, ""))
    if not await desk.read(is_member, person.name, project):
        raise Forbidden(f"You are not a member of {project}.")
    return person.name, project


def _answer(connection: Connection, *requests: Request) -> list[dict[str, Any]]:
    said = comments_of(connection, [request.id for request in requests])
    found = {one.id: checks_of(connection, one.id) for one in requests if one.status is Status.RETURNED}
    return [as_json(request, said[request.id], found.get(request.id, {})) for request in requests]


def as_json(request: Request, said: Sequence[Comment], checks: Mapping[int, FileChecks]) -> dict[str, Any]:
    """A request as its author's workspace sees it."""
    author = Actor(request.author, member=True)
    moment = now()
    known = told(author, request, request.votes, said, checks)
    state, following = state_in_words(request)
    return {
        "id": request.id,
        "project": request.project,
        "author": request.author,
        "status": request.status,
        "status_text": state,
        "next_text": following,
        "expected": _expected(request),
        "round": request.round,
        "version": request.version,
        "what": request.what,
        "how": request.how,
        "controls": request.controls,
        "created": request.created.isoformat(),
        "updated": request.updated.isoformat(),
        "comment": request.comment or _together(known),
        "can_withdraw": objection(author, Action.WITHDRAW, request, moment) is None,
        "can_resubmit": objection(author, Action.RESUBMIT, request, moment) is None,
        "can_withdraw_files": objection(author, Action.WITHDRAW_FILE, request, moment) is None
        and len(request.outputs) > 1,
        "url": f"/desk/requests/{request.id}",
        "files": [_file(one) for one in known.files],
        "comments": [_comment(one) for one in known.comments],
        "groups": [asdict(group) for group in request.groups],
    }


def _file(one: FileTold) -> dict[str, Any]:
    return {
        "number": one.file.number,
        "name": one.file.name,
        "size": one.file.size,
        "sha256": one.file.sha256,
        "role": one.file.role,
        "group": one.file.group,
        "path": one.file.path,
        "code": one.file.code.name if one.file.code else "",
        "decision": one.decision or "",
        "reason": "\n".join(said.reason for said in one.said if said.reason),
        "comments": [_comment(comment) for comment in one.comments],
        "checks": shown.checks(one.checks),
        "unchanged_since": one.unchanged_since,
        "released": one.file.released,
        "downloads": one.file.downloads,
        "allowed": one.file.allowed,
        "until": one.file.until.isoformat() if one.file.until else None,
    }


def _comment(one: Comment) -> dict[str, Any]:
    return {"author": one.author, "text": one.text, "place": dict(one.place), "where": places.in_words(one.place)}


def _expected(request: Request) -> str | None:
    """When the checkers should have answered by the project's policy, while they are at it."""
    if not request.open:
        return None
    return request.due.isoformat()


def _together(known: Told) -> str:
    return "\n".join(f"{vote.reviewer}: {vote.comment}" for vote in known.votes if vote.comment)


async def policy(desk: Desk, request: web.Request) -> web.StreamResponse:
    """What a request may hold, so that a form can say so before anything is sent."""
    _person, project = await _workspace(desk, request)
    card = await desk.read(project_card, project)
    found = await desk.read(in_force, project)
    return web.json_response(
        {
            "max_files": found.policy.max_files,
            "max_file_bytes": found.policy.max_file_bytes,
            "max_total_bytes": found.policy.max_total_bytes,
            "max_text": LIMITS.max_text,
            "max_code_bytes": LIMITS.max_code_bytes,
            "statements": list(found.policy.statements),
            "thresholds": asdict(found.policy.thresholds),
            "version": found.version,
            "in_words": list(in_words(found.policy)),
            "project": {"slug": project, "title": card.title},
        }
    )


async def list_requests(desk: Desk, request: web.Request) -> web.StreamResponse:
    """This person's requests in this project, newest first."""
    person, project = await _workspace(desk, request)

    def look(connection: Connection) -> list[dict[str, Any]]:
        return _answer(connection, *mine(connection, person, project))

    return web.json_response({"requests": await desk.read(look)})


async def show(desk: Desk, request: web.Request) -> web.StreamResponse:
    """One of this person's requests in this project."""
    person, project = await _workspace(desk, request)

    def look(connection: Connection) -> dict[str, Any]:
        return _answer(connection, _own(connection, person, project, number_of(request)))[0]

    return web.json_response(await desk.read(look))


async def submit(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Receive a submission whole, then record it in one transaction."""
    person, project = await _workspace(desk, request)
    limits = (await desk.read(in_force, project)).policy.limits()
    submission = await receive(request, desk.settings.layout, person, project, limits)

    def record(connection: Connection) -> dict[str, Any]:
        return _answer(connection, store.submit(connection, submission, now()))[0]

    return web.json_response(await desk.write(record), status=201)


async def resubmit(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Receive the changed files of a returned request; they begin its next round. Refused before a byte is read if
    the request is not there to be resubmitted."""
    person, project = await _workspace(desk, request)
    number, actor = number_of(request), Actor(person, member=True)

    def may(connection: Connection) -> int:
        _own(connection, person, project, number)
        return allowed(connection, actor, Action.RESUBMIT, number, now(), only_asking=True).version

    version = await desk.read(may)
    limits = (await desk.read(in_force, project)).policy.limits()
    submission: Submission = await receive(request, desk.settings.layout, person, project, limits)

    def record(connection: Connection) -> dict[str, Any]:
        return _answer(connection, store.resubmit(connection, actor, number, version, submission, now()))[0]

    return web.json_response(await desk.write(record), status=201)


async def withdraw(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The author's workspace withdraws its request."""
    person, project = await _workspace(desk, request)
    number = number_of(request)

    def record(connection: Connection) -> dict[str, Any]:
        _own(connection, person, project, number)
        actor = Actor(person, member=True)
        return _answer(connection, store.withdraw(connection, actor, number, None, now()))[0]

    return web.json_response(await desk.write(record))


async def withdraw_file(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The author's workspace withdraws one file of its request."""
    person, project = await _workspace(desk, request)
    number, file = number_of(request), int(request.match_info["number"])
    await desk.read(_own, person, project, number)
    await acts.withdraw_file(desk, person, number, None, file)

    def look(connection: Connection) -> dict[str, Any]:
        return _answer(connection, _own(connection, person, project, number))[0]

    return web.json_response(await desk.read(look))


def _own(connection: Connection, person: PersonName, project: ProjectSlug, number: int) -> Request:
    found = get_request(connection, number)
    if found.author != person or found.project != project:
        raise no_such_request(number)
    return found

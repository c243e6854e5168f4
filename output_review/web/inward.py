"""The inward door: what a workspace may ask. Person and project come from its socket, as the gate says."""

from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.answers import is_member, project_card
from enclave.clock import now
from enclave.errors import Forbidden
from enclave.names import PersonName, ProjectSlug, project_slug
from enclave.web.rooms import PROJECT_HEADER, Desk
from output_review import store
from output_review.intake import receive
from output_review.lifecycle import objection, state_in_words
from output_review.limits import LIMITS
from output_review.queries import get_request, mine, no_such_request
from output_review.vocabulary import Action, Actor, Request
from output_review.web.subject import number_of


async def _workspace(desk: Desk, request: web.Request) -> tuple[PersonName, ProjectSlug]:
    """Whose workspace asks; raise `Forbidden` for one whose person is no member of its project any more."""
    person = await desk.visitor(request)
    project = project_slug(request.headers.get(PROJECT_HEADER, ""))
    if not await desk.read(is_member, person.name, project):
        raise Forbidden(f"You are not a member of {project}.")
    return person.name, project


def as_json(request: Request) -> dict[str, Any]:
    """A request as its author's workspace sees it."""
    may_withdraw = objection(Actor(request.author), Action.WITHDRAW, request, now()) is None
    return {
        "id": request.id,
        "project": request.project,
        "author": request.author,
        "status": request.status,
        "status_text": state_in_words(request)[0],
        "what": request.what,
        "how": request.how,
        "controls": request.controls,
        "created": request.created.isoformat(),
        "updated": request.updated.isoformat(),
        "comment": request.comment,
        "can_withdraw": may_withdraw,
        "url": f"/desk/requests/{request.id}",
        "files": [
            {
                "name": file.name,
                "size": file.size,
                "sha256": file.sha256,
                "decision": file.verdict or "",
                "reason": file.reason,
            }
            for file in request.files
        ],
    }


async def policy(desk: Desk, request: web.Request) -> web.StreamResponse:
    """What a request may hold, so that a form can say so before anything is sent."""
    _person, project = await _workspace(desk, request)
    card = await desk.read(project_card, project)
    return web.json_response(
        {
            "max_files": LIMITS.max_files,
            "max_file_bytes": LIMITS.max_file_bytes,
            "max_total_bytes": LIMITS.max_total_bytes,
            "max_text": LIMITS.max_text,
            "project": {"slug": project, "title": card.title},
        }
    )


async def list_requests(desk: Desk, request: web.Request) -> web.StreamResponse:
    """This person's requests in this project, newest first."""
    person, project = await _workspace(desk, request)
    found = await desk.read(mine, person, project)
    return web.json_response({"requests": [as_json(one) for one in found]})


async def show(desk: Desk, request: web.Request) -> web.StreamResponse:
    """One of this person's requests in this project."""
    person, project = await _workspace(desk, request)
    return web.json_response(as_json(await desk.read(_own, person, project, number_of(request))))


async def submit(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Receive a submission whole, then record it in one transaction."""
    person, project = await _workspace(desk, request)
    submission = await receive(request, desk.settings.layout, person, project)
    return web.json_response(as_json(await desk.write(store.submit, submission, now())), status=201)


async def withdraw(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The author's workspace withdraws its request."""
    person, project = await _workspace(desk, request)
    number = number_of(request)
    await desk.read(_own, person, project, number)
    return web.json_response(
        as_json(await desk.write(store.withdraw, Actor(person, member=True), number, None, now()))
    )


def _own(connection: Connection, person: PersonName, project: ProjectSlug, number: int) -> Request:
    found = get_request(connection, number)
    if found.author != person or found.project != project:
        raise no_such_request(number)
    return found

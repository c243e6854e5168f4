"""An admin's pages: projects and people. Admins stop things here; they neither see data nor decide on grants."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts import projects
from data_mounts.changes import SIZES, Changes
from data_mounts.grants import Grant, grants
from data_mounts.handlers import forms
from data_mounts.inputs import byte_size
from data_mounts.members import Member, members
from data_mounts.projects import Project
from enclave.clock import now
from enclave.errors import Forbidden, NotFound, Refused
from enclave.people import Person, Role, everybody, set_blocked
from enclave.web.rooms import Desk

Turn = Callable[[Connection, str, str, str, int | None], Project]
_TURNS: dict[str, Turn] = {"suspend": projects.suspend, "resume": projects.resume}
_BLOCKED = {"block": True, "unblock": False}


@dataclass(frozen=True)
class ProjectRow:
    """A project with who belongs to it, invitations among them, and the grants that are live now."""

    project: Project
    members: list[Member]
    live: list[Grant]


@dataclass(frozen=True)
class ProjectFile:
    """All that an admin sees of one project; `members` and `grants` with those of the past."""

    project: Project
    members: list[Member]
    grants: list[Grant]
    moment: datetime


async def overview(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Every project and every person."""
    person = await _admin(desk, request)
    rows, people = await desk.read(_overview)
    return desk.page("admin.html", person, rows=rows, people=people)


async def project_file(desk: Desk, request: web.Request) -> web.StreamResponse:
    """One project, with its history."""
    person = await _admin(desk, request)
    file = await desk.read(_file, request.match_info["slug"])
    return desk.page("admin_project.html", person, file=file)


async def turn(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Suspend or resume a project, with a reason."""
    person = await _admin(desk, request)
    verb, slug = _TURNS.get(request.match_info["verb"]), request.match_info["slug"]
    if verb is None:
        raise NotFound("This cannot be done with a project here.")
    reason, edition = await forms.field(request, "reason"), await forms.edition(request)
    changed = await desk.write(verb, person.name, slug, reason, edition)
    raise web.HTTPSeeOther(f"/desk/admin/projects/{changed.slug}")


async def policy(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Set what may be shown, brought in and kept. A form without a size is refused; a box not ticked means no."""
    person = await _admin(desk, request)
    slug, edition = request.match_info["slug"], await forms.edition(request)
    values: dict[str, Any] = {key: byte_size(await forms.field(request, key)) for key in SIZES}
    for box in ("uploads", "terminals"):
        values[box] = await forms.field(request, box) == "yes"
    changed = await desk.write(projects.change, person.name, slug, Changes(**values), edition)
    raise web.HTTPSeeOther(f"/desk/admin/projects/{changed.slug}")


async def block(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Block or unblock a person."""
    person = await _admin(desk, request)
    blocked, name = _BLOCKED.get(request.match_info["verb"]), request.match_info["name"]
    if blocked is None:
        raise NotFound("This cannot be done with a person here.")
    if name == person.name:
        raise Refused("You cannot block yourself: nobody could be left to undo it. Ask another admin.")
    await desk.write(set_blocked, person.name, name, blocked)
    raise web.HTTPSeeOther("/desk/admin")


async def _admin(desk: Desk, request: web.Request) -> Person:
    person = await desk.visitor(request)
    if not is_admin(person):
        raise Forbidden("These pages are for admins.")
    return person


def is_admin(person: Person) -> bool:
    return person.has(Role.ADMIN)


def _overview(connection: Connection) -> tuple[list[ProjectRow], list[Person]]:
    moment = now()
    rows = [
        ProjectRow(
            project,
            members(connection, project.slug),
            [grant for grant in grants(connection, project.slug) if grant.live(moment)],
        )
        for project in projects.all_projects(connection)
    ]
    return rows, everybody(connection)


def _file(connection: Connection, slug: str) -> ProjectFile:
    found = projects.project(connection, slug)
    return ProjectFile(found, members(connection, slug, history=True), grants(connection, slug), now())

"""`/desk/admin/usage`: who was shown how much. Admins raise a budget here, with a reason; auditors read."""

from aiohttp import web

from data_mounts.handlers import forms
from data_mounts.inputs import byte_size
from enclave.clock import now
from enclave.errors import BadInput, Forbidden, NotFound
from enclave.names import person_name, project_slug
from enclave.people import Person, Role
from enclave.web.rooms import Desk
from workspaces import budget, exposures, usage
from workspaces.sessions import Pair


def sees_usage(person: Person) -> bool:
    return person.has(Role.ADMIN) or person.has(Role.AUDITOR)


async def overview(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Every person and project of which something was shown."""
    person = await _reader(desk, request)
    return desk.page("usage.html", person, rows=await desk.read(usage.everywhere, now()))


async def one(desk: Desk, request: web.Request) -> web.StreamResponse:
    """One person in one project, with what happened and the raises of their budget."""
    person = await _reader(desk, request)
    moment = now()
    file = await desk.read(usage.file_of, *_pair(request), moment)
    why_not = budget.objection(person, file.usage.person)
    return desk.page("usage_one.html", person, file=file, why_not=why_not, rule=budget, moment=moment)


async def change(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Raise a budget, or end the raise that the page showed."""
    actor, pair, seen = await desk.visitor(request), _pair(request), await forms.edition(request)
    if why_not := budget.objection(actor, pair[0]):
        raise Forbidden(why_not)
    match request.match_info["verb"]:
        case "raise":
            wanted = budget.asked(
                byte_size(await forms.field(request, "more")),
                _whole(await forms.field(request, "hours")),
                await forms.field(request, "reason"),
                now(),
            )
            await desk.write(exposures.raise_budget, actor.name, *pair, wanted, now(), seen)
        case "end":
            await desk.write(exposures.end_raise, actor.name, *pair, now(), seen)
        case _:
            raise NotFound("This cannot be done with a budget.")
    raise web.HTTPSeeOther(f"/desk/admin/usage/{pair[0]}/{pair[1]}")


async def _reader(desk: Desk, request: web.Request) -> Person:
    person = await desk.visitor(request)
    if not sees_usage(person):
        raise Forbidden("What people were shown is seen by admins and auditors.")
    return person


def _pair(request: web.Request) -> Pair:
    try:
        return person_name(request.match_info["person"]), project_slug(request.match_info["project"])
    except BadInput:
        raise NotFound("There is no such person or project.") from None


def _whole(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise BadInput(f"{value[:20]!r} is not a whole number of hours.")
    return int(value)

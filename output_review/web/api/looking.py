"""Looking at requests and policies."""

from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.answers import projects_of
from data_mounts.projects import all_projects
from enclave.clock import now
from enclave.errors import Forbidden
from enclave.people import Person
from enclave.web.rooms import Desk
from output_review import showing, shown
from output_review.limits import LIMITS, text
from output_review.paging import Wanted, newest
from output_review.policies import PolicyVersion, in_force, versions
from output_review.post import Notice
from output_review.queue import Asked, Whose, look
from output_review.reading import actor_for, get_request, no_such_request
from output_review.sight import Sight, sight
from output_review.vocabulary import OPEN, Status
from output_review.web import download
from output_review.web.api.operation import Call
from output_review.web.api.record import schema
from output_review.web.figures import must_see_figures, of_period
from output_review.web.notices import known
from output_review.web.policies import is_admin
from output_review.web.queue import must_read_queue

_HISTORY = 500
_PAGE = 50


async def queue(desk: Desk, call: Call) -> dict[str, Any]:
    """What waits, the most urgent first."""
    must_read_queue(call.person)
    given = call.query
    project, by, words = (
        text(given.get(name, ""), name, LIMITS.max_text, required=False) for name in ("project", "by", "text")
    )
    statuses, whose = tuple(map(Status, given.get("status", OPEN))), Whose(given.get("whose", Whose.ALL))
    asked = Asked(call.person.name, statuses, project, whose, by, given.get("overdue") == "yes", words)

    def work(connection: Connection) -> dict[str, Any]:
        found, following = look(connection, asked, now(), given.get("after"), given.get("limit", _PAGE))
        return {"requests": [shown.line(one, now(), names=True) for one in found], "next": following}

    return await desk.read(work)


async def requests(desk: Desk, call: Call) -> dict[str, Any]:
    """This person's own requests and those of the other members of their projects, newest first."""
    name, whose = call.person.name, call.query.get("whose", "all")
    statuses = call.query.get("status")

    def look(connection: Connection) -> dict[str, Any]:
        belongs = None if whose == "own" else [str(card.slug) for card in projects_of(connection, name)]
        wanted = Wanted(
            None if statuses is None else tuple(Status(one) for one in statuses),
            call.query.get("project"),
            name,
            belongs,
        )
        found, following = newest(connection, wanted, call.query.get("after"), call.query.get("limit", _PAGE))
        return {"requests": [shown.line(one, now(), names=False) for one in found], "next": following}

    return await desk.read(look)


async def figures(desk: Desk, call: Call) -> dict[str, Any]:
    """How the review went."""
    must_see_figures(call.person)
    return shown.figures(await desk.read(of_period, call.query.get("days", 90)))


async def notices(desk: Desk, call: Call) -> dict[str, Any]:
    """What this person is told."""
    found = await desk.read(known, call.person.name)
    told = [_notice(one, *found.states[one.request]) for one in found.notices]
    return {"unread": found.unread, "notices": told}


def _notice(one: Notice, state: str, following: str) -> dict[str, Any]:
    own = {"id": one.id, "request": one.request, "project": one.project, "event": str(one.event), "text": one.text}
    return own | {"time": shown.stamp(one.time), "read": one.read, "state": state, "next": following}


async def show(desk: Desk, call: Call) -> dict[str, Any]:
    """One request, as much of it as this person may see."""
    return await desk.read(whole, call.person, call.id)


def whole(connection: Connection, person: Person, number: int) -> dict[str, Any]:
    """Raise `NotFound` if there is none or this person may not know of it."""
    request = get_request(connection, number)
    actor = actor_for(connection, person, request.project)
    if sight(actor, request) is Sight.NOTHING:
        raise no_such_request(number)
    return showing.whole(connection, request, actor, now())


async def file(desk: Desk, call: Call) -> web.StreamResponse:
    """A released file's bytes."""
    return await download.download(desk, call.request)


async def bundle(desk: Desk, call: Call) -> web.StreamResponse:
    """All released files with the record."""
    return await download.bundle(desk, call.request)


async def record(desk: Desk, call: Call) -> web.StreamResponse:
    """A release's record."""
    return await download.record(desk, call.request)


async def record_schema(_desk: Desk, _call: Call) -> dict[str, Any]:
    """What a record looks like."""
    return schema()


async def policies(desk: Desk, call: Call) -> dict[str, Any]:
    """Every project's policy in force."""
    must_be_admin(call)

    def look(connection: Connection) -> list[PolicyVersion]:
        return [in_force(connection, one.slug) for one in all_projects(connection)]

    return {"policies": [version(one) for one in await desk.read(look)]}


async def policy(desk: Desk, call: Call) -> dict[str, Any]:
    """Every version of one project's policy, newest first."""
    must_be_admin(call)
    found = await desk.read(versions, call.request.match_info["project"])
    return {"policies": [version(one) for one in found]}


def must_be_admin(call: Call) -> None:
    """Raise `Forbidden` for anybody else."""
    if not is_admin(call.person):
        raise Forbidden("Review policies are for admins.")


def version(one: PolicyVersion) -> dict[str, Any]:
    """As the API answers it."""
    return shown.policy_version(one.project, one.version, one.policy, (one.set_by, one.reason, one.time))

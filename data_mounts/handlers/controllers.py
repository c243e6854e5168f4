"""A data controller's page: the grants on my own datasets, and my decisions on them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts import decisions
from data_mounts.answers import project_card
from data_mounts.catalogue import Dataset, datasets
from data_mounts.decisions import Decider
from data_mounts.grants import Grant, GrantState, grants
from data_mounts.handlers import forms
from enclave.clock import now
from enclave.errors import NotFound
from enclave.people import Person
from enclave.web.rooms import Desk

Decide = Callable[[Connection, Decider, int, str, int | None], Grant]
_DECISIONS: dict[str, Decide] = {
    "approve": decisions.approve,
    "refuse": decisions.refuse,
    "revoke": decisions.revoke,
}


@dataclass(frozen=True)
class Desktop:
    """A controller's grants in three piles. `purposes` by project, for those that wait."""

    datasets: list[Dataset]
    waiting: list[Grant]
    live: list[Grant]
    past: list[Grant]
    purposes: dict[str, str]
    moment: datetime


async def grants_page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Waiting requests first, then what projects see now, then the past."""
    person = await desk.visitor(request)
    decisions.controller(person)
    return desk.page("grants.html", person, desktop=await desk.read(_desktop, person))


async def decide(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Approve, refuse or revoke, with a reason; then show the page again."""
    person = await desk.visitor(request)
    verb = _DECISIONS.get(request.match_info["verb"])
    if verb is None:
        raise NotFound("There is no such decision.")
    by = decisions.controller(person)
    reason, edition = await forms.field(request, "reason"), await forms.edition(request)
    await desk.write(verb, by, forms.number(request), reason, edition)
    raise web.HTTPSeeOther("/desk/grants")


def _desktop(connection: Connection, person: Person) -> Desktop:
    moment = now()
    mine = grants(connection, controller=person.name)
    waiting = [grant for grant in mine if grant.state is GrantState.REQUESTED]
    live = [grant for grant in mine if grant.state is GrantState.APPROVED and grant.end > moment]
    return Desktop(
        datasets=[dataset for dataset in datasets(connection) if dataset.controller == person.name],
        waiting=waiting,
        live=live,
        past=[grant for grant in mine if grant not in waiting and grant not in live],
        purposes={grant.project: project_card(connection, grant.project).purpose for grant in waiting},
        moment=moment,
    )

"""A researcher's pages: my projects, and one of them seen by its members."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.access import Denied
from data_mounts.answers import ProjectCard, look, members_of, project_card, projects_of
from data_mounts.catalogue import Dataset, dataset
from data_mounts.grants import Grant, grants
from data_mounts.members import Member, MemberRole, members
from data_mounts.projects import Project, project
from enclave.clock import now
from enclave.errors import NotFound
from enclave.people import Person
from enclave.settings import Settings
from enclave.web.rooms import Desk


@dataclass(frozen=True)
class HomeCard:
    """One of my projects. `why_not` is empty when it can be opened."""

    project: ProjectCard
    role: MemberRole
    datasets: tuple[Dataset, ...]
    why_not: str


@dataclass(frozen=True)
class ProjectPage:
    """What members see of their project."""

    project: Project
    lead: str
    members: list[Member]
    datasets: tuple[Dataset, ...]
    grants: list[Grant]
    why_not: str
    moment: datetime


async def home(desk: Desk, request: web.Request) -> web.StreamResponse:
    """My projects as cards, each with an Open button or the reason why not."""
    person = await desk.visitor(request)
    cards = await desk.read(_cards, person, desk.settings)
    return desk.page("home.html", person, cards=cards)


async def project_page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """One project with its members, datasets and grants; for others than members there is no such page."""
    person = await desk.visitor(request)
    page = await desk.read(_page, person, request.match_info["slug"], desk.settings)
    return desk.page("project.html", person, page=page)


def _cards(connection: Connection, person: Person, settings: Settings) -> list[HomeCard]:
    cards = [
        HomeCard(
            card,
            _role(members(connection, card.slug), person),
            _datasets(connection, card),
            _why_not(connection, person, card.slug, settings),
        )
        for card in projects_of(connection, person.name)
    ]
    return sorted(cards, key=lambda card: card.why_not != "")  # what can be opened comes first


def _page(connection: Connection, person: Person, slug: str, settings: Settings) -> ProjectPage:
    if person.name not in members_of(connection, slug):
        raise NotFound("There is no such project, or you are not a member of it.")
    card = project_card(connection, slug)
    return ProjectPage(
        project=project(connection, slug),
        lead=card.lead,
        members=members(connection, slug),
        datasets=_datasets(connection, card),
        grants=grants(connection, slug),
        why_not=_why_not(connection, person, slug, settings),
        moment=now(),
    )


def _role(present: list[Member], person: Person) -> MemberRole:
    mine = {member.role for member in present if member.name == person.name}
    return MemberRole.LEAD if MemberRole.LEAD in mine else MemberRole.MEMBER


def _why_not(connection: Connection, person: Person, slug: str, settings: Settings) -> str:
    answer = look(connection, person.name, slug, settings, now())
    return answer.reason if isinstance(answer, Denied) else ""


def _datasets(connection: Connection, card: ProjectCard) -> tuple[Dataset, ...]:
    return tuple(dataset(connection, name, version) for name, version, _title in card.datasets)

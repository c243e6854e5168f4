"""How the review goes, as charts with their numbers beside them. No data and no comment is in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.clock import now
from enclave.errors import Forbidden
from enclave.people import Person, Role
from enclave.web.rooms import Desk
from output_review.causes import CAUSES
from output_review.figures import KINDS, Figures, figures

PERIODS = (30, 90, 365)


@dataclass(frozen=True)
class Bar:
    """One bar of a chart: `share` of the longest one in per cent, and `mark` where another value lies on it."""

    label: str
    text: str
    share: float
    mark: float | None = None


def sees_figures(person: Person) -> bool:
    """Who does the work, who answers for it and who audits it."""
    return any(person.has(role) for role in (Role.OUTPUT_CHECKER, Role.ADMIN, Role.AUDITOR))


def must_see_figures(person: Person) -> None:
    """Raise `Forbidden` for anybody else."""
    if not sees_figures(person):
        raise Forbidden("The review's figures are for output checkers, admins and auditors.")


def of_period(connection: Connection, days: int) -> Figures:
    """The figures of the last `days` days."""
    events = audit.events_since(connection, KINDS, now() - timedelta(days=days))
    return figures(reversed(events))


async def figures_page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The figures of a period."""
    person = await desk.visitor(request)
    must_see_figures(person)
    asked = request.query.get("days", "")
    days = next((one for one in PERIODS if str(one) == asked), 90)
    found = await desk.read(of_period, days)
    charts = {"weeks": _weeks(found), "rounds": _rounds(found), "causes": _causes(found), "load": _load(found)}
    return desk.page("figures.html", person, found=found, charts=charts, days=days, periods=PERIODS, hours=hours)


def _weeks(found: Figures) -> list[Bar]:
    top = max((one.p90 or 0 for one in found.weeks.values()), default=0) or 1
    return [
        Bar(
            f"{week.day} {week:%b %Y}",
            f"{hours(one.median)}, {hours(one.p90)} ({one.count})",
            100 * (one.median or 0) / top,
            100 * (one.p90 or 0) / top,
        )
        for week, one in found.weeks.items()
    ]


def _rounds(found: Figures) -> list[Bar]:
    return _bars([(f"{n} {'round' if n == 1 else 'rounds'}", count) for n, count in found.rounds.items()])


def _causes(found: Figures) -> list[Bar]:
    ordered = sorted(found.causes.items(), key=lambda item: -item[1])
    return _bars([(CAUSES[cause], count) for cause, count in ordered])


def _load(found: Figures) -> list[Bar]:
    return _bars([(name, one.all) for name, one in found.load.items()])


def _bars(values: Sequence[tuple[str, int]]) -> list[Bar]:
    top = max((count for _, count in values), default=0) or 1
    return [Bar(label, str(count), 100 * count / top) for label, count in values]


def hours(value: float | None) -> str:
    """`40 min`, `5.2 h`, `3.1 days`; a dash for none."""
    if value is None:
        return "–"
    if value < 1:
        return f"{60 * value:.0f} min"
    return f"{value:.1f} h" if value < 72 else f"{value / 24:.1f} days"

"""How much each person was shown of each project, against their limits; for admins, auditors and the command line.

Bytes, raises and levels come from `exposures`; how often something was brought in, refused or stopped is counted in
the audit log, over the last 24 hours as the budget is.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from data_mounts import projects
from data_mounts.access import Policy
from data_mounts.answers import is_member
from enclave import audit
from enclave.errors import NotFound
from enclave.names import PersonName, ProjectSlug
from workspaces import exposures
from workspaces.budget import WINDOW, Exposure, ExposureEvent, Level, Raise, limits
from workspaces.sessions import Pair

COUNTED = (
    ExposureEvent.UPLOAD,
    ExposureEvent.UPLOAD_REFUSED,
    ExposureEvent.VIOLATION,
    ExposureEvent.REFUSED,
)
SHOWN = 50  # events on a page
_ORDER = {level: place for place, level in enumerate((Level.HARD, Level.SOFT, Level.OK))}


@dataclass(frozen=True)
class Usage:
    """One person in one project. `window`: at most so many bytes in 24 hours; `told` None: never anything."""

    person: PersonName
    project: ProjectSlug
    window: int
    soft: int
    hard: int
    level: Level
    total: int
    told: datetime | None
    raised: Raise | None
    uploads: int
    uploads_refused: int
    violations: int
    refused: int


@dataclass(frozen=True)
class UsageFile:
    """All that an admin sees of one person's use of one project; `raises` and `events` the newest first."""

    usage: Usage
    raises: list[Raise]
    events: list[audit.Event]


def everywhere(connection: Connection, now: datetime) -> list[Usage]:
    """Every person and project of which something was shown or raised; those nearest their limit first."""
    policies = {one.slug: one.policy for one in projects.all_projects(connection)}
    raised = {(one.person, one.project): one for one in exposures.raises_in_force(connection, now)}
    known = {(one.person, one.project): one for one in exposures.all_exposures(connection)}
    counted = _counted(audit.events_since(connection, COUNTED, now - WINDOW))
    # A project that is not ours can only be a lie that the gate was told; it must not hide the others.
    rows = [
        _usage(pair, known.get(pair), raised.get(pair), policies.get(pair[1], Policy()), counted, now)
        for pair in sorted(known.keys() | raised.keys())
    ]
    return sorted(rows, key=lambda row: (_ORDER[row.level], -row.window / row.hard))


def file_of(connection: Connection, person: PersonName, project: ProjectSlug, now: datetime) -> UsageFile:
    """One of them, also one who was never shown anything; raise `NotFound` where nothing can be known."""
    pair = (person, project)
    policy = projects.project(connection, project).policy
    known, raised = exposures.exposure(connection, *pair), exposures.raise_in_force(connection, *pair, now)
    history = exposures.raises(connection, *pair)
    if known is None and not history and not is_member(connection, *pair):
        raise NotFound(f"{person} is not a member of {project}, and never saw anything of it.")
    found = audit.events_since(connection, list(ExposureEvent), now - WINDOW)
    mine = [one for one in found if one.subject == exposures.subject(*pair)]
    return UsageFile(_usage(pair, known, raised, policy, _counted(mine), now), history, mine[:SHOWN])


def _usage(
    pair: Pair,
    known: Exposure | None,
    raised: Raise | None,
    policy: Policy,
    counted: Counter[tuple[str, str]],
    now: datetime,
) -> Usage:
    soft, hard = limits(policy, raised)
    window = known.now(now) if known else 0
    uploads, uploads_refused, violations, refused = (
        counted[exposures.subject(*pair), str(event)] for event in COUNTED
    )
    return Usage(
        person=pair[0],
        project=pair[1],
        window=window,
        soft=soft,
        hard=hard,
        level=known.level if known and window else Level.OK,
        total=known.total_bytes if known else 0,
        told=known.told if known else None,
        raised=raised,
        uploads=uploads,
        uploads_refused=uploads_refused,
        violations=violations,
        refused=refused,
    )


def _counted(events: list[audit.Event]) -> Counter[tuple[str, str]]:
    """How often each happened, by subject and event; one that stands for many says how many."""
    found: Counter[tuple[str, str]] = Counter()
    for one in events:
        found[one.subject, one.event] += int(one.details.get("count", 1))
    return found

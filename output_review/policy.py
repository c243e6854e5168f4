"""A project's review policy: how many checkers, how blind, how much, how long. Pure.

A policy is never changed: another version takes its place for the rounds that begin afterwards, and each round,
vote and decision names the version that it was made under.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from enclave.errors import BadInput, Broken
from output_review.limits import MEGABYTE, Limits, text

_MOST_STATEMENTS = 10
_LONGEST_STATEMENT = 300


class Releaser(StrEnum):
    """Who lets approved files go once the grace period is over."""

    DESK = "desk"
    CHECKER = "checker"


class Downloader(StrEnum):
    """Which present members of the project may download released files."""

    MEMBERS = "members"
    LEAD = "lead"
    AUTHOR = "author"


@dataclass(frozen=True)
class Thresholds:
    """What the automatic checks will measure by. Counts in people, the rest as named.

    `min_count` 11: French health data practice (SNDS, "aucune case ne doit concerner moins de 11 unités"), which
    also satisfies the 10 of the UK's services. Dominance (2, 85 %): sdcTable's default. `p_percent` 10 and
    `residual_dof` 10: ACRO's defaults.
    """

    min_count: int = 11
    dominance_largest: int = 2
    dominance_percent: int = 85
    p_percent: int = 10
    residual_dof: int = 10


@dataclass(frozen=True)
class Policy:
    """What holds for one round. Times in hours and days, sizes in bytes."""

    reviewers: int = 2
    blind: bool = True
    release_by: Releaser = Releaser.DESK
    download_by: Downloader = Downloader.MEMBERS
    max_files: int = 20
    max_file_bytes: int = 16 * MEGABYTE
    max_total_bytes: int = 64 * MEGABYTE
    statements: tuple[str, ...] = ()
    response_hours: int = 48
    claim_hours: int = 8
    expire_days: int = 90
    max_downloads: int = 20
    download_days: int = 30
    thresholds: Thresholds = field(default_factory=Thresholds)

    def limits(self) -> Limits:
        """What one request may carry."""
        return Limits(self.max_files, self.max_file_bytes, self.max_total_bytes)

    def due(self, began: datetime) -> datetime:
        """By when a round that began then should be answered."""
        return began + timedelta(hours=self.response_hours)


# Version 1 of every project without a policy of its own. It never changes, because rounds name it: another default
# has to be written into the table as a version.
DEFAULT = Policy()

# What may be set: least, most, and what it is. Two pairs of eyes are enough to judge and three to teach; the sizes
# end where the door between workspace and desk does.
BOUNDS: Mapping[str, tuple[int, int, str]] = {
    "reviewers": (1, 3, "checkers who have to approve a file"),
    "max_files": (1, 500, "files in one request"),
    "max_file_bytes": (1, 128 * MEGABYTE, "bytes of one file"),
    "max_total_bytes": (1, 128 * MEGABYTE, "bytes of all files of a request"),
    "response_hours": (1, 24 * 60, "hours within which a round should be answered"),
    "claim_hours": (1, 24 * 14, "hours after which a claim lapses"),
    "expire_days": (1, 3650, "days after which a returned request expires"),
    "max_downloads": (1, 1000, "downloads of one released file"),
    "download_days": (1, 3650, "days in which released files can be downloaded"),
    "min_count": (1, 1000, "people in a cell at least"),
    "dominance_largest": (1, 10, "largest contributors of the dominance rule"),
    "dominance_percent": (1, 100, "per cent that they may hold together"),
    "p_percent": (0, 100, "per cent within which nobody may be estimated"),
    "residual_dof": (0, 1000, "residual degrees of freedom at least"),
}


def changed(policy: Policy, given: Mapping[str, Any]) -> Policy:
    """The policy with these values set, by their names; raise `BadInput`. Thresholds are set by their names too."""
    own = {one.name for one in fields(Policy)} - {"thresholds"}
    measured = {one.name for one in fields(Thresholds)}
    unknown = sorted(set(given) - own - measured)
    if unknown:
        raise BadInput(f"{unknown[0][:40]!a} is no part of a review policy.")
    parsed = {name: _parsed(name, value) for name, value in given.items()}
    thresholds = replace(policy.thresholds, **{name: parsed[name] for name in measured & set(parsed)})
    made = replace(policy, thresholds=thresholds, **{name: parsed[name] for name in own & set(parsed)})
    if made.max_file_bytes > made.max_total_bytes:
        raise BadInput("One file may not be bigger than all files of a request together.")
    return made


def _parsed(name: str, value: Any) -> Any:
    if name in BOUNDS:
        return _number(name, value)
    if name == "blind":
        if not isinstance(value, bool):
            raise BadInput("Blind is yes or no.")
        return value
    if name == "statements":
        return _statements(value)
    kind = Releaser if name == "release_by" else Downloader
    if value not in set(kind):
        raise BadInput(f"{str(value)[:40]!a} is not one of {', '.join(kind)}.")
    return kind(value)


def _number(name: str, value: Any) -> int:
    least, most, what = BOUNDS[name]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadInput(f"{what[0].upper()}{what[1:]}: a whole number from {least} to {most} is expected.")
    return value


def _statements(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise BadInput("The statements are a list of sentences.")
    found = tuple(text(one, "a statement", _LONGEST_STATEMENT).replace("\n", " ") for one in value)
    if len(found) > _MOST_STATEMENTS or len(set(found)) != len(found):
        raise BadInput(f"At most {_MOST_STATEMENTS} statements, each once, can be asked of an author.")
    return found


def unmade(policy: Policy, statements: tuple[str, ...]) -> str | None:
    """The first statement that the author still has to make, or None."""
    return next((one for one in policy.statements if one not in statements), None)


def to_json(policy: Policy) -> dict[str, Any]:
    """As it is stored and shown to programs."""
    return asdict(policy) | {"statements": list(policy.statements)}


def from_json(value: Mapping[str, Any]) -> Policy:
    """A stored policy; raise `Broken` if it is none. What it does not name is as in version 1."""
    try:
        return changed(DEFAULT, {k: v for k, v in value.items() if k != "thresholds"} | value.get("thresholds", {}))
    except (BadInput, TypeError, AttributeError) as error:
        raise Broken(f"a stored review policy cannot be read: {error}") from error


def differences(before: Policy, after: Policy) -> dict[str, list[Any]]:
    """What another version changes, by name: [before, after]."""
    old, new = _flat(before), _flat(after)
    return {name: [old[name], new[name]] for name in new if old[name] != new[name]}


def _flat(policy: Policy) -> dict[str, Any]:
    values = to_json(policy)
    thresholds: dict[str, Any] = values.pop("thresholds")
    return values | thresholds

"""May a running workspace go on? The one place where that is decided; the guard asks every few seconds. Pure.

The first objection is the answer: what `data_mounts` says now of this person and project; a dataset that is mounted
and no longer granted; an operator's order; more on the disk than the project may have (`workspaces.disk`); nobody
there for longer than the project allows. An added dataset, a new image or other limits stop nothing: they wait for
the next start, and `upgrade` says so.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from data_mounts.access import Access, Denied
from workspaces import disk as disks

STALE = timedelta(seconds=60)  # the gate reports every 15 s; an older report says nothing of now


@dataclass(frozen=True)
class Stop:
    """Stop this workspace: `code` for programs, `reason` a sentence for the person."""

    code: str
    reason: str


@dataclass(frozen=True)
class Activity:
    """What the gate last told of a workspace. `busy`: a kernel is computing, which is activity too."""

    idle_seconds: float
    busy: bool
    told: datetime


def objection(
    answer: Access | Denied,
    mounted: Collection[str],
    order: str,
    activity: Activity | None,
    now: datetime,
    disk: disks.Disk | None = None,
) -> Stop | None:
    """Why a workspace that has `mounted` (`name@version`) may not go on; None if it may.

    `activity` and `disk` are None where nothing is known, which is no objection.
    """
    if isinstance(answer, Denied):
        return Stop(str(answer.code), answer.reason)
    lost = sorted(set(mounted) - {str(mount) for mount in answer.mounts})
    if lost:
        return Stop("grant-revoked", f"{_datasets(lost)} no longer granted to this project. Your files are kept.")
    if order:
        return Stop("ordered", f"An admin stopped this workspace: {order} Your files are kept.")
    if disk and (full := disks.stop_reason(disk, answer.policy.disk_bytes)):
        return Stop("disk-full", full)
    if activity and is_idle(activity, answer.idle_stop_minutes, now):
        minutes = answer.idle_stop_minutes
        return Stop(
            "idle",
            f"The workspace was stopped because nobody used it for {minutes} minutes and nothing was computing."
            " Your files are kept; what was only in memory is gone.",
        )
    return None


def is_idle(activity: Activity, minutes: int, now: datetime) -> bool:
    """Whether nobody was there for `minutes` (0: never). Without a fresh report from the gate, nobody knows."""
    known = now - activity.told <= STALE
    return known and minutes > 0 and not activity.busy and activity.idle_seconds >= minutes * 60


def upgrade(running_image: str, mounted: Collection[str], image: str, answer: Access) -> str:
    """What the next start of a running workspace brings, as a sentence; empty if nothing new."""
    added = sorted({str(mount) for mount in answer.mounts} - set(mounted))
    news = [f"the dataset {name}" for name in added]
    if image and running_image != image:
        news.append("a newer version of the software")
    return f"When you stop and open this workspace again it gets {_listed(news)}." if news else ""


def unreadable(person: str, project: str) -> Stop:
    """For a workspace whose names or records cannot be read: nobody can say that it is allowed."""
    return Stop("unknown", f"The records of {person[:30]}/{project[:30]} cannot be read. Your files are kept.")


def _datasets(lost: list[str]) -> str:
    return f"The dataset {lost[0]} is" if len(lost) == 1 else f"The datasets {_listed(lost)} are"


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"

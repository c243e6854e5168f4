"""A request as programs are shown it by the desk's API. Pure.

Nothing here decides who sees what: `telling` has, and a caller without evidence is given no name of who is at work.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from enclave import audit
from output_review.evidence import FileChecks
from output_review.figures import Figures
from output_review.lifecycle import WHO, Who, objection
from output_review.policy import Policy, to_json
from output_review.provenance import Origin
from output_review.tally import counting, handling, lacking
from output_review.telling import FileTold, Said, Told
from output_review.vocabulary import (
    Action,
    Actor,
    Comment,
    Request,
    RequestEvent,
    Vote,
)
from output_review.words import in_words, state_in_words

# What a person may do through the desk; the others are the desk's own steps, or a workspace's.
PERSONS = tuple(action for action in Action if WHO[action] is not Who.DESK and action is not Action.RESUBMIT)
# The events whose words are for everybody who sees the request; other comments stand at their files.
FINDING = ("check", "rule", "severity", "place", "value", "threshold", "formula", "message", "source", "advice")
ALOUD = (RequestEvent.RETURNED, RequestEvent.REJECTED, RequestEvent.RECALLED)


def line(request: Request, moment: datetime, names: bool) -> dict[str, Any]:
    """One request of a list; with `names` who handles it."""
    state, following = state_in_words(request)
    return {
        "id": request.id,
        "project": request.project,
        "author": request.author,
        "status": str(request.status),
        "state": state,
        "next": following,
        "round": request.round,
        "version": request.version,
        "what": request.what,
        "files": len(request.files),
        "bytes": request.size,
        "created": stamp(request.created),
        "updated": stamp(request.updated),
        "waiting_since": stamp(request.waiting_since),
        "due": stamp(request.due),
        "reviewers": request.policy.reviewers,
        "voted": len(counting(request)),
        "handling": list(handling(request, moment)) if names and request.open else [],
    }


def whole(request: Request, known: Told, moment: datetime, names: bool) -> dict[str, Any]:
    """Everything that its reader may know of a request, without what they may do."""
    own = line(request, moment, names)
    own["files"] = [_file(one) for one in known.files]
    return own | {
        "how": request.how,
        "controls": request.controls,
        "comment": request.comment,
        "commented_by": request.reviewer if request.comment else "",
        "release_at": stamp(request.release_at),
        "policy_version": request.policy_version,
        "policy": list(in_words(request.policy)),
        "statements": list(request.policy.statements),
        "groups": [asdict(group) for group in request.groups],
        "origin": _origin(request.origin),
        "blind": known.blind,
        "lacking": lacking(request) if request.open else 0,
        "votes": [vote(one) for one in known.votes],
        "hidden_votes": known.hidden,
        "comments": [_comment(one) for one in known.comments],
    }


def abilities(actor: Actor, request: Request, moment: datetime) -> dict[str, str]:
    """What this person may do now: for each action an empty text, or the reason why not."""
    found = {action: objection(actor, action, request, moment) for action in PERSONS}
    return {str(action): "" if reason is None else reason.text for action, reason in found.items()}


def figures(found: Figures) -> dict[str, Any]:
    """How the review went, times in hours."""
    return {
        "waiting_hours": asdict(found.waiting),
        "answer_hours": asdict(found.answer),
        "weeks": [{"monday": str(week), "answer_hours": asdict(one)} for week, one in found.weeks.items()],
        "rounds": [{"rounds": number, "requests": count} for number, count in found.rounds.items()],
        "causes": [{"cause": str(cause), "times": count} for cause, count in found.causes.items()],
        "load": [{"checker": name} | asdict(one) for name, one in found.load.items()],
    }


def happened(events: Iterable[audit.Event]) -> list[dict[str, Any]]:
    """The request's history, oldest first, as everybody who sees the request may read it."""
    return [
        {
            "time": stamp(event.time),
            "actor": event.actor,
            "event": event.event,
            "file": str(event.details.get("name", "")) if event.event == RequestEvent.DOWNLOADED else "",
            "comment": str(event.details.get("comment", "")) if event.event in ALOUD else "",
        }
        for event in events
    ]


def stamp(time: datetime | None) -> str | None:
    """A moment as RFC 3339 writes it, to the microsecond."""
    return None if time is None else time.isoformat(timespec="microseconds")


def vote(one: Vote) -> dict[str, Any]:
    """A checker's word on the request as a whole."""
    return {
        "reviewer": one.reviewer,
        "round": one.round,
        "comment": one.comment,
        "time": stamp(one.time),
        "counts": one.counts,
    }


def policy_version(
    project: str, number: int, policy: Policy, by: tuple[str, str, datetime | None]
) -> dict[str, Any]:
    """A version of a project's policy; `by` is who set it, why, and when."""
    set_by, reason, time = by
    values = to_json(policy)
    thresholds: dict[str, Any] = values.pop("thresholds")
    head = {"project": project, "version": number, "set_by": set_by, "reason": reason, "time": stamp(time)}
    return head | {"policy": values | thresholds}


def _origin(origin: Origin | None) -> dict[str, Any] | None:
    """What the platform knew of the workspace; None for a round of before it was kept."""
    if origin is None:
        return None
    return {"image": origin.image, "datasets": list(origin.datasets), "started": stamp(origin.started)}


def _file(one: FileTold) -> dict[str, Any]:
    return {
        "number": one.file.number,
        "name": one.file.name,
        "size": one.file.size,
        "sha256": one.file.sha256,
        "role": str(one.file.role),
        "group": one.file.group or None,
        "path": one.file.path,
        "code": None if one.file.code is None else asdict(one.file.code),
        "decision": None if one.decision is None else str(one.decision),
        "released": one.file.released,
        "downloads": one.file.downloads,
        "downloads_allowed": one.file.allowed,
        "downloads_until": stamp(one.file.until),
        "unchanged_since": one.unchanged_since,
        "said": [_said(word) for word in one.said],
        "before": [_said(word) for word in one.before],
        "comments": [_comment(comment) for comment in one.comments],
        "checks": checks(one.checks),
    }


def checks(found: FileChecks | None) -> dict[str, Any] | None:
    """What automatic checks said of a file; None for whom it is not."""
    if found is None:
        return None
    return {
        "state": str(found.state),
        "why": found.why,
        "progress": found.progress,
        "ended": stamp(found.ended),
        "verdict": found.verdict or None,
        "findings": [{name: one[name] for name in FINDING} for one in found.findings],
        "not_checked": [dict(gap) for gap in found.gaps],
        "ran": list(found.report["ran"]) if found.report else [],
    }


def _said(word: Said) -> dict[str, Any]:
    return {
        "reviewer": word.reviewer,
        "round": word.round,
        "verdict": str(word.verdict),
        "reason": word.reason,
        "time": stamp(word.time),
    }


def _comment(one: Comment) -> dict[str, Any]:
    return {
        "author": one.author,
        "round": one.round,
        "audience": str(one.audience),
        "place": dict(one.place),
        "text": one.text,
        "time": stamp(one.time),
    }

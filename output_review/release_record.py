"""The record that leaves with released files: what left, where from, who let it go and why, under which policy.

Plain JSON for people and programs outside the enclave; its schema is published (`web/api/record`). Of what stays
inside it says how many files there are and nothing more: no name, and no digest by which a guess could be tried.
What checkers said to each other is not in it. Pure.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from output_review import origin, policy
from output_review.tally import counting
from output_review.vocabulary import File, Request
from output_review.words import in_words

FORMAT, VERSION = "enclave release record", 1
# An empty list of findings must not read as if a program had found nothing wrong.
_NOT_CHECKED = ("No automatic check was made of these files: people alone have looked at them.",)


def record_of(request: Request, leaving: Sequence[File], by: str, now: datetime) -> dict[str, Any]:
    """The record of a release that happens now; `by` is who released, `leaving` the approved files."""
    until = now + timedelta(days=request.policy.download_days)
    return {
        "format": FORMAT,
        "version": VERSION,
        "request": _request(request),
        "origin": origin.to_json(request.origin),
        "groups": [asdict(group) for group in request.groups if group.number in {file.group for file in leaving}],
        "files": [_file(request, file) for file in leaving],
        "stayed": len(request.files) - len(leaving),
        "criteria": {
            "policy_version": request.policy_version,
            "policy": policy.to_json(request.policy),
            "in_words": list(in_words(request.policy)),
        },
        "findings": [],
        "not_checked": list(_NOT_CHECKED),
        "approvals": _approvals(request),
        "released": {"time": _stamp(now), "by": by},
        "downloads": {"each": request.policy.max_downloads, "until": _stamp(until)},
    }


def written(record: dict[str, Any]) -> str:
    """The record's text, which is kept and handed out as it is."""
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def _request(request: Request) -> dict[str, Any]:
    return {
        "id": request.id,
        "project": request.project,
        "author": request.author,
        "round": request.round,
        "created": _stamp(request.created),
        "round_began": _stamp(request.waiting_since),
        "what": request.what,
        "how": request.how,
        "controls": request.controls,
        "statements": list(request.policy.statements),
    }


def _file(request: Request, file: File) -> dict[str, Any]:
    words = ((vote, vote.words[file.sha256]) for vote in counting(request).values())
    return {
        "number": file.number,
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "group": file.group or None,
        "as_the_workspace_told": {"path": file.path, "code": None if file.code is None else asdict(file.code)},
        "unchanged_since_round": min(file.seen_in, default=None),
        "decisions": [
            {
                "reviewer": vote.reviewer,
                "verdict": str(word.verdict),
                "reason": word.reason,
                "time": _stamp(vote.time),
                "policy_version": vote.policy_version,
            }
            for vote, word in words
        ],
    }


def _approvals(request: Request) -> list[dict[str, Any]]:
    return [
        {"reviewer": vote.reviewer, "reason": vote.comment, "time": _stamp(vote.time)}
        for vote in counting(request).values()
    ]


def _stamp(time: datetime) -> str:
    return time.isoformat(timespec="microseconds")

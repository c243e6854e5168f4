"""The record that leaves with released files: what left, where from, who let it go and why, under which policy.

Plain JSON for people and programs outside the enclave; its schema is published (`web/api/record`). Of what stays
inside it says how many files there are and nothing more: no name, and no digest by which a guess could be tried.
What checkers said to each other is not in it.

Of what automatic checks found it counts places by rule, and names the checks that did not come to their end: words
from our own list of rules, and never a message or a value. A check reads hostile bytes beside personal data: what
it says may be personal data. Pure.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from output_review import origin, policy, rules
from output_review.evidence import FileChecks
from output_review.tally import counting
from output_review.vocabulary import File, FileVerdict, Request, Vote, Word
from output_review.words import in_words

FORMAT, VERSION = "enclave release record", 2
UNKNOWN = "unknown"  # a rule or check that this version does not have
# An empty list of findings must not read as if a program had found nothing wrong.
_NOT_AT_ALL = "No automatic check of this file had come to its end: people alone have looked at it."
_AS_A_WHOLE = "Something in this file could not be read by any check."


def record_of(
    request: Request, leaving: Sequence[File], by: str, now: datetime, checks: Mapping[int, FileChecks]
) -> dict[str, Any]:
    """The record of a release that happens now; `by` is who released, `leaving` the approved files, `checks` what
    automatic checks said, by the number of a file."""
    told = {file.number: checks.get(file.number, FileChecks()) for file in leaving}
    until = now + timedelta(days=request.policy.download_days)
    return {
        "format": FORMAT,
        "version": VERSION,
        "request": _request(request),
        "origin": origin.to_json(request.origin),
        "groups": [asdict(group) for group in request.groups if group.number in {file.group for file in leaving}],
        "files": [_file(request, file, told[file.number]) for file in leaving],
        "stayed": len(request.files) - len(leaving),
        "criteria": {
            "policy_version": request.policy_version,
            "policy": policy.to_json(request.policy),
            "in_words": list(in_words(request.policy)),
        },
        "findings": [one for number, found in told.items() for one in _findings(number, found)],
        "not_checked": [one for number, found in told.items() for one in _not_checked(number, found)],
        "checks": {"rules_sha256": rules.VERSION},
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


def _findings(number: int, found: FileChecks) -> Iterator[dict[str, Any]]:
    keys = ((_rule(one["rule"]), one["severity"]) for one in found.findings)
    for (rule, severity), places in Counter(keys).items():
        yield {"file": number, "rule": rule, "severity": severity, "places": places}


def _not_checked(number: int, found: FileChecks) -> Iterator[dict[str, Any]]:
    if not found.report or not found.report["ran"]:
        yield {"file": number, "check": None, "in_words": _NOT_AT_ALL}
        return
    for name in dict.fromkeys(gap["check"] for gap in found.gaps):
        check = rules.CHECKS.get(name)
        words = _AS_A_WHOLE if name == "file" else check["title"] if check else UNKNOWN
        yield {"file": number, "check": name if check else None, "in_words": words}


def _rule(name: str) -> str:
    return name if name in rules.ADVICE else UNKNOWN


def _known(names: Iterable[str]) -> list[str]:
    return [name for name in names if name in rules.CHECKS]


def _against(vote: Vote, word: Word, found: FileChecks) -> list[str]:
    """The rules whose breach was known when these bytes were approved."""
    if word.verdict is not FileVerdict.APPROVED or found.ended is None or found.ended > vote.time:
        return []
    return list(dict.fromkeys(_rule(name) for name in found.blocking))


def _file(request: Request, file: File, found: FileChecks) -> dict[str, Any]:
    words = ((vote, vote.words[file.sha256]) for vote in counting(request).values())
    return {
        "number": file.number,
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "group": file.group or None,
        "as_the_workspace_told": {"path": file.path, "code": None if file.code is None else asdict(file.code)},
        "unchanged_since_round": min(file.seen_in, default=None),
        "checks": {
            "state": str(found.state),
            "verdict": found.verdict or None,
            "ended": None if found.ended is None else _stamp(found.ended),
            "ran": _known(found.report["ran"]) if found.report else [],
            "compared_with": {"datasets": list(found.data), "earlier_releases": found.earlier},
        },
        "decisions": [
            {
                "reviewer": vote.reviewer,
                "verdict": str(word.verdict),
                "reason": word.reason,
                "against": _against(vote, word, found),
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

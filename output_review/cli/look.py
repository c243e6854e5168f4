"""`enclave request list | show`."""

from collections import Counter
from dataclasses import asdict
from typing import Any

import click

from enclave import audit
from enclave.cli import Context, json_option, parsed, pass_context, show
from enclave.clock import now
from enclave.errors import Refused
from enclave.names import person_name, project_slug
from output_review import showing, shown
from output_review.checked import checks_of
from output_review.evidence import FileChecks
from output_review.limits import text
from output_review.origin import to_json as origin_json
from output_review.queries import downloads_of, record_text
from output_review.queue import Asked, Whose, look
from output_review.reading import all_votes, get_request
from output_review.sight import blind
from output_review.tally import counting, handling, outcome
from output_review.vocabulary import OPEN, Actor, Request, Status
from output_review.words import state_in_words

number_argument = click.argument("number", type=click.IntRange(1, 10**9 - 1))


def _search(value: str) -> str:
    return text(value, "what to look for", 100)


@click.command("list")
@click.option("--status", type=click.Choice([str(status) for status in Status]), help="Only this status.")
@click.option("--project", callback=parsed(project_slug), help="Only this project.")
@click.option("--by", callback=parsed(person_name), help="Only what this checker handles.")
@click.option("--unclaimed", is_flag=True, help="Only what nobody handles.")
@click.option("--overdue", is_flag=True, help="Only what has waited longer than its policy wants.")
@click.option("--text", "words", callback=parsed(_search), help="In what it is or a file's name; number, author.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True)
@json_option
@pass_context
def list_requests(
    context: Context,
    /,
    status: str | None,
    project: str | None,
    by: str | None,
    unclaimed: bool,
    overdue: bool,
    words: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Requests, the newest first; open ones, if only they are asked for, by the end of their response time."""
    only_open = by or unclaimed or overdue
    statuses = (Status(status),) if status else OPEN if only_open else tuple(Status)
    whose = Whose.UNCLAIMED if unclaimed else Whose.ALL
    asked = Asked(context.actor, statuses, project or "", whose, by or "", overdue, words or "")
    with context.database.read() as connection:
        found, _ = look(connection, asked, now(), None, limit)
    show([shown.line(one, now(), names=True) if as_json else _line(one) for one in found], as_json)


@click.command("show")
@number_argument
@json_option
@pass_context
def show_request(context: Context, number: int, as_json: bool) -> None:
    """One request with its files, its history, and its votes unless they are still kept from each other.

    As JSON it is what the API shows to an auditor.
    """
    with context.database.read() as connection:
        found = get_request(connection, number)
        if as_json:
            auditor = Actor(context.actor, auditor=True)
            show(showing.whole(connection, found, auditor, now()), as_json)
            return
        given = [one for one in all_votes(connection, found) if not blind(found, one.round)]
        out = downloads_of(connection, number)
        checks = checks_of(connection, number)
        history = list(reversed(audit.events(connection, f"request:{number}", 1000)))
    closed = not found.open
    state, following = state_in_words(found)
    details: dict[str, Any] = _line(found) | {
        "state": state,
        "next": following,
        "policy_version": found.policy_version,
        "what": found.what,
        "how": found.how,
        "controls": found.controls,
        "comment": found.comment,
        "groups": [asdict(group) for group in found.groups],
        "origin": origin_json(found.origin) or {},
        "files": [
            {
                "number": file.number,
                "name": file.name,
                "size": file.size,
                "sha256": file.sha256,
                "role": str(file.role),
                "group": file.group,
                "path": file.path,
                "checks": _checks(checks.get(file.number)),
                "code": f"{file.code.name} {file.code.sha256}" if file.code else "",
                "decision": (outcome(found, file.sha256) or "") if closed else "",
                "released": file.released,
                "downloads": f"{file.downloads} of {file.allowed}" if file.released else "",
                "until": file.until.isoformat(timespec="seconds") if file.until else "",
            }
            for file in found.files
        ],
        "votes": [
            {
                "round": vote.round,
                "reviewer": vote.reviewer,
                "comment": vote.comment,
                "counts": vote.counts,
                "files": {digest: [word.verdict, word.reason] for digest, word in vote.words.items()},
            }
            for vote in given
        ],
        "downloaded": [f"{one.time.isoformat(timespec='seconds')} {one.person} {one.name}" for one in out],
        "history": [f"{one.time.isoformat(timespec='seconds')} {one.actor} {one.event}" for one in history],
    }
    show(details, False)


@click.command("record")
@number_argument
@pass_context
def show_record(context: Context, number: int) -> None:
    """The record of a release, as JSON: what left, where it came from, who approved it and why."""
    with context.database.read() as connection:
        get_request(connection, number)
        text = record_text(connection, number)
    if text is None:
        raise Refused(f"Request {number} has no record: it is not released, or was before records were kept.")
    click.echo(text, nl=False)


def _checks(found: FileChecks | None) -> str:
    """What automatic checks say of a file, in a line: the verdict, the rules, what was not checked."""
    if found is None:
        return ""
    rules = Counter(one["rule"] for one in found.findings)
    named = [f"{name} ({count})" for name, count in rules.items()]
    gaps = [f"not checked: {gap}" for gap in dict.fromkeys(one["check"] for one in found.gaps)]
    return "; ".join(filter(None, [found.verdict or found.state, found.why, *named, *gaps]))


def _line(found: Request) -> dict[str, Any]:
    return {
        "id": found.id,
        "project": found.project,
        "author": found.author,
        "status": str(found.status),
        "round": found.round,
        "files": len(found.files),
        "bytes": found.size,
        "created": found.created.isoformat(timespec="seconds"),
        "due": found.due.isoformat(timespec="seconds"),
        "voted": f"{len(counting(found))} of {found.policy.reviewers}",
        "handling": list(handling(found, now())) if found.open else [],
    }

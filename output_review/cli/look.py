"""`enclave request list | show`."""

from dataclasses import asdict
from typing import Any

import click

from enclave import audit
from enclave.cli import Context, json_option, parsed, pass_context, show
from enclave.clock import now
from enclave.names import project_slug
from output_review.origin import to_json as origin_json
from output_review.queries import downloads_of, queue
from output_review.reading import all_votes, get_request
from output_review.sight import blind
from output_review.tally import counting, handling, outcome
from output_review.vocabulary import Request, Status
from output_review.words import state_in_words

number_argument = click.argument("number", type=click.IntRange(1, 10**9 - 1))


@click.command("list")
@click.option("--status", type=click.Choice([str(status) for status in Status]), help="Only this status.")
@click.option("--project", callback=parsed(project_slug), help="Only this project.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True)
@json_option
@pass_context
def list_requests(context: Context, status: str | None, project: str | None, limit: int, as_json: bool) -> None:
    """Requests: of one status with the longest waiting first, otherwise the newest first."""
    with context.database.read() as connection:
        found = queue(connection, (Status(status),) if status else None, limit, project)
    show([_line(one) for one in found], as_json)


@click.command("show")
@number_argument
@json_option
@pass_context
def show_request(context: Context, number: int, as_json: bool) -> None:
    """One request with its files, its history, and its votes unless they are still kept from each other."""
    with context.database.read() as connection:
        found = get_request(connection, number)
        given = [one for one in all_votes(connection, found) if not blind(found, one.round)]
        out = downloads_of(connection, number)
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
                "code": f"{file.code.name} {file.code.sha256}" if file.code else "",
                "decision": (outcome(found, file.sha256) or "") if closed else "",
                "released": file.released,
                "downloads": file.downloads,
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
    show(details, as_json)


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
        "voted": f"{len(counting(found))} of {found.policy.reviewers}",
        "handling": list(handling(found, now())) if found.open else [],
    }

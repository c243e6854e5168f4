"""`enclave request`: look at release requests. Decisions are taken on the desk by people, never here."""

from typing import Any

import click

from enclave import audit
from enclave.cli import Context, json_option, pass_context, show
from output_review.lifecycle import state_in_words
from output_review.queries import get_request, queue
from output_review.vocabulary import Request, Status


@click.group()
def request() -> None:
    """Release requests."""


@request.command("list")
@click.option("--status", type=click.Choice([str(status) for status in Status]), help="Only this status.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True)
@json_option
@pass_context
def list_requests(context: Context, status: str | None, limit: int, as_json: bool) -> None:
    """Requests: of one status with the longest waiting first, otherwise the newest first."""
    with context.database.read() as connection:
        found = queue(connection, Status(status) if status else None, limit)
    show([_line(one) for one in found], as_json)


@request.command("show")
@click.argument("number", type=click.IntRange(1, 10**9 - 1))
@json_option
@pass_context
def show_request(context: Context, number: int, as_json: bool) -> None:
    """One request with its files, decisions and history."""
    with context.database.read() as connection:
        found = get_request(connection, number)
        history = list(reversed(audit.events(connection, f"request:{number}", 1000)))
    details: dict[str, Any] = _line(found) | {
        "state": state_in_words(found)[0],
        "what": found.what,
        "how": found.how,
        "controls": found.controls,
        "comment": found.comment,
        "files": [
            {
                "number": file.number,
                "name": file.name,
                "size": file.size,
                "sha256": file.sha256,
                "decision": file.verdict or "",
                "reason": file.reason,
                "released": file.released,
                "downloads": file.downloads,
            }
            for file in found.files
        ],
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
        "reviewer": found.reviewer,
    }

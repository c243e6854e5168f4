"""`enclave request`: look at release requests, and set review policies.

Votes are given on the desk by people, never here: whoever operates the host is no checker, and sees no vote of a
blind round.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click

from enclave import audit
from enclave.cli import Context, json_option, parsed, pass_context, show
from enclave.clock import now
from enclave.names import person_name, project_slug
from output_review.figures import KINDS, figures
from output_review.limits import LIMITS, text
from output_review.origin import to_json as origin_json
from output_review.policies import PolicyVersion, set_policy, versions
from output_review.policy import BOUNDS, Downloader, Releaser, to_json
from output_review.queries import downloads_of
from output_review.queue import Asked, Whose, look
from output_review.reading import all_votes, get_request
from output_review.shown import figures as shown_figures
from output_review.sight import blind
from output_review.tally import counting, handling, outcome
from output_review.vocabulary import OPEN, Request, Status
from output_review.words import state_in_words

number_argument = click.argument("number", type=click.IntRange(1, 10**9 - 1))
project_argument = click.argument("project", callback=parsed(project_slug))


def _search(value: str) -> str:
    return text(value, "what to look for", 100)


@click.group()
def request() -> None:
    """Release requests and the policies that they are reviewed under."""


@request.command("list")
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
    show([_line(one) for one in found], as_json)


@request.command("show")
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
        "due": found.due.isoformat(timespec="seconds"),
        "voted": f"{len(counting(found))} of {found.policy.reviewers}",
        "handling": list(handling(found, now())) if found.open else [],
    }


@request.command("figures")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How far back.")
@json_option
@pass_context
def show_figures(context: Context, days: int, as_json: bool) -> None:
    """How the review went: waiting and answer times in hours, rounds, causes, load of each checker."""
    with context.database.read() as connection:
        events = audit.events_since(connection, KINDS, now() - timedelta(days=days))
    show(shown_figures(figures(reversed(events))), as_json)


@request.command("policy")
@project_argument
@click.option("--history", is_flag=True, help="Every version, newest first.")
@json_option
@pass_context
def show_policy(context: Context, project: str, history: bool, as_json: bool) -> None:
    """The review policy of a project: the version in force, or all of them."""
    with context.database.read() as connection:
        found = versions(connection, project)
    show([_version(one) for one in found] if history else _version(found[0]), as_json)


def _version(found: PolicyVersion) -> dict[str, Any]:
    time = found.time.isoformat(timespec="seconds") if found.time else ""
    head = {"project": found.project, "version": found.version, "set_by": found.set_by, "time": time}
    return head | {"reason": found.reason} | to_json(found.policy)


def _policy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for each part of a policy that is a number, from its table of bounds, and for the others."""

    def statement(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text(value, "a statement", LIMITS.max_text) for value in values)

    for name, (least, most, what) in reversed(list(BOUNDS.items())):
        told = f"{what[0].upper()}{what[1:]}, {least} to {most}."
        command = click.option(f"--{name.replace('_', '-')}", name, type=click.IntRange(least, most), help=told)(
            command
        )
    for option in (
        click.option("--no-statements", is_flag=True, help="Ask an author for no statement."),
        click.option("--statement", "statements", multiple=True, callback=parsed(statement),
                     help="A sentence that an author has to confirm; once for each, replacing those before."),
        click.option("--download-by", type=click.Choice([str(one) for one in Downloader]), help="Who downloads."),
        click.option("--release-by", type=click.Choice([str(one) for one in Releaser]), help="Who releases."),
        click.option("--blind/--open", default=None, help="Votes are kept from each other until all have voted."),
    ):  # fmt: skip
        command = option(command)
    return command


@request.command("set-policy")
@project_argument
@_policy_options
@click.option("--reason", required=True, help="Recorded with the version.")
@pass_context
def change_policy(
    context: Context, /, project: str, reason: str, statements: tuple[str, ...], no_statements: bool, **options: Any
) -> None:
    """Set another version of a project's review policy: what is given changes, the rest stays.

    It holds for the rounds that begin from now on.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if statements or no_statements:
        given["statements"] = () if no_statements else statements
    if not given:
        raise click.UsageError("Nothing to set was given. See --help for what can be.")
    with context.database.write() as connection:
        before = versions(connection, project)[0].version
        made = set_policy(connection, context.actor, project, given, reason, before, now())
    click.echo(f"Version {made.version} of the review policy of {made.project} is in force.")

"""`enclave workspace`: what runs, what ran, stopping one; how much was shown, and raising a budget."""

from typing import Any

import click

from data_mounts.inputs import byte_size
from enclave.cli import Context, json_option, parsed, pass_context, show
from enclave.clock import now
from enclave.errors import BadInput
from enclave.names import PersonName, ProjectSlug, person_name, project_slug
from enclave.sizes import about
from workspaces import budget, exposures, sessions
from workspaces.usage import Usage, everywhere

person_argument = click.argument("person", callback=parsed(person_name))
project_argument = click.argument("project", callback=parsed(project_slug))


@click.group()
def workspace() -> None:
    """Workspaces: one container for each member in each project."""


@workspace.command("list")
@click.option("--all", "everything", is_flag=True, help="Ended ones too, newest first.")
@click.option("--person", callback=parsed(person_name), help="Only this person's.")
@json_option
@pass_context
def list_workspaces(context: Context, everything: bool, person: PersonName | None, as_json: bool) -> None:
    """Workspaces that run now."""
    with context.database.read() as connection:
        found = sessions.newest(connection, person) if everything else sessions.open_sessions(connection)
    rows = [
        {
            "person": one.person,
            "project": one.project,
            "datasets": list(one.datasets),
            "started": one.started.isoformat(timespec="seconds"),
            "stopped": one.stopped.isoformat(timespec="seconds") if one.stopped else None,
            "code": one.code,
            "reason": one.reason,
        }
        for one in found
        if person in (None, one.person)
    ]
    show(rows, as_json)


def _reason(value: str) -> str:
    text = value.strip()
    if not 3 <= len(text) <= 300 or not text.isprintable():
        raise BadInput("A reason of 3 to 300 printable characters is expected; the person is shown it.")
    return text if text[-1] in ".!?" else f"{text}."


@workspace.command()
@person_argument
@project_argument
@click.option("--reason", required=True, callback=parsed(_reason), help="Shown to the person.")
@pass_context
def stop(context: Context, person: PersonName, project: ProjectSlug, reason: str) -> None:
    """Stop PERSON's workspace in PROJECT within seconds; files are kept, and they may open it again."""
    with context.database.write() as connection:
        running = sessions.order_stop(connection, context.actor, person, project, reason)
    click.echo("It is being stopped." if running else "It is not running; nothing was changed.")


@workspace.command()
@json_option
@pass_context
def usage(context: Context, as_json: bool) -> None:
    """What each person was shown of each project in the last 24 hours, those nearest their limit first."""
    with context.database.read() as connection:
        found = everywhere(connection, now())
    show([_exact(one) if as_json else _short(one) for one in found], as_json)


@workspace.command("raise-budget")
@person_argument
@project_argument
@click.option("--bytes", "more", required=True, callback=parsed(byte_size), metavar="SIZE", help="Such as 64MB.")
@click.option("--hours", type=int, default=24, show_default=True, help="For so long, 168 at most.")
@click.option("--reason", required=True, help="What for, 3 to 300 characters; recorded.")
@pass_context
def raise_budget(
    context: Context, person: PersonName, project: ProjectSlug, more: int, hours: int, reason: str
) -> None:
    """Let PERSON be shown more of PROJECT for a while; in the place of an earlier raise that is in force."""
    moment = now()
    wanted = budget.asked(more, hours, reason, moment)
    with context.database.write() as connection:
        made = exposures.raise_budget(connection, context.actor, person, project, wanted, moment)
    until = made.until.strftime("%Y-%m-%d %H:%M")
    click.echo(f"The budget of {person} in {project} is raised by {about(made.bytes)} until {until} UTC.")


@workspace.command("end-raise")
@person_argument
@project_argument
@pass_context
def end_raise(context: Context, person: PersonName, project: ProjectSlug) -> None:
    """End the raise of PERSON's budget in PROJECT that is in force."""
    with context.database.write() as connection:
        ended = exposures.end_raise(connection, context.actor, person, project, now())
    click.echo("The raise has ended." if ended else "No raise is in force; nothing was changed.")


def _short(one: Usage) -> dict[str, Any]:
    return {
        "person": one.person,
        "project": one.project,
        "shown": about(one.window),
        "soft": about(one.soft),
        "hard": about(one.hard),
        "level": str(one.level),
        "in all": about(one.total),
        "uploads": one.uploads,
        "stopped": one.violations + one.refused,
    }


def _exact(one: Usage) -> dict[str, Any]:
    raised = one.raised
    return {
        "person": one.person,
        "project": one.project,
        "window_bytes": one.window,
        "soft_bytes": one.soft,
        "hard_bytes": one.hard,
        "level": str(one.level),
        "total_bytes": one.total,
        "told": one.told.isoformat(timespec="seconds") if one.told else None,
        "raised": raised
        and {"bytes": raised.bytes, "until": raised.until.isoformat(), "by": raised.by, "reason": raised.reason},
        "uploads": one.uploads,
        "uploads_refused": one.uploads_refused,
        "violations": one.violations,
        "refused": one.refused,
    }

"""`enclave workspace`: what runs, what ran, and stopping one."""

import click

from enclave.cli import Context, json_option, parsed, pass_context, show
from enclave.errors import BadInput
from enclave.names import PersonName, ProjectSlug, person_name, project_slug
from workspaces import sessions


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
@click.argument("person", callback=parsed(person_name))
@click.argument("project", callback=parsed(project_slug))
@click.option("--reason", required=True, callback=parsed(_reason), help="Shown to the person.")
@pass_context
def stop(context: Context, person: PersonName, project: ProjectSlug, reason: str) -> None:
    """Stop PERSON's workspace in PROJECT within seconds; files are kept, and they may open it again."""
    with context.database.write() as connection:
        running = sessions.order_stop(connection, context.actor, person, project, reason)
    click.echo("It is being stopped." if running else "It is not running; nothing was changed.")

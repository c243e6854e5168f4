"""`enclave grant`: request, decide on behalf of the controller, revoke, list."""

from datetime import datetime
from typing import Any

import click

from data_mounts import decisions, inputs
from data_mounts.cli.options import dataset_argument, reason_option, slug_argument
from data_mounts.decisions import Decider
from data_mounts.grants import Grant, grants
from data_mounts.projects import project
from enclave.cli import Context, json_option, parsed, pass_context, show
from enclave.clock import now
from enclave.names import person_name, project_slug

_number = click.argument("number", metavar="GRANT", type=click.IntRange(1, 2**31 - 1))
_for_controller = click.option(
    "--on-behalf-of",
    required=True,
    callback=parsed(person_name),
    metavar="CONTROLLER",
    help="The dataset's controller, whose decision is written down.",
)


@click.group()
def grant() -> None:
    """Which project may see which dataset, from when until when."""


@grant.command()
@slug_argument
@dataset_argument
@click.option("--start", callback=parsed(inputs.first_moment), help="First day; now if not given.")
@click.option("--end", callback=parsed(inputs.last_moment), help="Last day; the project's end if not given.")
@reason_option
@json_option
@pass_context
def request(
    context: Context,
    slug: str,
    wanted: tuple[str, str],
    start: datetime | None,
    end: datetime | None,
    reason: str,
    as_json: bool,
) -> None:
    """Ask the dataset's controller to let a project see it."""
    with context.database.write() as connection:
        period = start or now(), end or project(connection, slug).end
        made = decisions.request(connection, context.actor, slug, wanted, period, reason)
    if as_json:
        show(_row(made), as_json)
    else:
        click.echo(f"Grant {made.id} waits for the decision of {made.controller}.")


@grant.command()
@_number
@_for_controller
@reason_option
@pass_context
def approve(context: Context, number: int, on_behalf_of: str, reason: str) -> None:
    """Write down that the controller approved; the reason says where that is found."""
    by = Decider(context.actor, operator=True, on_behalf_of=on_behalf_of)
    with context.database.write() as connection:
        done = decisions.approve(connection, by, number, reason)
    click.echo(f"Grant {done.id} is approved: {done.project} may see {done.dataset}@{done.version}.")


@grant.command()
@_number
@_for_controller
@reason_option
@pass_context
def refuse(context: Context, number: int, on_behalf_of: str, reason: str) -> None:
    """Write down that the controller refused; the reason says where that is found."""
    by = Decider(context.actor, operator=True, on_behalf_of=on_behalf_of)
    with context.database.write() as connection:
        done = decisions.refuse(connection, by, number, reason)
    click.echo(f"Grant {done.id} is refused.")


@grant.command()
@_number
@click.option("--on-behalf-of", callback=parsed(person_name), metavar="CONTROLLER")
@reason_option
@pass_context
def revoke(context: Context, number: int, on_behalf_of: str | None, reason: str) -> None:
    """Take a grant back; workspaces that show the data are stopped at once."""
    by = Decider(context.actor, operator=True, on_behalf_of=on_behalf_of or "")
    with context.database.write() as connection:
        done = decisions.revoke(connection, by, number, reason)
    click.echo(f"Grant {done.id} is revoked.")


@grant.command("list")
@click.option("--project", "slug", callback=parsed(project_slug), help="Only this project's.")
@click.option("--controller", callback=parsed(person_name), help="Only on this controller's datasets.")
@json_option
@pass_context
def list_grants(context: Context, slug: str | None, controller: str | None, as_json: bool) -> None:
    """Grants, the newest first, with those of the past."""
    with context.database.read() as connection:
        if slug is not None:
            project(connection, slug)
        found = grants(connection, slug, controller)
    show([_row(one) for one in found], as_json)


def _row(one: Grant) -> dict[str, Any]:
    return {
        "id": one.id,
        "project": one.project,
        "dataset": f"{one.dataset}@{one.version}",
        "controller": one.controller,
        "state": str(one.state),
        "start": one.start.isoformat(timespec="seconds"),
        "end": one.end.isoformat(timespec="seconds"),
        "reason": one.reason,
        "decided_by": one.decided_by,
        "on_behalf_of": one.on_behalf_of,
        "decision_reason": one.decision_reason,
        "revoked_by": one.revoked_by,
        "revocation_reason": one.revocation_reason,
    }

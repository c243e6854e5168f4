"""`enclave project`: open, change, suspend, resume and close projects."""

from dataclasses import asdict
from typing import Any

import click

from data_mounts import members as membership
from data_mounts import projects
from data_mounts.answers import project_card
from data_mounts.changes import Changes
from data_mounts.cli.options import changes, project_options, reason_option, slug_argument
from data_mounts.projects import Project
from enclave.cli import Context, json_option, pass_context, show
from enclave.errors import BadInput


@click.group()
def project() -> None:
    """Projects: what may be analysed, why, by whose authorisation, and when."""


@project.command()
@slug_argument
@project_options
@pass_context
def create(context: Context, /, slug: str, **options: Any) -> None:
    """Open a project. Add its members next, the lead among them."""
    with context.database.write() as connection:
        made = projects.create(connection, context.actor, slug, changes(options))
    click.echo(f"Opened the project {made.slug}, until {made.end:%Y-%m-%d}.")


@project.command("set")
@slug_argument
@project_options
@pass_context
def change(context: Context, /, slug: str, **options: Any) -> None:
    """Change what is given; limits and terminals apply to a workspace's next start, all else at once."""
    given = changes(options)
    if given == Changes():
        raise click.UsageError("Nothing to set was given. See --help for what can be.")
    with context.database.write() as connection:
        changed = projects.change(connection, context.actor, slug, given)
    click.echo(f"The project {changed.slug} is set.")


@project.command("list")
@json_option
@pass_context
def list_projects(context: Context, as_json: bool) -> None:
    """Every project, closed ones too."""
    with context.database.read() as connection:
        found = projects.all_projects(connection)
    show([_row(one) for one in found], as_json)


@project.command("show")
@slug_argument
@json_option
@pass_context
def show_project(context: Context, slug: str, as_json: bool) -> None:
    """One project with its members and the datasets that are granted to it now."""
    with context.database.read() as connection:
        found = projects.project(connection, slug)
        card = project_card(connection, slug)
        people = membership.members(connection, slug)
    show(
        _row(found)
        | {"purpose": found.purpose, "authorisation": found.authorisation, "state_reason": found.state_reason}
        | {"gid": found.gid, **asdict(found.limits), "idle_stop_minutes": found.idle_stop_minutes}
        | asdict(found.policy)
        | {"lead": card.lead, "members": [member.who for member in people]}
        | {"datasets": [f"{name}@{version}" for name, version, _title in card.datasets]},
        as_json,
    )


@project.command()
@slug_argument
@reason_option
@pass_context
def suspend(context: Context, slug: str, reason: str) -> None:
    """Stop all work in a project at once; its files stay."""
    with context.database.write() as connection:
        projects.suspend(connection, context.actor, slug, reason)
    click.echo(f"The project {slug} is suspended; its running workspaces are being stopped.")


@project.command()
@slug_argument
@reason_option
@pass_context
def resume(context: Context, slug: str, reason: str) -> None:
    """Let a suspended project work again."""
    with context.database.write() as connection:
        projects.resume(connection, context.actor, slug, reason)
    click.echo(f"The project {slug} is active.")


@project.command()
@slug_argument
@reason_option
@click.option("--yes", is_flag=True, help="Closing is final; say that you mean it.")
@pass_context
def close(context: Context, slug: str, reason: str, yes: bool) -> None:
    """End a project for good; its files and its record stay."""
    if not yes:
        raise BadInput(f"Closing {slug} is final. Say --yes, or suspend it instead.")
    with context.database.write() as connection:
        projects.close(connection, context.actor, slug, reason)
    click.echo(f"The project {slug} is closed for good.")


def _row(one: Project) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "title": one.title,
        "state": str(one.state),
        "start": one.start.isoformat(timespec="seconds"),
        "end": one.end.isoformat(timespec="seconds"),
    }

"""`enclave request policies | policy | set-policy`."""

from collections.abc import Callable
from typing import Any

import click

from data_mounts.projects import all_projects
from enclave.cli import Context, json_option, parsed, pass_context, show
from enclave.clock import now
from enclave.names import project_slug
from output_review.limits import LIMITS, text
from output_review.policies import PolicyVersion, in_force, set_policy, versions
from output_review.policy import BOUNDS, Downloader, Releaser
from output_review.shown import policy_version

project_argument = click.argument("project", callback=parsed(project_slug))


@click.command("policies")
@json_option
@pass_context
def list_policies(context: Context, as_json: bool) -> None:
    """The review policy in force of every project."""
    with context.database.read() as connection:
        found = [in_force(connection, project.slug) for project in all_projects(connection)]
    show([_version(one, as_json) for one in found], as_json)


@click.command("policy")
@project_argument
@click.option("--history", is_flag=True, help="Every version, newest first.")
@json_option
@pass_context
def show_policy(context: Context, project: str, history: bool, as_json: bool) -> None:
    """The review policy of a project: the version in force, or all of them."""
    with context.database.read() as connection:
        found = versions(connection, project)
    show([_version(one, as_json) for one in found] if history else _version(found[0], as_json), as_json)


def _version(found: PolicyVersion, as_json: bool) -> dict[str, Any]:
    """As the API shows it; in words its values stand beside the version."""
    by = (found.set_by, found.reason, found.time)
    told = policy_version(found.project, found.version, found.policy, by)
    values: dict[str, Any] = told.pop("policy")
    return told | ({"policy": values} if as_json else values)


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


@click.command("set-policy")
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

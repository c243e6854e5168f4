"""`enclave member`: who belongs to a project; and blocking a person altogether."""

from typing import Any

import click

from data_mounts import inputs, members
from data_mounts.cli.options import slug_argument
from data_mounts.members import Member, MemberRole
from enclave.cli import Context, json_option, parsed, pass_context, show
from enclave.names import person_name
from enclave.people import set_blocked

_person = click.option("--person", callback=parsed(person_name), help="Somebody who has logged in before.")
_email = click.option("--email", callback=parsed(inputs.email), help="Verified address; bound at first login.")


@click.group()
def member() -> None:
    """Members of projects."""


def _one(person: str | None, email: str | None) -> str:
    if (person is None) == (email is None):
        raise click.UsageError("Say who, by either --person or --email.")
    return person or email or ""


@member.command()
@slug_argument
@_person
@_email
@click.option("--lead", is_flag=True, help="Make them the project's lead, in place of the present one.")
@pass_context
def add(context: Context, slug: str, person: str | None, email: str | None, lead: bool) -> None:
    """Make somebody a member; again does no harm."""
    who = _one(person, email)
    role = MemberRole.LEAD if lead else None
    ensure = members.ensure_member if person else members.ensure_invited
    with context.database.write() as connection:
        made = ensure(connection, context.actor, slug, who, role)
    state = "is" if made.name else "is invited as"
    click.echo(f"{made.who} {state} {made.role} of {slug}.")


@member.command()
@slug_argument
@_person
@_email
@pass_context
def remove(context: Context, slug: str, person: str | None, email: str | None) -> None:
    """End a membership; their running workspace in the project is stopped, files stay."""
    who = _one(person, email)
    with context.database.write() as connection:
        members.ensure_removed(connection, context.actor, slug, who)
    click.echo(f"{who} is not a member of {slug}.")


@member.command("list")
@slug_argument
@click.option("--history", is_flag=True, help="Those of the past too.")
@json_option
@pass_context
def list_members(context: Context, slug: str, history: bool, as_json: bool) -> None:
    """The members of a project."""
    with context.database.read() as connection:
        found = members.members(connection, slug, history)
    show([_row(one) for one in found], as_json)


@member.command()
@click.argument("person", callback=parsed(person_name))
@pass_context
def block(context: Context, person: str) -> None:
    """Shut a person out of everything at once; their workspaces are stopped, nothing is deleted."""
    with context.database.write() as connection:
        set_blocked(connection, context.actor, person, True)
    click.echo(f"{person} is blocked.")


@member.command()
@click.argument("person", callback=parsed(person_name))
@pass_context
def unblock(context: Context, person: str) -> None:
    """Let a blocked person in again."""
    with context.database.write() as connection:
        set_blocked(connection, context.actor, person, False)
    click.echo(f"{person} is not blocked.")


def _row(one: Member) -> dict[str, Any]:
    return {
        "person": one.name,
        "email": one.email,
        "role": str(one.role),
        "blocked": one.blocked,
        "added": one.added.isoformat(timespec="seconds"),
        "added_by": one.added_by,
        "removed": one.removed.isoformat(timespec="seconds") if one.removed else None,
    }

"""`enclave audit`: read and verify the audit log."""

import click

from enclave import audit as log
from enclave.cli import Context, json_option, parsed, pass_context, show
from enclave.errors import Broken, Refused


@click.group()
def audit() -> None:
    """The audit log."""


@audit.command("list")
@click.option("--subject", callback=parsed(log.subject), help="Only events about this, such as project:tumour-ml.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@json_option
@pass_context
def list_events(context: Context, subject: str | None, limit: int, as_json: bool) -> None:
    """The newest events."""
    with context.database.read() as connection:
        found = log.events(connection, subject, limit)
    rows = [
        {
            "number": event.number,
            "time": event.time.isoformat(timespec="seconds"),
            "actor": event.actor,
            "event": event.event,
            "subject": event.subject,
            "details": dict(event.details),
        }
        for event in found
    ]
    show(rows, as_json)


@audit.command()
@pass_context
def verify(context: Context) -> None:
    """Walk the whole chain of events; refused if one is missing, changed or out of place."""
    with context.database.read() as connection:
        try:
            count = log.verify(connection)
        except Broken as broken:
            raise Refused(str(broken)) from None
    click.echo(f"The chain of {count} events is intact.")

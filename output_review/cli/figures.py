"""`enclave request figures`."""

from datetime import timedelta

import click

from enclave import audit
from enclave.cli import Context, json_option, pass_context, show
from enclave.clock import now
from output_review import shown
from output_review.figures import KINDS, figures


@click.command("figures")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How far back.")
@json_option
@pass_context
def show_figures(context: Context, days: int, as_json: bool) -> None:
    """How the review went: waiting and answer times in hours, rounds, causes, load of each checker."""
    with context.database.read() as connection:
        events = audit.events_since(connection, KINDS, now() - timedelta(days=days))
    show(shown.figures(figures(reversed(events))), as_json)

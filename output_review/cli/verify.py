"""`enclave request verify`."""

import click

from enclave.cli import Context, json_option, pass_context, show
from enclave.errors import Refused
from output_review.verification.verify import verify


@click.command("verify")
@click.option("--rows-only", is_flag=True, help="Do not hash the stored files again.")
@json_option
@pass_context
def verify_requests(context: Context, rows_only: bool, as_json: bool) -> None:
    """Compare all that is kept of every request with the audit log, and the stored bytes with their digests.

    Refused (exit 1) if something is not whole, with a line for each thing that is wrong. It changes nothing, and
    may run beside a desk at work.
    """
    report = verify(context.database, context.settings.layout, stored=not rows_only)
    wrong = [
        {"invariant": str(one.invariant), "subject": one.subject, "told": one.told} for one in report.violations
    ]
    looked_at = {"requests": report.requests, "older": report.older, "files": report.files, "events": report.events}
    if as_json:
        show(looked_at | {"violations": wrong}, as_json)
    elif wrong:
        show(wrong, as_json)
    else:
        bytes_ = "not looked at" if rows_only else "whole"
        click.echo(
            f"{report.requests} requests are whole: their events, rows and {report.files} files (stored bytes"
            f" {bytes_})."
            + (f" Of {report.older} from before there were rounds only the bytes." * bool(report.older))
        )
    if wrong:
        raise Refused(f"{len(wrong)} things are not whole. Somebody changed the database or the disk: investigate.")

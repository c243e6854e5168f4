"""An author withdraws one file of a round under way: nobody votes on it any more, and it never leaves.

What was said of the others stays. If they are agreed on, the desk approves them at once.
"""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.engine import Connection

from enclave.errors import BadInput
from output_review.provenance import FileRole
from output_review.steps import allowed, step
from output_review.tables import request_files
from output_review.vocabulary import Action, Actor, Request
from output_review.voting import count


def withdraw_file(
    connection: Connection,
    actor: Actor,
    number: int,
    version: int | None,
    file: int,
    grace: timedelta,
    now: datetime,
) -> Request:
    """Raise `Refused` by the lifecycle, `BadInput` for a file that is not there or not any more, and for the last
    output."""
    request = allowed(connection, actor, Action.WITHDRAW_FILE, number, now, version)
    about = next((one for one in request.files if one.number == file), None)
    if about is None or about.role is FileRole.WITHDRAWN:
        raise BadInput(f"Request {number} has no file {file} that could be withdrawn.")
    if [about] == list(request.outputs):
        raise BadInput(f"{about.name} is all that could be released: withdraw the whole request instead.")
    c = request_files.c
    here = (c.request_id == number, c.round == request.round, c.number == file)
    connection.execute(update(request_files).where(*here).values(role=FileRole.WITHDRAWN))
    details = {"round": request.round, "file": about.name, "sha256": about.sha256, "role": about.role}
    smaller = step(connection, actor, Action.WITHDRAW_FILE, request, now, details)
    return count(connection, actor, smaller, grace, now)

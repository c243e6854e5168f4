"""When each request's round should be answered: its beginning and the response time of its policy."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from enclave.database import UtcDateTime

revision = "0008_queue"
down_revision = "0007_files"

# SQLite adds no column without a value; what nobody has noted is the most urgent.
_LONG_AGO = "1970-01-01 00:00:00.000000"
_HOURS = 48  # of a policy that does not say


def upgrade() -> None:
    op.add_column("requests", sa.Column("due", UtcDateTime, nullable=False, server_default=_LONG_AGO))
    _fill(op.get_bind())
    op.create_index("ix_requests_status_due", "requests", ["status", "due"])


def _fill(connection: sa.Connection) -> None:
    policies = connection.execute(
        sa.text("SELECT project, version, policy FROM review_policies").columns(policy=sa.JSON)
    ).all()
    hours: dict[Any, int] = {
        (one.project, one.version): one.policy.get("response_hours", _HOURS) for one in policies
    }
    query = sa.text("SELECT id, project, policy_version, COALESCE(waiting_since, created) AS began FROM requests")
    change = sa.text("UPDATE requests SET due = :due WHERE id = :id").bindparams(
        sa.bindparam("due", type_=UtcDateTime)
    )
    for row in connection.execute(query.columns(began=UtcDateTime)).all():
        wait = timedelta(hours=hours.get((row.project, row.policy_version), _HOURS))
        connection.execute(change, {"id": row.id, "due": row.began + wait})

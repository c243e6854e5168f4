"""A record for each release, and how often and until when its files can be downloaded.

What was released before has no record. Its downloads begin to be counted now: 20 more for each file, for 30 days.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from enclave.database import UtcDateTime

revision = "0010_release_records"
down_revision = "0009_notices"

_MORE, _DAYS = 20, 30


def upgrade() -> None:
    op.create_table(
        "release_records",
        sa.Column("request_id", sa.Integer, sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.add_column("released_files", sa.Column("allowed", sa.Integer, nullable=True))
    op.add_column("released_files", sa.Column("until", UtcDateTime, nullable=True))
    op.get_bind().execute(
        sa.text("UPDATE released_files SET allowed = downloads + :more, until = :until").bindparams(
            sa.bindparam("until", type_=UtcDateTime)
        ),
        {"more": _MORE, "until": datetime.now(UTC) + timedelta(days=_DAYS)},
    )
    with op.batch_alter_table("released_files") as table:
        table.alter_column("allowed", existing_type=sa.Integer, nullable=False)
        table.alter_column("until", existing_type=UtcDateTime, nullable=False)

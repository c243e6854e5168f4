"""Who is told of what, and what of it is still to be mailed. Nothing of before is told."""

import sqlalchemy as sa
from alembic import op

from enclave.database import UtcDateTime

revision = "0009_notices"
down_revision = "0008_queue"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.String(30), nullable=False),
        sa.Column("request_id", sa.Integer, sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("time", UtcDateTime, nullable=False),
        sa.Column("read", sa.Boolean, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("mail_at", UtcDateTime, nullable=True),
    )
    op.create_index("ix_notices_person_read", "notices", ["person", "read"])
    op.create_index("ix_notices_mail_at", "notices", ["mail_at"])

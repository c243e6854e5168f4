"""People and the audit log."""

import sqlalchemy as sa
from alembic import op

from enclave.audit import START
from enclave.database import UtcDateTime

revision = "0001_ground"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("name", sa.String(30), nullable=False, unique=True),
        sa.Column("display_name", sa.String(80), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("blocked", sa.Boolean, nullable=False),
        sa.Column("first_login", UtcDateTime, nullable=False),
        sa.UniqueConstraint("issuer", "subject"),
    )
    op.create_table(
        "audit_events",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("event", sa.String(60), nullable=False, index=True),
        sa.Column("subject", sa.String(120), nullable=False, index=True),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "number": 0, "hash": START}])

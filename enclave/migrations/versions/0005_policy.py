"""A project's policy; what each person was shown; raises of a budget."""

import sqlalchemy as sa
from alembic import op

from enclave.database import UtcDateTime

revision = "0005_policy"
down_revision = "0004_output_review"

# (name, what projects have that are older than this; the server's default stays, we always write the value)
_SIZES = (
    ("budget_soft_bytes", 64 * 1024**2),
    ("budget_hard_bytes", 256 * 1024**2),
    ("message_bytes", 8 * 1024**2),
    ("upload_bytes", 1024**2),
    ("disk_bytes", 20 * 1024**3),
)


def upgrade() -> None:
    for name, default in _SIZES:
        column = sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text(str(default)))
        op.add_column("projects", column)
    op.add_column("projects", sa.Column("uploads", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("projects", sa.Column("terminals", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "exposures",
        sa.Column("person", sa.String(30), primary_key=True),
        sa.Column("project", sa.String(30), primary_key=True),
        sa.Column("window_bytes", sa.BigInteger, nullable=False),
        sa.Column("total_bytes", sa.BigInteger, nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("told", UtcDateTime, nullable=False),
    )
    op.create_table(
        "budget_raises",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.String(30), nullable=False),
        sa.Column("project", sa.String(30), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("time", UtcDateTime, nullable=False),
        sa.Column("ended", UtcDateTime, nullable=True),
        sa.Column("ended_by", sa.String(80), nullable=False),
    )
    op.create_index("ix_budget_raises_pair", "budget_raises", ["person", "project", "time"])

"""Workspace sessions: what ran, with which data, and how it ended."""

import sqlalchemy as sa
from alembic import op

from enclave.database import UtcDateTime

revision = "0003_workspaces"
down_revision = "0002_data_mounts"


def upgrade() -> None:
    op.create_table(
        "workspace_sessions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.String(30), nullable=False),
        sa.Column("project", sa.String(30), nullable=False),
        sa.Column("image", sa.String(80), nullable=False),
        sa.Column("datasets", sa.JSON, nullable=False),
        sa.Column("started", UtcDateTime, nullable=False),
        sa.Column("stopped", UtcDateTime, nullable=True),
        sa.Column("noticed", UtcDateTime, nullable=True),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=True),
        sa.Column("out_of_memory", sa.Boolean, nullable=False),
        sa.Column("stop_order", sa.String(500), nullable=False),
    )
    op.create_index("ix_workspace_sessions_pair", "workspace_sessions", ["person", "project", "started"])

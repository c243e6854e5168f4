"""The automatic checks of each file of a round. Of rounds that began before there is no row."""

import sqlalchemy as sa
from alembic import op

from enclave.database import UtcDateTime

revision = "0012_check_runs"
down_revision = "0011_comment_places"


def upgrade() -> None:
    op.create_table(
        "check_runs",
        sa.Column("request_id", sa.Integer, primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("file", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("policy_version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("why", sa.String(500), nullable=False),
        sa.Column("progress", sa.String(200), nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("earlier", sa.Integer, nullable=False),
        sa.Column("against", sa.String(64), nullable=False),
        sa.Column("asked", UtcDateTime, nullable=False),
        sa.Column("started", UtcDateTime, nullable=True),
        sa.Column("ended", UtcDateTime, nullable=True),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id", "round", "file"],
            ["request_files.request_id", "request_files.round", "request_files.number"],
        ),
    )
    op.create_index("ix_check_runs_state", "check_runs", ["state"])
    op.create_index("ix_check_runs_sha256", "check_runs", ["sha256"])

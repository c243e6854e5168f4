"""Release requests, their files, decisions about digests, and what was released."""

import sqlalchemy as sa
from alembic import op

from enclave.database import UtcDateTime

revision = "0004_output_review"
down_revision = "0003_workspaces"


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("project", sa.String(30), nullable=False, index=True),
        sa.Column("author", sa.String(30), nullable=False, index=True),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("controls", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("reviewer", sa.String(80), nullable=False),
        sa.Column("created", UtcDateTime, nullable=False),
        sa.Column("updated", UtcDateTime, nullable=False),
        sa.Column("release_at", UtcDateTime, nullable=True),
    )
    op.create_index("ix_requests_status_created", "requests", ["status", "created"])
    op.create_table(
        "request_files",
        sa.Column("request_id", sa.Integer, sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, index=True),
        sa.UniqueConstraint("request_id", "round", "sha256"),
    )
    op.create_table(
        "decisions",
        sa.Column("request_id", sa.Integer, sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("reviewer", sa.String(30), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("policy_version", sa.Integer, primary_key=True),
        sa.Column("verdict", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("time", UtcDateTime, nullable=False),
    )
    op.create_table(
        "released_files",
        sa.Column("request_id", sa.Integer, sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, index=True),
        sa.Column("approved_by", sa.String(30), nullable=False),
        sa.Column("released", UtcDateTime, nullable=False),
        sa.Column("downloads", sa.Integer, nullable=False),
    )

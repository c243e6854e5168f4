"""Roles and groups of files, the code that wrote them, and the workspace that a round came from.

Every file that was asked for so far is an output without group or code, and no round knows its workspace.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_files"
down_revision = "0006_review_rounds"


def upgrade() -> None:
    op.add_column("rounds", sa.Column("origin", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "file_groups",
        sa.Column("request_id", sa.Integer, sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("context", sa.Text, nullable=False),
        sa.Column("controls", sa.Text, nullable=False),
    )
    for column in (
        sa.Column("role", sa.String(12), nullable=False, server_default="output"),
        sa.Column("group_number", sa.Integer, nullable=False, server_default="0"),
        sa.Column("path", sa.String(400), nullable=True),
        sa.Column("code_name", sa.String(120), nullable=True),
        sa.Column("code_size", sa.BigInteger, nullable=True),
        sa.Column("code_sha256", sa.String(64), nullable=True),
    ):
        op.add_column("request_files", column)

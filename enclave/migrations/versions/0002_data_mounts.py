"""Projects, their members, datasets, grants, and the uid of each workspace."""

import sqlalchemy as sa
from alembic import op

from enclave.database import UtcDateTime

revision = "0002_data_mounts"
down_revision = "0001_ground"


def upgrade() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("slug", sa.String(30), nullable=False, unique=True),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("authorisation", sa.String(120), nullable=False),
        sa.Column("start", UtcDateTime, nullable=False),
        sa.Column("end", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("state_reason", sa.String(500), nullable=False),
        sa.Column("memory_bytes", sa.BigInteger, nullable=False),
        sa.Column("cpus", sa.Float, nullable=False),
        sa.Column("pids", sa.Integer, nullable=False),
        sa.Column("tmp_bytes", sa.BigInteger, nullable=False),
        sa.Column("idle_stop_minutes", sa.Integer, nullable=False),
        sa.Column("gid", sa.Integer, nullable=False, unique=True),
        sa.Column("created", UtcDateTime, nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
    )
    op.create_table(
        "members",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id"), nullable=False, index=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=True, index=True),
        sa.Column("email", sa.String(254), nullable=False, index=True),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("added", UtcDateTime, nullable=False),
        sa.Column("added_by", sa.String(80), nullable=False),
        sa.Column("bound", UtcDateTime, nullable=True),
        sa.Column("removed", UtcDateTime, nullable=True),
        sa.Column("removed_by", sa.String(80), nullable=False),
    )
    op.create_index(
        "uq_members_present",
        "members",
        ["project_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("removed IS NULL"),
        postgresql_where=sa.text("removed IS NULL"),
    )
    op.create_table(
        "datasets",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(30), nullable=False),
        sa.Column("version", sa.String(30), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("producer", sa.String(120), nullable=False),
        sa.Column("controller", sa.String(30), nullable=False, index=True),
        sa.Column("minimum_count", sa.Integer, nullable=False),
        sa.Column("manifest", sa.JSON, nullable=False),
        sa.Column("manifest_sha256", sa.String(64), nullable=False),
        sa.Column("registered", UtcDateTime, nullable=False),
        sa.Column("registered_by", sa.String(80), nullable=False),
        sa.UniqueConstraint("name", "version"),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id"), nullable=False, index=True),
        sa.Column("dataset_id", sa.Integer, sa.ForeignKey("datasets.id"), nullable=False, index=True),
        sa.Column("start", UtcDateTime, nullable=False),
        sa.Column("end", UtcDateTime, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("requested_by", sa.String(80), nullable=False),
        sa.Column("requested", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("decided_by", sa.String(80), nullable=False),
        sa.Column("on_behalf_of", sa.String(30), nullable=False),
        sa.Column("decided", UtcDateTime, nullable=True),
        sa.Column("decision_reason", sa.String(500), nullable=False),
        sa.Column("revoked_by", sa.String(80), nullable=False),
        sa.Column("revoked", UtcDateTime, nullable=True),
        sa.Column("revocation_reason", sa.String(500), nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
    )
    op.create_table(
        "workspace_uids",
        sa.Column("uid", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("project_id", sa.Integer, sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("allocated", UtcDateTime, nullable=False),
        sa.UniqueConstraint("person_id", "project_id"),
    )

"""The tables of this room. Rows of members, grants and numbers are never deleted: history is part of the record."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from enclave.database import UtcDateTime, metadata

projects = Table(
    "projects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(30), nullable=False, unique=True),
    Column("title", String(120), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("authorisation", String(120), nullable=False),
    Column("start", UtcDateTime, nullable=False),
    Column("end", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),
    Column("state_reason", String(500), nullable=False),
    Column("memory_bytes", BigInteger, nullable=False),
    Column("cpus", Float, nullable=False),
    Column("pids", Integer, nullable=False),
    Column("tmp_bytes", BigInteger, nullable=False),
    Column("idle_stop_minutes", Integer, nullable=False),
    Column("gid", Integer, nullable=False, unique=True),
    Column("created", UtcDateTime, nullable=False),
    Column("edition", Integer, nullable=False),
    # The server's defaults are for projects that are older than these columns; we always write all of them.
    Column("budget_soft_bytes", BigInteger, nullable=False, server_default=text("67108864")),
    Column("budget_hard_bytes", BigInteger, nullable=False, server_default=text("268435456")),
    Column("message_bytes", BigInteger, nullable=False, server_default=text("8388608")),
    Column("uploads", Boolean, nullable=False, server_default=true()),
    Column("upload_bytes", BigInteger, nullable=False, server_default=text("1048576")),
    Column("terminals", Boolean, nullable=False, server_default=false()),
    Column("disk_bytes", BigInteger, nullable=False, server_default=text("21474836480")),
)

members = Table(
    "members",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("projects.id"), nullable=False, index=True),
    Column("person_id", ForeignKey("people.id"), nullable=True, index=True),
    Column("email", String(254), nullable=False, index=True),
    Column("role", String(12), nullable=False),
    Column("added", UtcDateTime, nullable=False),
    Column("added_by", String(80), nullable=False),
    Column("bound", UtcDateTime, nullable=True),
    Column("removed", UtcDateTime, nullable=True),
    Column("removed_by", String(80), nullable=False),
)
# A person is a member once at a time. (Partial: rows of the past stay.)
Index(
    "uq_members_present",
    members.c.project_id,
    members.c.person_id,
    unique=True,
    sqlite_where=members.c.removed.is_(None),
    postgresql_where=members.c.removed.is_(None),
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(30), nullable=False),
    Column("version", String(30), nullable=False),
    Column("title", String(120), nullable=False),
    Column("description", Text, nullable=False),
    Column("producer", String(120), nullable=False),
    Column("controller", String(30), nullable=False, index=True),
    Column("minimum_count", Integer, nullable=False),
    Column("manifest", JSON, nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("registered", UtcDateTime, nullable=False),
    Column("registered_by", String(80), nullable=False),
    UniqueConstraint("name", "version"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project_id", ForeignKey("projects.id"), nullable=False, index=True),
    Column("dataset_id", ForeignKey("datasets.id"), nullable=False, index=True),
    Column("start", UtcDateTime, nullable=False),
    Column("end", UtcDateTime, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("requested_by", String(80), nullable=False),
    Column("requested", UtcDateTime, nullable=False),
    Column("state", String(12), nullable=False),
    Column("decided_by", String(80), nullable=False),
    Column("on_behalf_of", String(30), nullable=False),
    Column("decided", UtcDateTime, nullable=True),
    Column("decision_reason", String(500), nullable=False),
    Column("revoked_by", String(80), nullable=False),
    Column("revoked", UtcDateTime, nullable=True),
    Column("revocation_reason", String(500), nullable=False),
    Column("edition", Integer, nullable=False),
)

workspace_uids = Table(
    "workspace_uids",
    metadata,
    Column("uid", Integer, primary_key=True, autoincrement=False),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("project_id", ForeignKey("projects.id"), nullable=False),
    Column("allocated", UtcDateTime, nullable=False),
    UniqueConstraint("person_id", "project_id"),
)

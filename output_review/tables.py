"""The tables of this room. A later round has rows of files and decisions of its own."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from enclave.database import UtcDateTime, metadata

requests = Table(
    "requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("project", String(30), nullable=False, index=True),
    Column("author", String(30), nullable=False, index=True),
    Column("status", String(12), nullable=False),
    Column("round", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("controls", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("reviewer", String(80), nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("updated", UtcDateTime, nullable=False),
    Column("release_at", UtcDateTime, nullable=True),
    Index("ix_requests_status_created", "status", "created"),
)
request_files = Table(
    "request_files",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    UniqueConstraint("request_id", "round", "sha256"),
)
# A decision is about bytes: keyed by digest, never by name or number.
decisions = Table(
    "decisions",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("reviewer", String(30), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("policy_version", Integer, primary_key=True),
    Column("verdict", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Column("time", UtcDateTime, nullable=False),
)
# The record of what left, and the only table that a download looks into.
released_files = Table(
    "released_files",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("approved_by", String(30), nullable=False),
    Column("released", UtcDateTime, nullable=False),
    Column("downloads", Integer, nullable=False),
)

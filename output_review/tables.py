"""The tables of this room. A later round has rows of files, votes and comments of its own."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from enclave.database import UtcDateTime, metadata

# Rows are added, never changed: the newest version is in force, and rounds name the one they were begun under.
review_policies = Table(
    "review_policies",
    metadata,
    Column("project", String(30), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("policy", JSON, nullable=False),
    Column("set_by", String(80), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("time", UtcDateTime, nullable=False),
)
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
    Column("policy_version", Integer, nullable=False, server_default="1"),
    Column("waiting_since", UtcDateTime, nullable=True),
    # When the round's response time ends. Nobody relies on the default: SQLite adds no column without one.
    Column("due", UtcDateTime, nullable=False, server_default="1970-01-01 00:00:00.000000"),
    Index("ix_requests_status_created", "status", "created"),
    Index("ix_requests_status_waiting", "status", "waiting_since"),
    Index("ix_requests_status_due", "status", "due"),
)
# What the author said and under which policy, round by round; `origin` is what the platform knew of the workspace.
rounds = Table(
    "rounds",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("policy_version", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("controls", Text, nullable=False),
    Column("statements", JSON, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("origin", JSON(none_as_null=True), nullable=True),
)
file_groups = Table(
    "file_groups",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("title", String(120), nullable=False),
    Column("context", Text, nullable=False),
    Column("controls", Text, nullable=False),
)
# `group_number` 0 is none; path and code are as the workspace told, and there may be no code.
request_files = Table(
    "request_files",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("role", String(12), nullable=False, server_default="output"),
    Column("group_number", Integer, nullable=False, server_default="0"),
    Column("path", String(400), nullable=True),
    Column("code_name", String(120), nullable=True),
    Column("code_size", BigInteger, nullable=True),
    Column("code_sha256", String(64), nullable=True),
    UniqueConstraint("request_id", "round", "sha256"),
)
# Who handles what. A claim lapses; who gives it back or votes has none any more.
claims = Table(
    "claims",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("person", String(30), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)
# Each time that a checker votes in a round; the one with the highest number is their vote, the others are history.
# `counted` is set when the request is approved by it.
reviews = Table(
    "reviews",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("reviewer", String(30), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("policy_version", Integer, nullable=False),
    Column("comment", Text, nullable=False),
    Column("counted", Boolean, nullable=False),
    Column("time", UtcDateTime, nullable=False),
)
# A vote is about bytes: keyed by digest, never by name or number of a file.
votes = Table(
    "votes",
    metadata,
    Column("request_id", Integer, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("reviewer", String(30), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), primary_key=True),
    Column("verdict", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    ForeignKeyConstraint(
        ["request_id", "round", "reviewer", "number"],
        ["reviews.request_id", "reviews.round", "reviews.reviewer", "reviews.number"],
    ),
)
comments = Table(
    "comments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_id", Integer, ForeignKey("requests.id"), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("author", String(30), nullable=False),
    Column("sha256", String(64), nullable=False),  # empty: about the request as a whole
    Column("audience", String(12), nullable=False),
    Column("place", JSON(none_as_null=True), nullable=True),
    Column("text", Text, nullable=False),
    Column("time", UtcDateTime, nullable=False),
)
# What left, and the only table that a download looks into: how often, of how many times allowed, until when.
released_files = Table(
    "released_files",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("approved_by", String(100), nullable=False),
    Column("released", UtcDateTime, nullable=False),
    Column("downloads", Integer, nullable=False),
    Column("allowed", Integer, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)
# A release's record as it goes out with the files (`release_record`), byte for byte, and its digest.
release_records = Table(
    "release_records",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("record", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
)
# What somebody is told. `mail_at` is when the courier tries next; null: mailed, or given up.
notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", String(30), nullable=False),
    Column("request_id", Integer, ForeignKey("requests.id"), nullable=False),
    Column("event", String(40), nullable=False),
    Column("time", UtcDateTime, nullable=False),
    Column("read", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("mail_at", UtcDateTime, nullable=True),
    Column("hand", String(80), nullable=True),
    Index("ix_notices_person_read", "person", "read"),
    Index("ix_notices_mail_at", "mail_at"),
)
# What the automatic checks found in a file of a round, or why nothing. `run` counts the containers that were begun
# (0: none for it yet); `against` is the digest of the datasets and earlier releases that it was compared with.
check_runs = Table(
    "check_runs",
    metadata,
    Column("request_id", Integer, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("file", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("policy_version", Integer, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("why", String(500), nullable=False),
    Column("progress", String(200), nullable=False),
    Column("run", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("data", JSON, nullable=False),  # name@version
    Column("earlier", Integer, nullable=False),  # how many released files
    Column("against", String(64), nullable=False),
    Column("asked", UtcDateTime, nullable=False),
    Column("started", UtcDateTime, nullable=True),
    Column("ended", UtcDateTime, nullable=True),
    Column("report", JSON(none_as_null=True), nullable=True),
    ForeignKeyConstraint(
        ["request_id", "round", "file"],
        ["request_files.request_id", "request_files.round", "request_files.number"],
    ),
)

"""Review policies, rounds, votes, claims and comments.

What was decided before was decided by one checker. So each project that has requests gets a version 1 of its policy
that says so, under which its requests stay, and a version 2 for the rounds that begin from now on. A project
without requests has no row: version 1 is then the default.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from enclave.database import UtcDateTime

revision = "0006_review_rounds"
down_revision = "0005_policy"

_ONE: dict[str, Any] = {"reviewers": 1, "blind": False}
_TWO: dict[str, Any] = {"reviewers": 2, "blind": True}


def upgrade() -> None:
    _make_tables()
    op.add_column("requests", sa.Column("policy_version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("requests", sa.Column("waiting_since", UtcDateTime, nullable=True))
    op.create_index("ix_requests_status_waiting", "requests", ["status", "waiting_since"])
    with op.batch_alter_table("released_files") as table:  # several checkers approve from now on
        table.alter_column("approved_by", type_=sa.String(100), existing_type=sa.String(30), nullable=False)
    _bring_over(op.get_bind())
    op.drop_table("decisions")


def _make_tables() -> None:
    op.create_table(
        "review_policies",
        sa.Column("project", sa.String(30), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("policy", sa.JSON, nullable=False),
        sa.Column("set_by", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("time", UtcDateTime, nullable=False),
    )
    op.create_table(
        "rounds",
        sa.Column("request_id", sa.Integer, sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("policy_version", sa.Integer, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("controls", sa.Text, nullable=False),
        sa.Column("statements", sa.JSON, nullable=False),
        sa.Column("started", UtcDateTime, nullable=False),
    )
    op.create_table(
        "claims",
        sa.Column("request_id", sa.Integer, sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("person", sa.String(30), primary_key=True),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
    )
    op.create_table(
        "reviews",
        sa.Column("request_id", sa.Integer, sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("reviewer", sa.String(30), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("policy_version", sa.Integer, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("time", UtcDateTime, nullable=False),
    )
    op.create_table(
        "votes",
        sa.Column("request_id", sa.Integer, primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("reviewer", sa.String(30), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("verdict", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id", "round", "reviewer", "number"],
            ["reviews.request_id", "reviews.round", "reviews.reviewer", "reviews.number"],
        ),
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("request_id", sa.Integer, sa.ForeignKey("requests.id"), nullable=False, index=True),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("author", sa.String(30), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("audience", sa.String(12), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("time", UtcDateTime, nullable=False),
    )


def _bring_over(connection: sa.Connection) -> None:
    """Policies for the projects that have requests; a round for each that there was; decisions as votes of it."""
    moment = datetime.now(UTC)
    insert_policy = sa.text(
        "INSERT INTO review_policies (project, version, policy, set_by, reason, time)"
        " VALUES (:project, :version, :policy, 'system:migration', :reason, :time)"
    ).bindparams(sa.bindparam("policy", type_=sa.JSON), sa.bindparam("time", type_=UtcDateTime))
    for project in connection.execute(sa.text("SELECT DISTINCT project FROM requests")).scalars().all():
        for version, policy, reason in (
            (1, _ONE, "How requests were decided before policies: by one checker."),
            (2, _TWO, "Two checkers for each round that begins from now on."),
        ):
            values = {"project": project, "version": version, "policy": policy, "reason": reason, "time": moment}
            connection.execute(insert_policy, values)
    connection.execute(
        sa.text("UPDATE requests SET waiting_since = CASE WHEN round = 1 THEN created ELSE updated END")
    )
    connection.execute(
        sa.text(
            "INSERT INTO rounds (request_id, round, policy_version, what, how, controls, statements, started)"
            " SELECT r.id, f.round, 1, r.what, r.how, r.controls, :none,"
            " CASE WHEN f.round = 1 THEN r.created ELSE r.updated END"
            " FROM requests r JOIN (SELECT DISTINCT request_id, round FROM request_files) f ON f.request_id = r.id"
        ).bindparams(sa.bindparam("none", type_=sa.JSON)),
        {"none": []},
    )
    connection.execute(
        sa.text(
            "INSERT INTO reviews (request_id, round, reviewer, number, policy_version, comment, counted, time)"
            " SELECT r.id, d.round, d.reviewer, 1, 1,"
            " CASE WHEN d.round = r.round AND d.reviewer = r.reviewer THEN r.comment ELSE '' END,"
            " CASE WHEN d.round = r.round AND r.status IN ('approved', 'released') THEN :yes ELSE :no END,"
            " MIN(d.time)"
            " FROM decisions d JOIN requests r ON r.id = d.request_id"
            " GROUP BY r.id, d.round, d.reviewer, r.round, r.reviewer, r.comment, r.status"
        ).bindparams(sa.bindparam("yes", type_=sa.Boolean), sa.bindparam("no", type_=sa.Boolean)),
        {"yes": True, "no": False},
    )
    connection.execute(
        sa.text(
            "INSERT INTO votes (request_id, round, reviewer, number, sha256, verdict, reason)"
            " SELECT request_id, round, reviewer, 1, sha256, verdict, reason FROM decisions"
        )
    )

"""Where in a file a comment is about; those made so far are about the file as a whole."""

import sqlalchemy as sa
from alembic import op

revision = "0011_comment_places"
down_revision = "0010_release_records"


def upgrade() -> None:
    op.add_column("comments", sa.Column("place", sa.JSON(none_as_null=True), nullable=True))

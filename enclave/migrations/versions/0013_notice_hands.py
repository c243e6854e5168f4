"""By whose hand it happened, where an operator acted for somebody; nothing was told of it so far."""

import sqlalchemy as sa
from alembic import op

revision = "0013_notice_hands"
down_revision = "0012_check_runs"


def upgrade() -> None:
    op.add_column("notices", sa.Column("hand", sa.String(80), nullable=True))

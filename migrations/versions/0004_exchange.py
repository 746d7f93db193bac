"""Up to when suppressions were exchanged with a provider's lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suppression_marks",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("through", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_suppression_marks")),
    )


def downgrade() -> None:
    op.drop_table("suppression_marks")

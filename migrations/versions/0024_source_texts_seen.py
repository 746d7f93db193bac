"""When a source was last seen to say what a kept copy says.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    never = sa.text("'1970-01-01 00:00:00+00:00'")
    op.add_column(
        "source_texts", sa.Column("seen_at", db.UtcDateTime(), nullable=False, server_default=never)
    )
    op.execute("UPDATE source_texts SET seen_at = kept_at")


def downgrade() -> None:
    op.drop_column("source_texts", "seen_at")

"""When a pace was last used, so that a clock that is set back holds nothing.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("paces", sa.Column("used_at", db.UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("paces", "used_at")

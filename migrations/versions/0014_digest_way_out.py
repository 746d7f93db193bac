"""Where a POST ends letters of a kind that comes again.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "single_letters", sa.Column("way_out", sa.Text(), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("single_letters", "way_out")

"""An index of the numbers of whole blasts, for the list of all of them.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_WHOLE = sa.text("dimension = ''")


def upgrade() -> None:
    op.create_index(
        "ix_rollups_whole",
        "rollups",
        ["blast_id", "variant_id"],
        sqlite_where=_WHOLE,
        postgresql_where=_WHOLE,
    )


def downgrade() -> None:
    op.drop_index("ix_rollups_whole", "rollups")

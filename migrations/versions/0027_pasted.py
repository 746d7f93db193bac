"""What a petition was made of, as it was pasted.

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("petitions", sa.Column("pasted", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("petitions", "pasted")

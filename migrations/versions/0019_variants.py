"""Variants have a share of the audience and may have a sender's name of their own.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("variants", sa.Column("share", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "variants", sa.Column("sender_name", sa.String(400), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("variants", "sender_name")
    op.drop_column("variants", "share")

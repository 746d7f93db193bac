"""A part of an audience tries the variants, and the rest gets the winner.

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def _added() -> list[sa.Column[Any]]:
    return [
        sa.Column("tried_percent", sa.Integer(), nullable=True),
        sa.Column("winner_by", sa.String(40), nullable=False, server_default="sign"),
        sa.Column("winner_after_h", sa.Integer(), nullable=False, server_default=sa.text("4")),
        sa.Column("winner", sa.String(1), nullable=True),
        sa.Column("winner_at", db.UtcDateTime(), nullable=True),
        sa.Column("winner_chosen_by", sa.String(400), nullable=True),
    ]


def upgrade() -> None:
    for column in _added():
        op.add_column("blasts", column)


def downgrade() -> None:
    for column in reversed(_added()):
        op.drop_column("blasts", column.name)

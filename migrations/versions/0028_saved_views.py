"""Views of the reports that people gave a name; an index of the numbers by segment.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_SEGMENTS = sa.text("dimension = 'segment'")


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", db.BIG, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("screen", sa.String(length=40), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_saved_views_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_saved_views_account_id_name")),
    )
    op.create_index(
        "ix_rollups_segment",
        "rollups",
        ["value", "blast_id"],
        sqlite_where=_SEGMENTS,
        postgresql_where=_SEGMENTS,
    )


def downgrade() -> None:
    op.drop_index("ix_rollups_segment", "rollups")
    op.drop_table("saved_views")

"""Mailbox provider, place and segments are kept beside each letter, and letters counted by them.

Letters of before know none: a report says so.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TRAITS = (("mailbox_id", sa.SmallInteger()), ("place_id", sa.SmallInteger()), ("segments", db.BIG))


def upgrade() -> None:
    op.create_table(
        "origins",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_origins")),
        sa.UniqueConstraint("dimension", "key", name=op.f("uq_origins_dimension_key")),
    )
    op.create_table(
        "frozen_segments",
        sa.Column("blast_id", db.BIG, nullable=False),
        sa.Column("bit", db.BIG, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["blast_id"],
            ["blasts.id"],
            name=op.f("fk_frozen_segments_blast_id_blasts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("blast_id", "bit", name=op.f("pk_frozen_segments")),
    )
    op.create_table(
        "trait_slices",
        sa.Column("slice", db.BIG, autoincrement=False, nullable=False),
        sa.Column("blast_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("variant_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "slice",
            "blast_id",
            "variant_id",
            "dimension",
            "value",
            "state",
            name=op.f("pk_trait_slices"),
        ),
    )
    for table in ("deliveries", "letter_acts"):
        for name, kind in _TRAITS:
            op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for table in ("deliveries", "letter_acts"):
        for name, _ in _TRAITS:
            op.drop_column(table, name)
    for table in ("trait_slices", "frozen_segments", "origins"):
        op.drop_table(table)
    op.execute("DELETE FROM rollups WHERE dimension IN ('mailbox', 'place', 'segment')")

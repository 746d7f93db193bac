"""Deliver signatures to targets in instalments that remember what was delivered.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instalments",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("petition_id", db.BIG, nullable=False),
        sa.Column("target", sa.String(400), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("signatures", sa.Integer(), nullable=False),
        sa.Column("taken_off", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(400), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_instalments_petition_id_petitions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instalments")),
        sa.UniqueConstraint(
            "petition_id", "target", "number", name=op.f("uq_instalments_petition_id_target_number")
        ),
    )
    op.create_table(
        "delivered_signatures",
        sa.Column("signature_id", db.BIG, nullable=False),
        sa.Column("target", sa.String(400), nullable=False),
        sa.Column("instalment_id", db.BIG, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("named_in_id", db.BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signatures.id"],
            name=op.f("fk_delivered_signatures_signature_id_signatures"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["instalment_id"],
            ["instalments.id"],
            name=op.f("fk_delivered_signatures_instalment_id_instalments"),
        ),
        sa.ForeignKeyConstraint(
            ["named_in_id"],
            ["instalments.id"],
            name=op.f("fk_delivered_signatures_named_in_id_instalments"),
        ),
        sa.PrimaryKeyConstraint("signature_id", "target", name=op.f("pk_delivered_signatures")),
    )
    for columns in (("instalment_id", "place"), ("named_in_id",)):
        name = op.f(f"ix_delivered_signatures_{'_'.join(columns)}")
        op.create_index(name, "delivered_signatures", list(columns))


def downgrade() -> None:
    op.drop_table("delivered_signatures")
    op.drop_table("instalments")

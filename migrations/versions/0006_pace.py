"""How fast letters may leave: paces, weights, quiet hours, letters that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paces",
        sa.Column("scope", sa.String(length=300), nullable=False),
        sa.Column("per_s", sa.Float(), nullable=True),
        sa.Column("free_at", db.UtcDateTime(), nullable=True),
        sa.Column("queued_until", db.UtcDateTime(), nullable=True),
        sa.Column("daily", db.JSON_VALUE, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_paces")),
    )
    op.add_column("organisations", sa.Column("quiet_hours", sa.String(length=40), nullable=True))
    op.add_column(
        "blasts", sa.Column("weight", sa.Float(), nullable=False, server_default=sa.text("1"))
    )
    op.add_column("blasts", sa.Column("held_until", db.UtcDateTime(), nullable=True))
    op.add_column("blasts", sa.Column("held_because", sa.String(length=400), nullable=True))
    op.add_column("deliveries", sa.Column("not_before", db.UtcDateTime(), nullable=True))
    op.add_column(
        "batches", sa.Column("handed_after", db.BIG, nullable=False, server_default=sa.text("0"))
    )
    op.add_column("batches", sa.Column("read_at", db.UtcDateTime(), nullable=True))
    op.add_column(
        "batches", sa.Column("turn", sa.Float(), nullable=False, server_default=sa.text("-1"))
    )
    # Blasts that are under way go on in the order of their batches.
    op.execute("UPDATE batches SET turn = first_id WHERE blast_id IS NOT NULL")
    op.drop_index(op.f("ix_batches_state_not_before"), table_name="batches")
    op.create_index(op.f("ix_batches_state_turn_id"), "batches", ["state", "turn", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_batches_state_turn_id"), table_name="batches")
    op.create_index(op.f("ix_batches_state_not_before"), "batches", ["state", "not_before"])
    for column in ("turn", "read_at", "handed_after"):
        op.drop_column("batches", column)
    op.drop_column("deliveries", "not_before")
    for column in ("held_because", "held_until", "weight"):
        op.drop_column("blasts", column)
    op.drop_column("organisations", "quiet_hours")
    op.drop_table("paces")

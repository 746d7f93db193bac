"""Human or machine: each organisation’s own rules, doubts about signatures, judging anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "organisations",
        sa.Column("judging", db.JSON_VALUE, nullable=False, server_default=sa.text("'{}'")),
    )
    op.add_column(
        "signatures",
        sa.Column("doubts", db.JSON_VALUE, nullable=False, server_default=sa.text("'[]'")),
    )
    op.add_column(
        "signatures",
        sa.Column("network", sa.String(length=32), nullable=False, server_default=sa.text("''")),
    )
    op.create_index(
        op.f("ix_signatures_network_created_at"), "signatures", ["network", "created_at"]
    )
    op.create_table(
        "rejudgings",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("actor", sa.String(length=400), nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=False),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.Column("last_id", db.BIG, nullable=False),
        sa.Column("done_to", db.BIG, nullable=False),
        sa.Column("total", db.BIG, nullable=False),
        sa.Column("judged", db.BIG, nullable=False),
        sa.Column("changed", db.BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejudgings")),
    )


def downgrade() -> None:
    op.drop_table("rejudgings")
    op.drop_index(op.f("ix_signatures_network_created_at"), table_name="signatures")
    op.drop_column("signatures", "network")
    op.drop_column("signatures", "doubts")
    op.drop_column("organisations", "judging")

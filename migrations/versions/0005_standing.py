"""Who did not get it: letters held by domain, and from where the automatic pause judges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HELD = sa.text("held IS NOT NULL")


def upgrade() -> None:
    op.add_column("blasts", sa.Column("judged_after", db.BIG, nullable=False, server_default="0"))
    op.add_column("deliveries", sa.Column("held", sa.String(length=400), nullable=True))
    op.create_index(
        "ix_deliveries_held", "deliveries", ["blast_id"], sqlite_where=HELD, postgresql_where=HELD
    )
    op.create_table(
        "stopped_domains",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("blast_id", db.BIG, nullable=True),
        sa.Column("domain", sa.String(length=400), nullable=False),
        sa.Column("actor", sa.String(length=400), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["blast_id"],
            ["blasts.id"],
            name=op.f("fk_stopped_domains_blast_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stopped_domains")),
    )
    for name, columns, of in (
        ("of_blast", ["blast_id", "domain"], sa.text("blast_id IS NOT NULL")),
        ("of_all", ["domain"], sa.text("blast_id IS NULL")),
    ):
        op.create_index(
            f"uq_stopped_domains_{name}",
            "stopped_domains",
            columns,
            unique=True,
            sqlite_where=of,
            postgresql_where=of,
        )


def downgrade() -> None:
    op.drop_table("stopped_domains")
    op.drop_index("ix_deliveries_held", table_name="deliveries")
    op.drop_column("deliveries", "held")
    op.drop_column("blasts", "judged_after")

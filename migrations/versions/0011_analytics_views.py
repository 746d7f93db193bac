"""SQL views for people who bring their own tool; what the deliverability score card keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.analytics.views import views
from outreach.core import db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_WITHDRAWN = sa.text("status = 'withdrawn'")


def upgrade() -> None:
    op.create_table(
        "sender_readings",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=253), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("todo", sa.Text(), nullable=False),
        sa.Column("read_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "kind", "name", name=op.f("pk_sender_readings")),
    )
    op.create_table(
        "provider_figures",
        sa.Column("blast_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("bounced", sa.Integer(), nullable=False),
        sa.Column("complained", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("blast_id", "domain", name=op.f("pk_provider_figures")),
    )
    op.add_column("consent_entries", sa.Column("stored_at", db.UtcDateTime(), nullable=True))
    op.create_index(
        op.f("ix_consent_entries_withdrawn"),
        "consent_entries",
        ["at"],
        sqlite_where=_WITHDRAWN,
        postgresql_where=_WITHDRAWN,
    )
    op.create_index(op.f("ix_suppressions_at_reason"), "suppressions", ["at", "reason"])


def downgrade() -> None:
    views.drop(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP SCHEMA IF EXISTS {views.SCHEMA}")
    op.drop_index("ix_suppressions_at_reason", "suppressions")
    op.drop_index("ix_consent_entries_withdrawn", "consent_entries")
    op.drop_column("consent_entries", "stored_at")
    op.drop_table("provider_figures")
    op.drop_table("sender_readings")

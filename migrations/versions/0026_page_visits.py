"""Looks at petitions' pages, and triggers that note the days whose visits must be counted anew.

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.analytics.days.visit_notes import POSTGRESQL, POSTGRESQL_FUNCTIONS, SQLITE
from outreach.core import db

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_LINKS = sa.text("dimension = 'link'")


def upgrade() -> None:
    op.create_table(
        "page_visits",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("petition_id", db.BIG, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("by_machine", sa.Boolean(), nullable=False),
        sa.Column("delivery_id", db.BIG, nullable=True),
        sa.Column("signature_id", db.BIG, nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_page_visits_{column}_{table}"),
                ondelete=what,
            )
            for column, table, what in (
                ("petition_id", "petitions", "CASCADE"),
                ("delivery_id", "deliveries", "SET NULL"),
                ("signature_id", "signatures", "SET NULL"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_visits")),
        sa.UniqueConstraint("key", name=op.f("uq_page_visits_key")),
    )
    for column in ("at", "delivery_id", "signature_id"):
        op.create_index(op.f(f"ix_page_visits_{column}"), "page_visits", [column])
    op.create_index(op.f("ix_signatures_created_at"), "signatures", ["created_at"])
    op.create_index(
        "ix_rollups_link",
        "rollups",
        ["blast_id", "variant_id"],
        sqlite_where=_LINKS,
        postgresql_where=_LINKS,
    )
    if op.get_bind().dialect.name == "postgresql":
        statements = [*POSTGRESQL_FUNCTIONS.values(), *POSTGRESQL.values()]
    else:
        statements = list(SQLITE.values())
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name, statement in POSTGRESQL.items():
            table = statement.partition(" FOR EACH")[0].rsplit(" ", 1)[1]
            op.execute(f"DROP TRIGGER {name} ON {table}")
        for name in POSTGRESQL_FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}()")
    else:
        for name in SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    op.drop_index("ix_rollups_link", "rollups")
    op.drop_index("ix_signatures_created_at", "signatures")
    op.drop_table("page_visits")

"""Numbers by day: how the list grew. Triggers note the days that must be counted anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.analytics.days.notes import POSTGRESQL, POSTGRESQL_FUNCTIONS, SQLITE
from outreach.core import db

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_GRANTED = sa.text("status = 'granted'")


def upgrade() -> None:
    op.create_table(
        "day_figures",
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("of_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("number", db.BIG, nullable=False),
        sa.PrimaryKeyConstraint(
            "subject", "day", "of_id", "source", "measure", name=op.f("pk_day_figures")
        ),
    )
    op.create_table(
        "day_changes",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("xact", db.BIG, nullable=False),
        sa.Column("claim", db.BIG, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_changes")),
    )
    op.create_index(
        op.f("ix_day_changes_subject_day_claim"), "day_changes", ["subject", "day", "claim"]
    )
    op.create_table(
        "day_marks",
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("claim", db.BIG, nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_day_marks")),
    )
    op.create_index(
        "ix_consent_entries_granted",
        "consent_entries",
        ["at"],
        sqlite_where=_GRANTED,
        postgresql_where=_GRANTED,
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
            table = statement.split(" ON ")[1].split()[0]
            op.execute(f"DROP TRIGGER {name} ON {table}")
        for name in POSTGRESQL_FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}()")
    else:
        for name in SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    op.drop_index("ix_consent_entries_granted", "consent_entries")
    for table in ("day_marks", "day_changes", "day_figures"):
        op.drop_table(table)

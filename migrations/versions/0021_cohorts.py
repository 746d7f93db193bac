"""Triggers that note the months whose cohorts must be counted anew."""

from __future__ import annotations

from alembic import op

from outreach.analytics.days.month_notes import POSTGRESQL, POSTGRESQL_FUNCTIONS, SQLITE

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
    op.execute("DELETE FROM day_figures WHERE subject = 'cohorts'")

"""Rollups that screens read, and triggers that say what must be counted anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from outreach.analytics.rollups.changes import POSTGRESQL, POSTGRESQL_FUNCTIONS, SQLITE
from outreach.core import db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_FLAGS = (
    "reached", "opened", "clicked", "signed", "unsubscribed", "raw_opened", "raw_clicked",
    "opened_on", "clicked_on",
)  # fmt: skip
_EVENTS = (
    "opens_human", "opens_proxy", "opens_machine", "opens_unknown",
    "clicks_human", "clicks_proxy", "clicks_machine", "clicks_unknown", "machine_events",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "rollups",
        sa.Column("blast_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("variant_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("number", db.BIG, nullable=False),
        sa.PrimaryKeyConstraint(
            "blast_id", "variant_id", "dimension", "value", "measure", name=op.f("pk_rollups")
        ),
    )
    op.create_table(
        "letter_acts",
        sa.Column("delivery_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("blast_id", db.BIG, nullable=False),
        sa.Column("variant_id", db.BIG, nullable=False),
        sa.Column("clicked_at", db.UtcDateTime(), nullable=True),
        *(sa.Column(name, sa.SmallInteger(), nullable=False) for name in _FLAGS),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _EVENTS),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_letter_acts")),
    )
    op.create_table(
        "letter_facets",
        sa.Column("delivery_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("clicked", sa.SmallInteger(), nullable=False),
        sa.Column("raw_clicked", sa.SmallInteger(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "dimension", "value", name=op.f("pk_letter_facets")),
    )
    op.create_table(
        "letter_slices",
        sa.Column("slice", db.BIG, autoincrement=False, nullable=False),
        sa.Column("blast_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("variant_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "slice", "blast_id", "variant_id", "state", "reason", name=op.f("pk_letter_slices")
        ),
    )
    op.create_table(
        "signature_credits",
        sa.Column("signature_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("blast_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("variant_id", db.BIG, nullable=False),
        sa.Column("delivery_id", db.BIG, nullable=True),
        sa.Column("verified_at", db.UtcDateTime(), nullable=True),
        sa.Column("is_new", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("signature_id", "blast_id", name=op.f("pk_signature_credits")),
    )
    op.create_index(op.f("ix_signature_credits_blast_id"), "signature_credits", ["blast_id"])
    op.create_index(op.f("ix_signature_credits_delivery_id"), "signature_credits", ["delivery_id"])
    op.create_table(
        "rollup_changes",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "ids",
            sa.JSON().with_variant(postgresql.ARRAY(sa.BigInteger()), "postgresql"),
            nullable=False,
        ),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollup_changes")),
    )
    if op.get_bind().dialect.name == "postgresql":
        statements = [*POSTGRESQL_FUNCTIONS.values(), *POSTGRESQL.values()]
        one, instant = "ARRAY[id]", "now()"
    else:
        statements = list(SQLITE.values())
        one, instant = "json_array(id)", "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)
    # All that is there is counted by the first runs, a blast at a time.
    op.get_bind().exec_driver_sql(
        "INSERT INTO rollup_changes (kind, ids, at) "
        f"SELECT 'blast', {one}, {instant} FROM blasts ORDER BY id"
    )


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
    tables = ("rollup_changes", "signature_credits", "letter_slices", "letter_facets")
    for table in (*tables, "letter_acts", "rollups"):
        op.drop_table(table)

"""Events by month on PostgreSQL, without foreign keys; how far they are judged."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = (("delivery_id",), ("blast_id", "kind"), ("supporter_id",))


def upgrade() -> None:
    op.create_table(
        "judging_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("through", db.BIG, nullable=False),
        sa.Column("ahead", db.BIG, nullable=False),
        sa.Column("ahead_xid", db.BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judging_marks")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _upgrade_postgresql()
    else:
        _rebuild_sqlite(foreign_keys=False)
        op.execute("""
            CREATE TRIGGER events_forget AFTER DELETE ON supporters BEGIN
                UPDATE events SET supporter_id = NULL WHERE supporter_id = OLD.id;
            END
        """)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _downgrade_postgresql()
    else:
        op.execute("DROP TRIGGER events_forget")
        _rebuild_sqlite(foreign_keys=True)
    op.drop_table("judging_marks")


def _upgrade_postgresql() -> None:
    """What there is becomes the partition of all other months; a job sorts it into months.

    This month and the next two are made here, so that the job does not meet the first clicks.
    """
    op.drop_constraint("fk_judgements_event_id", "judgements")
    for column in ("blast_id", "delivery_id", "link_id", "supporter_id"):
        op.drop_constraint(f"fk_events_{column}", "events")
    op.drop_constraint("uq_events_key", "events")
    op.drop_constraint("pk_events", "events")
    for columns in _INDEXES:
        op.drop_index("_".join(("ix_events", *columns)), "events")
    op.rename_table("events", "events_other")
    op.execute("""
        CREATE TABLE events (
            LIKE events_other INCLUDING DEFAULTS,
            CONSTRAINT uq_events_key_at UNIQUE (key, at)
        ) PARTITION BY RANGE (at)
    """)
    op.execute("ALTER SEQUENCE events_id_seq OWNED BY events.id")
    op.execute("ALTER TABLE events ATTACH PARTITION events_other DEFAULT")
    for later in range(3):
        _make_month(later)
    for columns in (("id",), *_INDEXES):
        op.create_index("_".join(("ix_events", *columns)), "events", list(columns))
    op.execute("""
        CREATE FUNCTION events_forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            UPDATE events SET supporter_id = NULL FROM gone WHERE supporter_id = gone.id;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER events_forget AFTER DELETE ON supporters
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION events_forget()
    """)


def _make_month(later: int) -> None:
    today = datetime.now(UTC)
    start, end = (
        datetime(today.year + (today.month - 1 + n) // 12, (today.month - 1 + n) % 12 + 1, 1)
        for n in (later, later + 1)
    )
    month, between = f"events_{start:%Y_%m}", f"at >= '{start}+00' AND at < '{end}+00'"
    op.execute(f"CREATE TABLE {month} (LIKE events INCLUDING DEFAULTS)")
    op.execute(f"INSERT INTO {month} SELECT * FROM events_other WHERE {between}")
    op.execute(f"DELETE FROM events_other WHERE {between}")
    bounds = f"FROM ('{start}+00') TO ('{end}+00')"
    op.execute(f"ALTER TABLE events ATTACH PARTITION {month} FOR VALUES {bounds}")


def _downgrade_postgresql() -> None:
    op.execute("DROP TRIGGER events_forget ON supporters")
    op.execute("DROP FUNCTION events_forget()")
    op.execute("CREATE TABLE events_together (LIKE events INCLUDING DEFAULTS)")
    op.execute(
        "INSERT INTO events_together SELECT DISTINCT ON (key) * FROM events ORDER BY key, id"
    )
    op.execute("ALTER SEQUENCE events_id_seq OWNED BY NONE")
    op.drop_table("events")
    op.rename_table("events_together", "events")
    op.execute("ALTER SEQUENCE events_id_seq OWNED BY events.id")
    op.execute("DELETE FROM judgements WHERE event_id NOT IN (SELECT id FROM events)")
    op.create_primary_key("pk_events", "events", ["id"])
    op.create_unique_constraint("uq_events_key", "events", ["key"])
    for columns in _INDEXES:
        op.create_index("_".join(("ix_events", *columns)), "events", list(columns))
    for column, table, ondelete in _REFERENCES:
        op.create_foreign_key(
            f"fk_events_{column}", "events", table, [column], ["id"], ondelete=ondelete
        )
    op.create_foreign_key(
        "fk_judgements_event_id", "judgements", "events", ["event_id"], ["id"], ondelete="CASCADE"
    )


_REFERENCES = (
    ("blast_id", "blasts", None),
    ("delivery_id", "deliveries", "CASCADE"),
    ("link_id", "links", None),
    ("supporter_id", "supporters", "SET NULL"),
)


def _rebuild_sqlite(*, foreign_keys: bool) -> None:
    """SQLite takes no constraint away from a table: both are made anew and filled."""
    events: list[sa.Constraint] = [sa.UniqueConstraint("key", "at", name="uq_events_key_at")]
    judgements: list[sa.Constraint] = []
    if foreign_keys:
        events = [sa.UniqueConstraint("key", name="uq_events_key")]
        events += [
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=f"fk_events_{column}", ondelete=ondelete
            )
            for column, table, ondelete in _REFERENCES
        ]
        judgements = [
            sa.ForeignKeyConstraint(
                ["event_id"], ["events.id"], name="fk_judgements_event_id", ondelete="CASCADE"
            )
        ]
    op.rename_table("judgements", "judgements_before")
    op.execute("CREATE TEMP TABLE judgements_kept AS SELECT * FROM judgements_before")
    op.drop_table("judgements_before")  # first: it would lose what refers to dropped events
    for columns in _INDEXES:
        op.drop_index("_".join(("ix_events", *columns)), "events")
    op.rename_table("events", "events_before")
    op.create_table(
        "events",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("delivery_id", db.BIG, nullable=True),
        sa.Column("blast_id", db.BIG, nullable=True),
        sa.Column("supporter_id", db.BIG, nullable=True),
        sa.Column("link_id", db.BIG, nullable=True),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("agent", sa.String(length=400), nullable=False),
        sa.Column("network", sa.String(length=32), nullable=False),
        sa.Column("detail", db.JSON_VALUE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        *events,
    )
    op.execute("INSERT INTO events SELECT * FROM events_before WHERE true ON CONFLICT DO NOTHING")
    op.drop_table("events_before")
    for columns in _INDEXES:
        op.create_index("_".join(("ix_events", *columns)), "events", list(columns))
    op.create_table(
        "judgements",
        sa.Column("event_id", db.BIG, nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("evidence", db.JSON_VALUE, nullable=False),
        sa.Column("judged_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_judgements"),
        *judgements,
    )
    op.execute(
        "INSERT INTO judgements SELECT * FROM judgements_kept"
        " WHERE event_id IN (SELECT id FROM events)"
    )
    op.execute("DROP TABLE judgements_kept")

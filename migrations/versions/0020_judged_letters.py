"""A judgement names its event's letter; keys of events are compared by their bytes.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.analytics.rollups.changes import POSTGRESQL_FUNCTIONS
from outreach.core import db

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_KEYS = 'ALTER TABLE events ALTER COLUMN key TYPE varchar(64) COLLATE "{}"'
_LOOKED_UP = """
    CREATE OR REPLACE FUNCTION rollup_judgements() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO rollup_changes (kind, ids, at)
        SELECT 'letter', array_agg(DISTINCT events.delivery_id), now()
        FROM changed JOIN events ON events.id = changed.event_id
        WHERE events.delivery_id IS NOT NULL HAVING count(*) > 0;
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    # Of the judgements so far it stays empty: the trigger looks their letters up.
    op.add_column("judgements", sa.Column("delivery_id", db.BIG, nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL_FUNCTIONS["rollup_judgements"])
        op.execute(_KEYS.format("C"))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_KEYS.format("default"))
        op.execute(_LOOKED_UP)
    op.drop_column("judgements", "delivery_id")

"""Count letters that were refused or came back by their cause.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATES = "('bounced', 'refused')"


def upgrade() -> None:
    # So far slices hold no reason of theirs: that is how they are taken out of the rollups, when
    # the notes have them counted anew.
    op.execute(
        "INSERT INTO rollups (blast_id, variant_id, dimension, value, measure, number) "
        "SELECT blast_id, variant_id, measure, 'unknown', 'letters', number FROM rollups "
        f"WHERE dimension = '' AND measure IN {_STATES} AND number <> 0"
    )
    if op.get_bind().dialect.name == "postgresql":
        one, instant = "ARRAY[slice]", "now()"
    else:
        one, instant = "json_array(slice)", "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
    op.get_bind().exec_driver_sql(
        "INSERT INTO rollup_changes (kind, ids, at) "
        f"SELECT DISTINCT 'slice', {one}, {instant} FROM letter_slices WHERE state IN {_STATES}"
    )


def downgrade() -> None:
    op.execute(f"DELETE FROM rollups WHERE dimension IN {_STATES}")

"""Count who followed each link among those whose letter was delivered.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # From what each letter was counted as: events that are kept no more stay counted.
    op.execute(
        "INSERT INTO rollups (blast_id, variant_id, dimension, value, measure, number) "
        "SELECT a.blast_id, a.variant_id, 'link', f.value, 'reached_clicked', "
        "SUM(f.clicked * a.reached) "
        "FROM letter_facets f JOIN letter_acts a ON a.delivery_id = f.delivery_id "
        "WHERE f.dimension = 'link' GROUP BY a.blast_id, a.variant_id, f.value "
        "HAVING SUM(f.clicked * a.reached) > 0"
    )


def downgrade() -> None:
    op.execute("DELETE FROM rollups WHERE dimension = 'link' AND measure = 'reached_clicked'")

"""Make the SQL views anew, with those of the list's growth, cohorts and visits to pages.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

from alembic import op

from outreach.analytics.views import views

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    views.drop(op.get_bind())
    views.create(op.get_bind())


def downgrade() -> None:
    views.drop(op.get_bind())

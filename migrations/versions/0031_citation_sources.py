"""A note leads to every source that it names.

Revision ID: 0031
Revises: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

FOREIGN_KEY = "fk_citations_source_id"
INDEX = "ix_citations_source_id"


def upgrade() -> None:
    # SQLite makes a table anew to drop a column, and its rows' own rows would go with it: what a
    # note leads to is put aside until that is done.
    op.execute("CREATE TABLE led AS SELECT id, source_id FROM citations")
    op.drop_index(op.f(INDEX), table_name="citations")
    with op.batch_alter_table("citations") as batch:
        batch.drop_constraint(FOREIGN_KEY, type_="foreignkey")
        batch.drop_column("source_id")
    op.create_table(
        "citation_sources",
        sa.Column("citation_id", db.BIG, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_id", db.BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["citation_id"],
            ["citations.id"],
            name=op.f("fk_citation_sources_citation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_citation_sources_source_id")
        ),
        sa.PrimaryKeyConstraint("citation_id", "place", name=op.f("pk_citation_sources")),
    )
    op.execute(
        "INSERT INTO citation_sources (citation_id, place, source_id)"
        " SELECT id, 1, source_id FROM led"
    )
    op.create_index(op.f("ix_citation_sources_source_id"), "citation_sources", ["source_id"])
    op.drop_table("led")


def downgrade() -> None:
    op.execute(
        "CREATE TABLE led AS SELECT citation_id AS id, source_id FROM citation_sources"
        " WHERE place = 1"
    )
    op.drop_table("citation_sources")
    with op.batch_alter_table("citations") as batch:
        batch.add_column(sa.Column("source_id", db.BIG, nullable=True))
    op.execute(
        "UPDATE citations SET source_id = (SELECT source_id FROM led WHERE led.id = citations.id)"
    )
    with op.batch_alter_table("citations") as batch:
        batch.alter_column("source_id", existing_type=db.BIG, nullable=False)
        batch.create_foreign_key(op.f(FOREIGN_KEY), "sources", ["source_id"], ["id"])
    op.create_index(op.f(INDEX), "citations", ["source_id"])
    op.drop_table("led")

"""Sources with their quoted words, what was seen at their address, and copies of their texts.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db
from outreach.petitions.library.addresses import address_key

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("kind", sa.String(40), nullable=False, server_default=sa.text("'webpage'")),
        sa.Column("url_key", sa.String(32), nullable=True),
        sa.Column("quoted", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("csl", db.JSON_VALUE, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("look", sa.String(40), nullable=False, server_default=sa.text("''")),
        sa.Column("look_detail", sa.String(400), nullable=False, server_default=sa.text("''")),
        sa.Column("looked_at", db.UtcDateTime(), nullable=True),
        sa.Column("look_due", db.UtcDateTime(), nullable=True),
        sa.Column("failing_since", db.UtcDateTime(), nullable=True),
        sa.Column("leads_to", sa.Text(), nullable=True),
        sa.Column("says", db.JSON_VALUE, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("lost", db.JSON_VALUE, nullable=False, server_default=sa.text("'[]'")),
    ]


def upgrade() -> None:
    op.add_column(
        "petitions",
        sa.Column("note_style", sa.String(40), nullable=False, server_default=sa.text("'pasted'")),
    )
    for column in _columns():
        op.add_column("sources", column)
    op.create_index(op.f("ix_sources_url_key"), "sources", ["url_key"])
    op.create_index(op.f("ix_sources_look_due"), "sources", ["look_due"])
    op.create_table(
        "source_texts",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("source_id", db.BIG, nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kept_at", db.UtcDateTime(), nullable=False),
        sa.Column("kept_by", sa.String(400), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_source_texts_source_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_texts")),
    )
    op.create_index(op.f("ix_source_texts_source_id"), "source_texts", ["source_id"])
    sources = sa.table("sources", sa.column("id"), sa.column("url"), sa.column("url_key"))
    found = op.get_bind().execute(sa.select(sources.c.id, sources.c.url))
    for source_id, url in found.all():
        if url:
            of_source = sources.update().where(sources.c.id == source_id)
            op.execute(of_source.values(url_key=address_key(url)))


def downgrade() -> None:
    op.drop_table("source_texts")
    op.drop_index(op.f("ix_sources_look_due"), table_name="sources")
    op.drop_index(op.f("ix_sources_url_key"), table_name="sources")
    for column in reversed(_columns()):
        op.drop_column("sources", column.name)
    op.drop_column("petitions", "note_style")

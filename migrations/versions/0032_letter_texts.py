"""What many single letters share is kept once, beside what is each person's own.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

from html import escape

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_texts",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("names", db.JSON_VALUE, nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("html", db.JSON_VALUE, nullable=False),
        sa.Column("text", db.JSON_VALUE, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_letter_texts")),
    )
    op.add_column("single_letters", sa.Column("text_key", sa.String(32), nullable=True))
    own = sa.Column("own", db.JSON_VALUE, nullable=False, server_default="[]")
    op.add_column("single_letters", own)


def downgrade() -> None:
    connection = op.get_bind()
    waiting = sa.text(
        "SELECT l.delivery_id, l.own, t.subject, t.html, t.text FROM single_letters l "
        "JOIN letter_texts t ON t.key = l.text_key"
    ).columns(own=db.JSON_VALUE, html=db.JSON_VALUE, text=db.JSON_VALUE)
    whole = sa.text(
        "UPDATE single_letters SET subject = :subject, html = :html, text = :text "
        "WHERE delivery_id = :delivery_id"
    )
    for row in connection.execute(waiting).all():
        values = [*map(escape, row.own), *row.own]
        texts = {
            "html": "".join(values[p] if isinstance(p, int) else p for p in row.html),
            "text": "".join(values[p] if isinstance(p, int) else p for p in row.text),
        }
        known = {"delivery_id": row.delivery_id, "subject": row.subject}
        connection.execute(whole, known | texts)
    op.drop_column("single_letters", "own")
    op.drop_column("single_letters", "text_key")
    op.drop_table("letter_texts")

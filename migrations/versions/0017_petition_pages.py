"""The petition's page: settings, translations, comments; what a signature says of its signer.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _on_petitions() -> list[sa.Column[object]]:
    return [
        sa.Column("language", sa.String(12), nullable=False, server_default=""),
        sa.Column("is_letter", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("state_text", sa.Text(), nullable=False, server_default=""),
        sa.Column("comments", sa.String(40), nullable=False, server_default="off"),
        sa.Column("signers", sa.String(40), nullable=False, server_default="places"),
        sa.Column("partner_words", db.JSON_VALUE, nullable=False, server_default="{}"),
        sa.Column("embed_origins", db.JSON_VALUE, nullable=False, server_default="[]"),
        sa.Column("archived_at", db.UtcDateTime(), nullable=True),
    ]


def _on_signatures() -> list[sa.Column[object]]:
    return [
        sa.Column("is_hidden", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("mailbox", sa.String(254), nullable=True),
        sa.Column("language", sa.String(12), nullable=False, server_default=""),
        sa.Column("translation_id", db.BIG, nullable=True),
        sa.Column("country", sa.String(2), nullable=False, server_default=""),
        sa.Column("updates", sa.Boolean(), nullable=False, server_default=sa.true()),
    ]


def upgrade() -> None:
    op.add_column(
        "organisations", sa.Column("country", sa.String(2), nullable=False, server_default="")
    )
    for column in _on_petitions():
        op.add_column("petitions", column)
    for column in _on_signatures():
        op.add_column("signatures", column)
    op.execute(
        "UPDATE signatures SET mailbox = "
        "(SELECT address FROM supporters WHERE supporters.id = signatures.supporter_id)"
    )
    op.create_index(
        op.f("ix_signatures_petition_id_mailbox"),
        "signatures",
        ["petition_id", "mailbox"],
        unique=True,
    )
    _translations()
    _comments()


def _translations() -> None:
    op.create_table(
        "petition_translations",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("petition_id", db.BIG, nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("of", sa.String(16), nullable=False),
        sa.Column("headline", sa.String(400), nullable=False),
        sa.Column("targets", db.JSON_VALUE, nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("consent_line", sa.Text(), nullable=False),
        sa.Column("thanks", sa.Text(), nullable=False),
        sa.Column("share_text", sa.Text(), nullable=False),
        sa.Column("state_text", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(400), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"],
            ["petitions.id"],
            name=op.f("fk_petition_translations_petition_id_petitions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petition_translations")),
    )
    op.create_index(
        op.f("ix_petition_translations_petition_id_language"),
        "petition_translations",
        ["petition_id", "language"],
    )


def _comments() -> None:
    op.create_table(
        "comments",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("petition_id", db.BIG, nullable=False),
        sa.Column("signature_id", db.BIG, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.String(400), nullable=False),
        sa.Column("decided_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"],
            ["petitions.id"],
            name=op.f("fk_comments_petition_id_petitions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signatures.id"],
            name=op.f("fk_comments_signature_id_signatures"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("signature_id", name=op.f("uq_comments_signature_id")),
    )
    op.create_index(
        op.f("ix_comments_petition_id_state_id"), "comments", ["petition_id", "state", "id"]
    )
    op.create_table(
        "comment_reports",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("comment_id", db.BIG, nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("network", sa.String(32), nullable=True),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name=op.f("fk_comment_reports_comment_id_comments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_reports")),
        sa.UniqueConstraint(
            "comment_id", "network", name=op.f("uq_comment_reports_comment_id_network")
        ),
    )


def downgrade() -> None:
    for table in ("comment_reports", "comments", "petition_translations"):
        op.drop_table(table)
    op.drop_index(op.f("ix_signatures_petition_id_mailbox"), table_name="signatures")
    for column in reversed(_on_signatures()):
        op.drop_column("signatures", column.name)
    for column in reversed(_on_petitions()):
        op.drop_column("petitions", column.name)
    op.drop_column("organisations", "country")

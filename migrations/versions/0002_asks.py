"""What is asked: petitions with their sources, segments, blasts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("author", sa.String(length=400), nullable=True),
        sa.Column("title", sa.String(length=400), nullable=True),
        sa.Column("publisher", sa.String(length=400), nullable=True),
        sa.Column("published_on", sa.String(length=10), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("archived_url", sa.Text(), nullable=True),
        sa.Column("checked_at", db.UtcDateTime(), nullable=True),
        sa.Column("checked_by", sa.String(length=400), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
    )
    op.create_table(
        "petitions",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("organisation_id", db.BIG, nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("headline", sa.String(length=400), nullable=False),
        sa.Column("targets", db.JSON_VALUE, nullable=False),
        sa.Column("partners", db.JSON_VALUE, nullable=False),
        sa.Column("goal", sa.Integer(), nullable=False),
        sa.Column("consent_line", sa.Text(), nullable=False),
        sa.Column("thanks", sa.Text(), nullable=False),
        sa.Column("share_text", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("published_at", db.UtcDateTime(), nullable=True),
        sa.Column("closed_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_petitions_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petitions")),
        sa.UniqueConstraint("slug", name=op.f("uq_petitions_slug")),
    )
    op.create_table(
        "segments",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("organisation_id", db.BIG, nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_segments_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("name", name=op.f("uq_segments_name")),
    )
    op.create_table(
        "blasts",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("organisation_id", db.BIG, nullable=False),
        sa.Column("petition_id", db.BIG, nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.String(length=400), nullable=False),
        sa.Column("sender_address", sa.String(length=400), nullable=False),
        sa.Column("template", sa.String(length=80), nullable=False),
        sa.Column("scheduled_for", db.UtcDateTime(), nullable=True),
        sa.Column("late_limit_s", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=400), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("frozen_at", db.UtcDateTime(), nullable=True),
        sa.Column("started_at", db.UtcDateTime(), nullable=True),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_blasts_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_blasts_petition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blasts")),
        sa.UniqueConstraint("name", name=op.f("uq_blasts_name")),
    )
    op.create_index(op.f("ix_blasts_petition_id"), "blasts", ["petition_id"], unique=False)
    op.create_index(
        op.f("ix_blasts_state_scheduled_for"), "blasts", ["state", "scheduled_for"], unique=False
    )
    op.create_table(
        "citations",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("petition_id", db.BIG, nullable=False),
        sa.Column("source_id", db.BIG, nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"],
            ["petitions.id"],
            name=op.f("fk_citations_petition_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_citations_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citations")),
        sa.UniqueConstraint("petition_id", "label", name=op.f("uq_citations_petition_id_label")),
    )
    op.create_index(op.f("ix_citations_source_id"), "citations", ["source_id"], unique=False)
    op.create_table(
        "petition_versions",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("petition_id", db.BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("notes", db.JSON_VALUE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"],
            ["petitions.id"],
            name=op.f("fk_petition_versions_petition_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petition_versions")),
        sa.UniqueConstraint(
            "petition_id", "number", name=op.f("uq_petition_versions_petition_id_number")
        ),
    )
    op.create_table(
        "tallies",
        sa.Column("petition_id", db.BIG, nullable=False),
        sa.Column("counted_to", db.UtcDateTime(), nullable=False),
        sa.Column("signatures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"],
            ["petitions.id"],
            name=op.f("fk_tallies_petition_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("petition_id", name=op.f("pk_tallies")),
    )
    op.create_table(
        "check_overrides",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("blast_id", db.BIG, nullable=False),
        sa.Column("check", sa.String(length=400), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=400), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["blast_id"],
            ["blasts.id"],
            name=op.f("fk_check_overrides_blast_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_overrides")),
        sa.UniqueConstraint("blast_id", "check", name=op.f("uq_check_overrides_blast_id_check")),
    )
    op.create_table(
        "variants",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("blast_id", db.BIG, nullable=False),
        sa.Column("letter", sa.String(length=1), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("preheader", sa.String(length=400), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["blast_id"], ["blasts.id"], name=op.f("fk_variants_blast_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
        sa.UniqueConstraint("blast_id", "letter", name=op.f("uq_variants_blast_id_letter")),
    )
    op.create_table(
        "frozen_letters",
        sa.Column("variant_id", db.BIG, nullable=False),
        sa.Column("plan", db.JSON_VALUE, nullable=False),
        sa.Column("compiled_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variants.id"],
            name=op.f("fk_frozen_letters_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_frozen_letters")),
    )


def downgrade() -> None:
    op.drop_table("frozen_letters")
    op.drop_table("variants")
    op.drop_table("check_overrides")
    op.drop_table("tallies")
    op.drop_table("petition_versions")
    op.drop_index(op.f("ix_citations_source_id"), table_name="citations")
    op.drop_table("citations")
    op.drop_index(op.f("ix_blasts_state_scheduled_for"), table_name="blasts")
    op.drop_index(op.f("ix_blasts_petition_id"), table_name="blasts")
    op.drop_table("blasts")
    op.drop_table("segments")
    op.drop_table("petitions")
    op.drop_table("sources")

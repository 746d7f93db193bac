"""What became of it: deliveries, links, events, signatures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("blast_id", db.BIG, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["blast_id"], ["blasts.id"], name=op.f("fk_links_blast_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("blast_id", "slot", name=op.f("uq_links_blast_id_slot")),
    )
    op.create_table(
        "batches",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("blast_id", db.BIG, nullable=True),
        sa.Column("variant_id", db.BIG, nullable=True),
        sa.Column("first_id", db.BIG, nullable=False),
        sa.Column("last_id", db.BIG, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("handed_through", db.BIG, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("done_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["blast_id"], ["blasts.id"], name=op.f("fk_batches_blast_id")),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variants.id"], name=op.f("fk_batches_variant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(
        op.f("ix_batches_blast_id_state"), "batches", ["blast_id", "state"], unique=False
    )
    op.create_index(
        op.f("ix_batches_state_not_before"), "batches", ["state", "not_before"], unique=False
    )
    op.create_table(
        "deliveries",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("blast_id", db.BIG, nullable=True),
        sa.Column("variant_id", db.BIG, nullable=True),
        sa.Column("supporter_id", db.BIG, nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.Column("provider_ref", sa.String(length=400), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("accepted_at", db.UtcDateTime(), nullable=True),
        sa.Column("lost_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "supporter_id", "blast_id", name=op.f("uq_deliveries_supporter_id_blast_id")
        ),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index(op.f("ix_deliveries_blast_id"), "deliveries", ["blast_id"], unique=False)
    op.create_index(
        "ix_deliveries_lost",
        "deliveries",
        ["id"],
        unique=False,
        sqlite_where=sa.text("lost_at IS NOT NULL"),
        postgresql_where=sa.text("lost_at IS NOT NULL"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("""
            CREATE FUNCTION deliveries_forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                UPDATE deliveries SET supporter_id = NULL FROM gone WHERE supporter_id = gone.id;
                RETURN NULL;
            END $$
        """)
        op.execute("""
            CREATE TRIGGER deliveries_forget AFTER DELETE ON supporters
            REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION deliveries_forget()
        """)
    else:
        op.execute("""
            CREATE TRIGGER deliveries_forget AFTER DELETE ON supporters BEGIN
                UPDATE deliveries SET supporter_id = NULL WHERE supporter_id = OLD.id;
            END
        """)
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
        sa.ForeignKeyConstraint(["blast_id"], ["blasts.id"], name=op.f("fk_events_blast_id")),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_events_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_events_link_id")),
        sa.ForeignKeyConstraint(
            ["supporter_id"],
            ["supporters.id"],
            name=op.f("fk_events_supporter_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("key", name=op.f("uq_events_key")),
    )
    op.create_index(op.f("ix_events_blast_id_kind"), "events", ["blast_id", "kind"], unique=False)
    op.create_index(op.f("ix_events_delivery_id"), "events", ["delivery_id"], unique=False)
    op.create_index(op.f("ix_events_supporter_id"), "events", ["supporter_id"], unique=False)
    op.create_table(
        "signatures",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("petition_id", db.BIG, nullable=False),
        sa.Column("version_id", db.BIG, nullable=False),
        sa.Column("supporter_id", db.BIG, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("partners", db.JSON_VALUE, nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("verified_at", db.UtcDateTime(), nullable=True),
        sa.Column("invalidated_at", db.UtcDateTime(), nullable=True),
        sa.Column("first_delivery_id", db.BIG, nullable=True),
        sa.Column("last_delivery_id", db.BIG, nullable=True),
        sa.Column("shared_by_id", db.BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["first_delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_signatures_first_delivery_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["last_delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_signatures_last_delivery_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions.id"], name=op.f("fk_signatures_petition_id")
        ),
        sa.ForeignKeyConstraint(
            ["shared_by_id"],
            ["signatures.id"],
            name=op.f("fk_signatures_shared_by_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["supporter_id"],
            ["supporters.id"],
            name=op.f("fk_signatures_supporter_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["petition_versions.id"], name=op.f("fk_signatures_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signatures")),
        sa.UniqueConstraint(
            "petition_id", "supporter_id", name=op.f("uq_signatures_petition_id_supporter_id")
        ),
    )
    op.create_index(
        op.f("ix_signatures_last_delivery_id"), "signatures", ["last_delivery_id"], unique=False
    )
    op.create_index(
        op.f("ix_signatures_petition_id_invalidated_at"),
        "signatures",
        ["petition_id", "invalidated_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_signatures_petition_id_verified_at"),
        "signatures",
        ["petition_id", "verified_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_signatures_shared_by_id"), "signatures", ["shared_by_id"], unique=False
    )
    op.create_index(
        op.f("ix_signatures_supporter_id"), "signatures", ["supporter_id"], unique=False
    )
    op.create_table(
        "single_letters",
        sa.Column("delivery_id", db.BIG, nullable=False),
        sa.Column("organisation_id", db.BIG, nullable=False),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("to_name", sa.String(length=250), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_single_letters_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_single_letters_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_single_letters")),
    )
    op.create_table(
        "judgements",
        sa.Column("event_id", db.BIG, nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("evidence", db.JSON_VALUE, nullable=False),
        sa.Column("judged_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_judgements_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_judgements")),
    )


def downgrade() -> None:
    op.drop_table("judgements")
    op.drop_table("single_letters")
    op.drop_index(op.f("ix_signatures_supporter_id"), table_name="signatures")
    op.drop_index(op.f("ix_signatures_shared_by_id"), table_name="signatures")
    op.drop_index(op.f("ix_signatures_petition_id_verified_at"), table_name="signatures")
    op.drop_index(op.f("ix_signatures_petition_id_invalidated_at"), table_name="signatures")
    op.drop_index(op.f("ix_signatures_last_delivery_id"), table_name="signatures")
    op.drop_table("signatures")
    op.drop_index(op.f("ix_events_supporter_id"), table_name="events")
    op.drop_index(op.f("ix_events_delivery_id"), table_name="events")
    op.drop_index(op.f("ix_events_blast_id_kind"), table_name="events")
    op.drop_table("events")
    op.drop_index(
        "ix_deliveries_lost",
        table_name="deliveries",
        sqlite_where=sa.text("lost_at IS NOT NULL"),
        postgresql_where=sa.text("lost_at IS NOT NULL"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER deliveries_forget ON supporters")
        op.execute("DROP FUNCTION deliveries_forget()")
    else:
        op.execute("DROP TRIGGER deliveries_forget")
    op.drop_index(op.f("ix_deliveries_blast_id"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index(op.f("ix_batches_state_not_before"), table_name="batches")
    op.drop_index(op.f("ix_batches_blast_id_state"), table_name="batches")
    op.drop_table("batches")
    op.drop_table("links")

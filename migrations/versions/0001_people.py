"""Who works here, who is written to, and what they agreed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=400), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("detail", db.JSON_VALUE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("postal_address", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.String(length=400), nullable=False),
        sa.Column("sender_address", sa.String(length=400), nullable=False),
        sa.Column("reply_to", sa.String(length=400), nullable=True),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("name", name=op.f("uq_organisations_name")),
    )
    op.create_table(
        "suppressions",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("address", name=op.f("uq_suppressions_address")),
    )
    op.create_table(
        "tags",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("name", name=op.f("uq_tags_name")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("organisation_id", db.BIG, nullable=False),
        sa.Column("email", sa.String(length=400), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("password_hash", sa.String(length=400), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("disabled_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_accounts_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
    )
    op.create_index(
        op.f("ix_accounts_organisation_id"), "accounts", ["organisation_id"], unique=False
    )
    op.create_table(
        "lists",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("organisation_id", db.BIG, nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_lists_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        sa.UniqueConstraint("name", name=op.f("uq_lists_name")),
    )
    op.create_table(
        "imports",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("list_id", db.BIG, nullable=False),
        sa.Column("filename", sa.String(length=400), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("layout", db.JSON_VALUE, nullable=False),
        sa.Column("basis", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rows_total", sa.Integer(), nullable=True),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("suppressed", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("created_by", sa.String(length=400), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_imports_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(op.f("ix_imports_state"), "imports", ["state"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", db.BIG, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("revoked_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sign_ins_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("digest", name=op.f("uq_sign_ins_digest")),
    )
    op.create_index(op.f("ix_sign_ins_account_id"), "sign_ins", ["account_id"], unique=False)
    op.create_table(
        "import_refusals",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("import_id", db.BIG, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("row", db.JSON_VALUE, nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["imports.id"],
            name=op.f("fk_import_refusals_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_refusals")),
    )
    op.create_index(
        op.f("ix_import_refusals_import_id_line"),
        "import_refusals",
        ["import_id", "line"],
        unique=False,
    )
    op.create_table(
        "supporters",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("first_name", sa.String(length=120), nullable=False),
        sa.Column("last_name", sa.String(length=120), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("region", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("fields", db.JSON_VALUE, nullable=False),
        sa.Column("import_id", db.BIG, nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_supporters_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supporters")),
        sa.UniqueConstraint("address", name=op.f("uq_supporters_address")),
    )
    op.create_index(op.f("ix_supporters_import_id"), "supporters", ["import_id"], unique=False)
    op.create_index(op.f("ix_supporters_postal_code"), "supporters", ["postal_code"], unique=False)
    op.create_table(
        "consent_entries",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("supporter_id", db.BIG, nullable=False),
        sa.Column("purpose", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=400), nullable=False),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "status in ('granted', 'withdrawn')", name=op.f("ck_consent_entries_status")
        ),
        sa.ForeignKeyConstraint(
            ["supporter_id"],
            ["supporters.id"],
            name=op.f("fk_consent_entries_supporter_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_entries")),
    )
    op.create_index(
        op.f("ix_consent_entries_supporter_id_purpose_id"),
        "consent_entries",
        ["supporter_id", "purpose", "id"],
        unique=False,
    )
    op.create_table(
        "consent_standings",
        sa.Column("supporter_id", db.BIG, nullable=False),
        sa.Column("purpose", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("since", db.UtcDateTime(), nullable=False),
        sa.Column("entry_id", db.BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["supporter_id"],
            ["supporters.id"],
            name=op.f("fk_consent_standings_supporter_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("supporter_id", "purpose", name=op.f("pk_consent_standings")),
    )
    op.create_table(
        "list_members",
        sa.Column("supporter_id", db.BIG, nullable=False),
        sa.Column("list_id", db.BIG, nullable=False),
        sa.Column("joined_at", db.UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("import_id", db.BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_list_members_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["lists.id"], name=op.f("fk_list_members_list_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["supporter_id"],
            ["supporters.id"],
            name=op.f("fk_list_members_supporter_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("supporter_id", "list_id", name=op.f("pk_list_members")),
    )
    op.create_index(op.f("ix_list_members_import_id"), "list_members", ["import_id"], unique=False)
    op.create_index(
        op.f("ix_list_members_list_id_supporter_id"),
        "list_members",
        ["list_id", "supporter_id"],
        unique=False,
    )
    op.create_table(
        "supporter_tags",
        sa.Column("tag_id", db.BIG, nullable=False),
        sa.Column("supporter_id", db.BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["supporter_id"],
            ["supporters.id"],
            name=op.f("fk_supporter_tags_supporter_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_supporter_tags_tag_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tag_id", "supporter_id", name=op.f("pk_supporter_tags")),
    )
    op.create_index(
        op.f("ix_supporter_tags_supporter_id"), "supporter_tags", ["supporter_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_supporter_tags_supporter_id"), table_name="supporter_tags")
    op.drop_table("supporter_tags")
    op.drop_index(op.f("ix_list_members_list_id_supporter_id"), table_name="list_members")
    op.drop_index(op.f("ix_list_members_import_id"), table_name="list_members")
    op.drop_table("list_members")
    op.drop_table("consent_standings")
    op.drop_index(op.f("ix_consent_entries_supporter_id_purpose_id"), table_name="consent_entries")
    op.drop_table("consent_entries")
    op.drop_index(op.f("ix_supporters_postal_code"), table_name="supporters")
    op.drop_index(op.f("ix_supporters_import_id"), table_name="supporters")
    op.drop_table("supporters")
    op.drop_index(op.f("ix_import_refusals_import_id_line"), table_name="import_refusals")
    op.drop_table("import_refusals")
    op.drop_index(op.f("ix_sign_ins_account_id"), table_name="sign_ins")
    op.drop_table("sign_ins")
    op.drop_index(op.f("ix_imports_state"), table_name="imports")
    op.drop_table("imports")
    op.drop_table("lists")
    op.drop_index(op.f("ix_accounts_organisation_id"), table_name="accounts")
    op.drop_table("accounts")
    op.drop_table("tags")
    op.drop_table("suppressions")
    op.drop_table("organisations")
    op.drop_index(op.f("ix_audit_entries_at"), table_name="audit_entries")
    op.drop_table("audit_entries")

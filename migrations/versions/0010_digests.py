"""Weekly digests: who asked for them, which were posted, and the pictures in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.core import db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digest_readers",
        sa.Column("account_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("since", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_digest_readers_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_digest_readers")),
    )
    op.create_table(
        "digest_letters",
        sa.Column("account_id", db.BIG, autoincrement=False, nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("posted_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_digest_letters_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "week", name=op.f("pk_digest_letters")),
    )
    op.create_table(
        "digest_pictures",
        sa.Column("id", db.BIG, autoincrement=True, nullable=False),
        sa.Column("organisation_id", db.BIG, nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_digest_pictures_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_pictures")),
        sa.UniqueConstraint(
            "organisation_id",
            "week",
            "name",
            name=op.f("uq_digest_pictures_organisation_id_week_name"),
        ),
    )


def downgrade() -> None:
    for table in ("digest_pictures", "digest_letters", "digest_readers"):
        op.drop_table(table)

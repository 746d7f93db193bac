"""The consent ledger, its present standing, and suppressed addresses."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import Base, Id, Instant, Line, Prose, Word

EMAIL = "email"  # the purpose of our own letters; a partner's is "partner:<name>"
GRANTED, WITHDRAWN = "granted", "withdrawn"


class ConsentEntry(Base):
    """One thing a person agreed to or took back: when, where, in which words. Append-only."""

    __tablename__ = "consent_entries"
    __table_args__ = (
        CheckConstraint("status in ('granted', 'withdrawn')", name="status"),
        Index(None, "supporter_id", "purpose", "id"),
        *(
            Index(
                f"ix_consent_entries_{status}",
                "at",
                sqlite_where=text(f"status = '{status}'"),
                postgresql_where=text(f"status = '{status}'"),
            )
            for status in (WITHDRAWN, GRANTED)
        ),
    )

    id: Mapped[Id]
    supporter_id: Mapped[int] = mapped_column(ForeignKey("supporters.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(120), default=EMAIL)
    status: Mapped[Word]
    basis: Mapped[Line]  # "import: petition table at the fair", "signed petition", "one-click"
    wording: Mapped[Prose | None]  # the words that were agreed to
    source: Mapped[Line]  # where: "list:Riverton", "petition:night-buses", "letter:123"
    at: Mapped[Instant] = mapped_column(default=now)
    # When it took effect; after `at` where a press was kept while the database was away. Before
    # there was this column, and for what others say of many people, it is not known.
    stored_at: Mapped[Instant | None] = mapped_column(default=now)


class ConsentStanding(Base):
    """The latest entry for each person and purpose, so that the gate is one look-up."""

    __tablename__ = "consent_standings"

    supporter_id: Mapped[int] = mapped_column(
        ForeignKey("supporters.id", ondelete="CASCADE"), primary_key=True
    )
    purpose: Mapped[str] = mapped_column(String(120), primary_key=True)
    status: Mapped[Word]
    since: Mapped[Instant]
    entry_id: Mapped[int] = mapped_column()


class SuppressionMark(Base):
    """Up to when suppressions were exchanged with a list elsewhere ("sendgrid:bounces")."""

    __tablename__ = "suppression_marks"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    through: Mapped[Instant]


class Suppression(Base):
    """An address (canonical) that must not be written to, with the reason."""

    __tablename__ = "suppressions"
    __table_args__ = (Index(None, "at", "reason"),)  # counted by week without the addresses

    id: Mapped[Id]
    address: Mapped[str] = mapped_column(String(254), unique=True)
    reason: Mapped[Word]  # bounced, complained, asked, manual
    source: Mapped[Line]
    at: Mapped[Instant] = mapped_column(default=now)

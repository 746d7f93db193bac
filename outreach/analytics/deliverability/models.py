"""What the deliverability score card keeps: readings of the DNS, letters by mailbox provider."""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import Base, Instant, Prose, Word


class SenderReading(Base):
    """What the DNS said of a sending domain when it was read last; one row for each record."""

    __tablename__ = "sender_readings"

    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    kind: Mapped[Word] = mapped_column(primary_key=True)  # spf, dkim, dmarc, mx, return_path
    name: Mapped[str] = mapped_column(String(253), primary_key=True)  # where it was looked up
    level: Mapped[Word]  # ok, look, missing, unread (the DNS did not answer)
    found: Mapped[Prose] = mapped_column(default="")  # the record
    todo: Mapped[Prose] = mapped_column(default="")
    read_at: Mapped[Instant] = mapped_column(default=now)


class ProviderFigure(Base):
    """A blast's letters by the recipients' domain; "" for those of few people and the erased."""

    __tablename__ = "provider_figures"

    blast_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    sent: Mapped[int] = mapped_column(Integer)
    bounced: Mapped[int] = mapped_column(Integer)
    complained: Mapped[int] = mapped_column(Integer)

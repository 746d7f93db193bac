"""Weekly digests: who asked for one, to whom which week was posted, and its pictures."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import Base, Id, Instant, Word


class DigestReader(Base):
    """An account whose person asked for the digest; no row: off."""

    __tablename__ = "digest_readers"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    since: Mapped[Instant] = mapped_column(default=now)


class DigestLetter(Base):
    """A digest that was posted; its key keeps a second one of the same week away."""

    __tablename__ = "digest_letters"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    week: Mapped[date] = mapped_column(primary_key=True)  # its Monday
    posted_at: Mapped[Instant] = mapped_column(default=now)


class DigestPicture(Base):
    """A chart as the letters of one week show it; kept, because figures move on."""

    __tablename__ = "digest_pictures"
    __table_args__ = (UniqueConstraint("organisation_id", "week", "name"),)

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    week: Mapped[date]
    name: Mapped[Word]
    png: Mapped[bytes] = mapped_column(LargeBinary)

"""Views of the reports that people gave a name."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import Base, Id, Instant, Prose, Word


class SavedView(Base):
    """A screen of the reports as somebody left it; shared ones everybody here finds."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    screen: Mapped[Word]  # a key of saved.SCREENS
    query: Mapped[Prose] = mapped_column(default="")  # what stands behind the ? of its address
    is_shared: Mapped[bool]
    created_at: Mapped[Instant] = mapped_column(default=now)

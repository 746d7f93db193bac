"""Saved segments."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import Base, Id, Instant, Line, Prose


class Segment(Base):
    """A named question about supporters, kept as the text of its rules."""

    __tablename__ = "segments"

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[Line] = mapped_column(unique=True)
    rules: Mapped[Prose]
    created_at: Mapped[Instant] = mapped_column(default=now)

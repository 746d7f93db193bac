"""Numbers by day of the organisation's clock that no blast has: how the list grew, who came to
petitions' pages. A day is counted whole and anew where something of it changed (days.py)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import Base, Id, Instant, Word

EVERY_DAY = ""  # in place of a day


class DayFigure(Base):
    """One number of a day; `of_id` is 0, or what the subject's numbers are of."""

    __tablename__ = "day_figures"

    subject: Mapped[Word] = mapped_column(primary_key=True)  # people
    day: Mapped[date] = mapped_column(primary_key=True)
    of_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[Word] = mapped_column(primary_key=True)
    measure: Mapped[Word] = mapped_column(primary_key=True)
    number: Mapped[int]


class DayChange(Base):
    """A day (UTC) of which something changed; noted by triggers in the transaction of the change.

    `claim` names the run that counts it, 0: none yet. `xact`, on PostgreSQL, is the transaction:
    it notes a day once.
    """

    __tablename__ = "day_changes"
    __table_args__ = (Index(None, "subject", "day", "claim"),)

    id: Mapped[Id]
    subject: Mapped[Word]
    day: Mapped[str] = mapped_column(String(10))  # ISO 8601, or EVERY_DAY
    xact: Mapped[int] = mapped_column(default=0)
    claim: Mapped[int] = mapped_column(default=0)
    at: Mapped[Instant] = mapped_column(default=now)


class DayMark(Base):
    """The run that counts a subject, and by which clock its days were counted; "" before the
    first has ended."""

    __tablename__ = "day_marks"

    subject: Mapped[Word] = mapped_column(primary_key=True)
    claim: Mapped[int]
    zone: Mapped[str] = mapped_column(String(60), default="")


FIGURES: Table = DayFigure.__table__  # type: ignore[assignment]
